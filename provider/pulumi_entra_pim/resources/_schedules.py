"""One grant of a role: the requests that change it, the schedule that it is, and the refusals of PIM in plain words.

A request is an entry in a log that Entra forgets after weeks; what somebody holds is the schedule. So a grant is
known by principal, role and scope, and looked up among the schedules.
Source: https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from ..graph.client import Document, Operation
from ..graph.errors import Denied, EntraError, GraphError, NotFound, OutcomeUnknown, Refused, TimedOut
from ..graph.paths import equals, segment, select
from ..roles import role_name

Kind = Literal["Eligibility", "Assignment"]

# A request in one of these has not made its schedule yet.
# https://learn.microsoft.com/graph/api/resources/unifiedroleeligibilityschedulerequest
WAITING = frozenset(
    {
        "Granted",
        "PendingAdminDecision",
        "PendingApproval",
        "PendingProvisioning",
        "PendingScheduleCreation",
        "ScheduleCreated",
    }
)
TRANSIENT = frozenset({"PendingProvisioning", "PendingScheduleCreation", "ScheduleCreated"})
FAILED = frozenset({"Failed", "Denied", "Canceled", "Revoked"})

GONE = "RoleAssignmentDoesNotExist"

# Seconds for which PIM may not know a principal or role that was just made, and a grant not be listed yet.
# https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2772
LAG = 120.0

# Seconds for which a grant that was taken away may still be listed.
REMOVAL_LAG = 30.0

_UNKNOWN_TO_PIM = ("SubjectNotFound", "RoleNotFound")


@dataclass(frozen=True, slots=True)
class Grant:
    """Principal, role and scope: what no two schedules of a kind have in common. Ids are in lower case."""

    kind: Kind
    principal_id: str
    role_definition_id: str
    directory_scope_id: str

    @property
    def id(self) -> str:
        """Return the key as one string."""
        return f"{self.directory_scope_id}|{self.role_definition_id}|{self.principal_id}"

    @property
    def role(self) -> str:
        """Return the role as a person calls it."""
        return role_name(self.role_definition_id)

    def body(self) -> Document:
        """Return the key as requests carry it."""
        return {
            "principalId": self.principal_id,
            "roleDefinitionId": self.role_definition_id,
            "directoryScopeId": self.directory_scope_id,
        }

    def is_of(self, row: Document) -> bool:
        """Say whether a row is this grant's own: not inherited, and of this scope."""
        return row.get("memberType", "Direct") == "Direct" and self.same_scope(row)

    def same_scope(self, row: Document) -> bool:
        """Say whether a row is of this scope."""
        return str(row.get("directoryScopeId")).lower() == self.directory_scope_id.lower()


def requests_path(kind: Kind) -> str:
    """Return the collection that takes requests of a kind."""
    return f"/roleManagement/directory/role{kind}ScheduleRequests"


def schedules_path(kind: Kind) -> str:
    """Return the collection that lists schedules of a kind."""
    return f"/roleManagement/directory/role{kind}Schedules"


def schedule_of(operation: Operation, grant: Grant) -> Document | None:
    """Return the grant's own schedule; None when there is none."""
    rows = operation.pages(f"{schedules_path(grant.kind)}?{equals(**grant.body())}")
    return next((row for row in rows if grant.is_of(row)), None)


def waiting_request_of(operation: Operation, grant: Grant) -> Document | None:
    """Return the grant's latest request that has no schedule yet: a start in the future is listed nowhere else."""
    rows = operation.pages(f"{requests_path(grant.kind)}?{equals(**grant.body())}")
    waiting = [row for row in rows if row.get("status") in WAITING and grant.same_scope(row)]
    return max(waiting, key=lambda row: str(row.get("createdDateTime")), default=None)


def request_behind(operation: Operation, grant: Grant, schedule: Document) -> Document | None:
    """Return the request that made a schedule, while Entra still remembers it."""
    made_by = schedule.get("createdUsing")
    return operation.find(f"{requests_path(grant.kind)}/{segment(str(made_by))}") if made_by else None


def send(operation: Operation, grant: Grant, action: str, details: Document) -> Document:
    """Send a request for a grant and return the answer; raise Refused for an answer that is a failure.

    PIM learns of a new principal or role with a delay: that is waited out, a wrong id is not.
    """
    body = {"action": action, **grant.body(), **details}
    refusals: list[GraphError] = []

    def attempt() -> Document | None:
        try:
            return operation.post(requests_path(grant.kind), body, repeatable=action != "adminAssign")
        except GraphError as error:
            if not refusals:
                _raise_if_unfit(operation, grant, error)
            if error.code not in _UNKNOWN_TO_PIM:
                raise explained(operation, grant, error, details) from error
            refusals.append(error)
            return None

    try:
        answer = operation.waiter.until(attempt, f"PIM knows the principal and the role ({grant.role})", LAG)
    except TimedOut as error:
        if not refusals:
            raise
        raise Refused(f"{refusals[-1]} Waited, and {_why_not_found(operation, grant, refusals[-1])}") from error
    if answer.get("status") in FAILED:
        raise Refused(
            f"PIM took the request {answer.get('id')} for {grant.role} and then failed it (status"
            f" {answer['status']}): run again in a minute, and if it stays so ask Microsoft with that id"
        )
    return answer


def withdraw(operation: Operation, grant: Grant) -> None:
    """Take a grant away: its schedule, or the request that has not made one yet. One that is gone is a success."""
    try:
        operation.post(requests_path(grant.kind), {"action": "adminRemove", **grant.body()}, repeatable=True)
    except GraphError as error:
        # "Does not exist" was recorded for removals that worked and for grants yet to start: so look.
        if error.code not in (GONE, "SubjectNotFound", "PendingRoleAssignmentRequest"):
            raise explained(operation, grant, error, {}) from error
        waiting = waiting_request_of(operation, grant)
        if waiting is None:
            _await_removal(operation, grant, error)
        else:
            cancel(operation, grant, str(waiting["id"]))


def _await_removal(operation: Operation, grant: Grant, refusal: GraphError) -> None:
    """Return once the grant is not listed; raise Refused, with PIM's own refusal, when it stays."""

    def gone() -> bool | None:
        return True if schedule_of(operation, grant) is None else None

    try:
        operation.waiter.until(gone, f"the grant of {grant.role} is no longer listed", REMOVAL_LAG)
    except TimedOut as error:
        raise Refused(f"{refusal} Yet the grant is listed still: run again in some minutes") from error


def cancel(operation: Operation, grant: Grant, request_id: str, tries: int = 3) -> bool:
    """Cancel a request that has not taken effect; say whether this did.

    Source: https://learn.microsoft.com/graph/api/unifiedroleeligibilityschedulerequest-cancel
    """
    path = f"{requests_path(grant.kind)}/{segment(request_id)}"
    try:
        operation.post(f"{path}/cancel", {})
    except OutcomeUnknown:
        # A second cancel is refused whoever did the first, so look what became of ours.
        status = (operation.find(path) or {}).get("status")
        if status not in WAITING:
            return status in FAILED
        if tries == 1:
            raise
        return cancel(operation, grant, request_id, tries - 1)
    except NotFound:
        return False
    except GraphError as error:
        if error.answer.status != 400:
            raise
        return False
    return True


def confirm(operation: Operation, grant: Grant, answer: Document) -> None:
    """Wait until the schedule of a request is listed, and see that it is for the scope that was asked for.

    A scope that was just made has been granted over the whole directory instead: such a grant is taken back at once.
    https://github.com/microsoftgraph/msgraph-sdk-powershell/issues/1996
    """
    of_principal = equals(principalId=grant.principal_id, roleDefinitionId=grant.role_definition_id)

    def made() -> Document | None:
        rows = operation.pages(f"{schedules_path(grant.kind)}?{of_principal}")
        return next((row for row in rows if answer["id"] in (row.get("createdUsing"), row.get("id"))), None)

    row = answer
    if answer.get("status") != "Granted":
        row = operation.waiter.until(made, f"the grant of {grant.role} is listed", LAG)
    if not grant.same_scope(row):
        withdraw(operation, replace(grant, directory_scope_id=str(row["directoryScopeId"])))
        raise Refused(
            f"PIM granted {grant.role} at {row['directoryScopeId']} instead of {grant.directory_scope_id}; that was"
            " taken back at once: run again when the scope has been there for some minutes"
        )


def explained(operation: Operation, grant: Grant, error: GraphError, details: Document) -> GraphError:
    """Return a refusal of PIM with what it means and what to do; unchanged when Graph's words say it."""
    advice = error.advice
    if error.code == "RoleAssignmentRequestPolicyValidationFailed":
        advice = _which_rules(operation, grant, error, details)
    elif error.code == "AadPremiumLicenseRequired":
        advice = "Privileged Identity Management needs a Microsoft Entra ID P2 or ID Governance licence in this tenant"
    elif error.code == "ActiveDurationTooShort":
        advice = f"The principal's active assignment of {grant.role} is younger than five minutes: run again after that"
    elif error.code == GONE:
        advice = "The grant is gone from the directory: run `pulumi refresh`, then `pulumi up`"
    return type(error)(error.answer, advice)


# What PIM says of a group that can never hold a role; some of it is said of a delay too.
_SAID_OF_UNFIT = (*_UNKNOWN_TO_PIM, "InvalidRoleAssignmentRequest")


def _raise_if_unfit(operation: Operation, grant: Grant, error: GraphError) -> None:
    """Raise Refused when the principal is there and can never hold a role; a caller who may not look goes on."""
    if error.code not in _SAID_OF_UNFIT:
        return
    try:
        group = operation.find(f"/groups/{segment(grant.principal_id)}?{select('id', 'isAssignableToRole')}")
    except Denied:
        return
    if group is not None and group.get("isAssignableToRole") is not True:
        raise Refused(
            f"principal {grant.principal_id} is a group that is not role-assignable, which cannot be changed after its"
            " creation: use a RoleAssignableGroup"
        ) from error


def _why_not_found(operation: Operation, grant: Grant, error: GraphError) -> str:
    """Tell a wrong id from a delay, by what the directory itself says to a caller who may ask."""
    if error.code == "RoleNotFound":
        what, id_, homes = "role definition", grant.role_definition_id, ["/roleManagement/directory/roleDefinitions"]
    else:
        what, id_, homes = "principal", grant.principal_id, ["/groups", "/users"]
    try:
        found = any(operation.find(f"{home}/{segment(id_)}?{select('id')}") for home in homes)
    except Denied:
        return f"the caller may not look for {what} {id_} in the directory: check the id, or run again in some minutes"
    if found:
        return f"the directory has {what} {id_}, but PIM does not know it yet: run again in some minutes"
    return f"the directory has no {what} {id_} either: check the id"


# PIM names the failed rules as `["ExpirationRule"]` or, since 2026, as `ExpirationRule - reason; MfaRule - reason`.
_RULE = re.compile(r"(\w+Rule)\b")


def _which_rules(operation: Operation, grant: Grant, error: GraphError, details: Document) -> str:
    said = {
        "JustificationRule": "the role's policy wants a justification: set justification",
        "TicketingRule": "the role's policy wants a ticket: set ticket_number and ticket_system",
        "MfaRule": "the role's policy wants multifactor authentication of whoever assigns, which an application cannot"
        " give: change that rule, or deploy as a person",
    }
    rules = dict.fromkeys(_RULE.findall(error.answer.message))
    return "; ".join(
        _expiration(operation, grant, details) if rule == "ExpirationRule" else said[rule]
        for rule in rules
        if rule == "ExpirationRule" or rule in said
    )


def _expiration(operation: Operation, grant: Grant, details: Document) -> str:
    expiration = details.get("scheduleInfo", {}).get("expiration", {})
    asked = expiration.get("duration") or expiration.get("endDateTime") or "a permanent grant"
    limit = _limit(operation, grant)
    if limit is None:
        return f"the role's policy does not allow {asked}; its limit could not be read"
    return f"the role's policy allows at most {limit}; asked was {asked}"


def _limit(operation: Operation, grant: Grant) -> str | None:
    """Return the longest time that the role's policy allows; None when it cannot be read."""
    of_role = equals(scopeId="/", scopeType="DirectoryRole", roleDefinitionId=grant.role_definition_id)
    path = f"/policies/roleManagementPolicyAssignments?{of_role}&$expand=policy($expand=rules)"
    try:
        [assignment] = operation.pages(path)
    except (EntraError, ValueError):
        return None
    rules = (assignment.get("policy") or {}).get("rules") or []
    wanted = f"Expiration_Admin_{grant.kind}"
    return next((str(rule.get("maximumDuration")) for rule in rules if rule.get("id") == wanted), None)
