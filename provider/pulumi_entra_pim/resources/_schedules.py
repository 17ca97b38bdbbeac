"""One grant of a role: the requests that change it, the schedule that it is, and the refusals of PIM in plain words.

A request is an entry in a log that Entra forgets after weeks; what somebody holds is the schedule. So a grant is
known by principal, role and scope, and looked up among the schedules.
Source: https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from ..graph.client import Document, Operation
from ..graph.errors import Denied, EntraError, GraphError, NotFound, OutcomeUnknown, Refused, TimedOut
from ..graph.paths import equals, segment, select
from ..graph.waiting import growing
from ..roles import role_name
from ._objects import Whereabouts, whereabouts
from ._role_policy import admin_rules, advice_on, advice_on_length

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
_REFUSED = frozenset({"Denied", "Canceled", "Revoked"})
OVER = _REFUSED | {"Failed"}

GONE = "RoleAssignmentDoesNotExist"

# Seconds for which PIM may not know a principal or role that the directory has, and a grant not be listed yet: one to
# two minutes were recorded. https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2772
LAG = 300.0

# Seconds for which PIM is asked for what the directory does not know either.
UNHEARD_LAG = 30.0

# Seconds for which a grant that was taken away may still be listed.
REMOVAL_LAG = 30.0

# While an activation is younger than five minutes, no assignment of that role to its principal can be changed.
# https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-add-role-to-user
FIVE_MINUTES = 300.0

_LONGEST_PAUSE = 15.0

# What a schedule, and the request that makes one, cannot lack.
_WHOLE = ("id", "status", "scheduleInfo")

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
    rows = operation.pages(f"{schedules_path(grant.kind)}?{equals(**grant.body())}", wants=_WHOLE)
    return next((row for row in rows if grant.is_of(row)), None)


def requests_of(operation: Operation, grant: Grant) -> list[Document]:
    """Return the grant's requests that Entra still remembers, the latest first."""
    rows = operation.pages(f"{requests_path(grant.kind)}?{equals(**grant.body())}", wants=("id", "status"))
    # Of two of the same moment, the one that is listed last is the later.
    own = [row for row in rows if grant.same_scope(row)][::-1]
    return sorted(own, key=lambda row: str(row.get("createdDateTime")), reverse=True)


def waiting_request_of(operation: Operation, grant: Grant) -> Document | None:
    """Return the grant's latest request that has no schedule yet: a start in the future is listed nowhere else."""
    waiting = (row for row in requests_of(operation, grant) if row["status"] in WAITING)
    return next((row for row in waiting if row.get("scheduleInfo")), None)


def is_leaving(operation: Operation, grant: Grant) -> bool:
    """Say whether the last thing asked of PIM was to take the grant away: for a moment it may still be listed."""
    latest = next(iter(requests_of(operation, grant)), {})
    return latest.get("action") == "adminRemove"


def request_behind(operation: Operation, grant: Grant, schedule: Document) -> Document | None:
    """Return the request that made a schedule, while Entra still remembers it."""
    made_by = schedule.get("createdUsing")
    return operation.find(f"{requests_path(grant.kind)}/{segment(str(made_by))}") if made_by else None


def assign(
    operation: Operation,
    grant: Grant,
    details: Document,
    find: Callable[[], Document | None],
    is_ours: Callable[[Document], bool],
) -> Document:
    """Ask for a grant exactly once; return the answer, or the schedule or request that an earlier send has made."""
    body = {"action": "adminAssign", **grant.body(), **details}
    return _patiently(
        operation, grant, details, lambda: operation.create(requests_path(grant.kind), body, find, is_ours, _WHOLE)
    )


def renew(operation: Operation, grant: Grant, details: Document) -> Document:
    """Ask for another window or other words for a grant that is there; return the answer."""
    body = {"action": "adminUpdate", **grant.body(), **details}
    return _patiently(operation, grant, details, lambda: operation.post(requests_path(grant.kind), body, _WHOLE))


def withdraw(operation: Operation, grant: Grant) -> None:
    """Take a grant away: its schedule, or the request that has not made one yet. One that is gone is a success."""
    body = {"action": "adminRemove", **grant.body()}
    try:
        _patiently(operation, grant, {}, lambda: operation.post(requests_path(grant.kind), body), removes=True)
    except GraphError as error:
        # "Does not exist" was recorded for removals that worked and for grants yet to start: so look.
        if error.code not in (GONE, "SubjectNotFound", "PendingRoleAssignmentRequest"):
            raise
        waiting = waiting_request_of(operation, grant)
        if waiting is None:
            await_removal(operation, grant, error)
        else:
            cancel(operation, grant, str(waiting["id"]))


def await_removal(operation: Operation, grant: Grant, refusal: GraphError) -> None:
    """Return once the grant is not listed; raise Refused, with PIM's own refusal, when it stays."""

    def gone() -> bool | None:
        return True if schedule_of(operation, grant) is None else None

    try:
        operation.waiter.until(gone, f"the grant of {grant.role} is no longer listed", REMOVAL_LAG)
    except TimedOut as error:
        raise Refused(f"{refusal} Yet the grant is listed still: run again in some minutes") from error


@dataclass(frozen=True, slots=True)
class _Delay:
    """Why PIM does not do yet what it will do later: for how long that is believed, and what is said in the end."""

    what: str
    within: float
    verdict: str


def _patiently(
    operation: Operation, grant: Grant, details: Document, ask: Callable[[], Document], *, removes: bool = False
) -> Document:
    """Ask PIM, again and again while it does not do yet what it will do later; return the answer.

    Raises a member of GraphError with what it means, or Refused for an answer that is a failure.
    """
    pauses, began = growing(most=_LONGEST_PAUSE), operation.waiter.clock.monotonic()
    delays: dict[str, _Delay] = {}
    while True:
        reason: EntraError
        try:
            answer = ask()
        except GraphError as error:
            if not delays and not removes:
                _raise_if_unfit(operation, grant, error)
            if not _passes(error, removes=removes):
                raise explained(operation, grant, error, details) from error
            reason = error
        else:
            status = str(answer.get("status"))
            if status in OVER and not removes:
                reason = _failure(grant, answer)
                if status in _REFUSED:
                    raise reason
            else:
                return answer
        code = reason.code if isinstance(reason, GraphError) else "Failed"
        if code not in delays:
            delays[code] = _delay(operation, grant, reason)
        delay = delays[code]
        left = operation.waiter.left_of(delay.within, began)
        if left <= 0:
            raise Refused(f"{reason} {delay.verdict}") from reason
        operation.waiter.nap(min(next(pauses), left), delay.what)


def _passes(error: GraphError, *, removes: bool) -> bool:
    """Say whether a refusal may end by itself; of what is to be removed, one that PIM does not know is no riddle."""
    return error.code == "ActiveDurationTooShort" or (error.code in _UNKNOWN_TO_PIM and not removes)


def _failure(grant: Grant, answer: Document) -> Refused:
    return Refused(
        f"PIM took the request {answer['id']} for {grant.role} and then failed it (status {answer['status']})."
    )


def _delay(operation: Operation, grant: Grant, reason: EntraError) -> _Delay:
    if isinstance(reason, GraphError) and reason.code == "ActiveDurationTooShort":
        return _Delay(
            f"the activation of {grant.role} is five minutes old",
            FIVE_MINUTES + UNHEARD_LAG,
            "Five minutes have passed, and it is refused still: deactivate the role, or run again later",
        )
    if isinstance(reason, GraphError):
        return _unknown(operation, grant, reason)
    return _Delay(
        f"PIM takes the request for {grant.role}",
        LAG,
        "That was recorded of principals that PIM did not know yet, and lasts too long for it: ask Microsoft with that"
        " id",
    )


def _unknown(operation: Operation, grant: Grant, error: GraphError) -> _Delay:
    """Tell a wrong id from a delay, by what the directory itself says to a caller who may ask."""
    if error.code == "RoleNotFound":
        what, id_, where = "role definition", grant.role_definition_id, _where_role(operation, grant)
    else:
        what, id_, where = "principal", grant.principal_id, whereabouts(operation, grant.principal_id)
    waits_for = f"PIM knows the {what} {id_}"
    match where:
        case "there":
            verdict = (
                f"Waited, and the directory has {what} {id_}, but PIM does not know it yet: run again in some minutes"
            )
        case "hidden":
            verdict = (
                f"Waited, and the caller may not look for {what} {id_} in the directory: check the id, or run again"
            )
        case "deleted":
            return _Delay(
                waits_for, 0.0, f"The {what} {id_} was deleted and is in deletedItems: restore it, or check the id"
            )
        case _:
            return _Delay(waits_for, UNHEARD_LAG, f"Waited, and the directory has no {what} {id_} either: check the id")
    return _Delay(waits_for, LAG, verdict)


def _where_role(operation: Operation, grant: Grant) -> Whereabouts:
    path = f"/roleManagement/directory/roleDefinitions/{segment(grant.role_definition_id)}?{select('id')}"
    try:
        return "nowhere" if operation.find(path) is None else "there"
    except Denied:
        return "hidden"


def cancel(operation: Operation, grant: Grant, request_id: str, tries: int = 3) -> bool:
    """Cancel a request that has not taken effect; say whether this did.

    Source: https://learn.microsoft.com/graph/api/unifiedroleeligibilityschedulerequest-cancel
    """
    path = f"{requests_path(grant.kind)}/{segment(request_id)}"
    try:
        operation.post_once(f"{path}/cancel")
    except OutcomeUnknown:
        # A second cancel is refused whoever did the first, so look what became of ours.
        status = (operation.find(path) or {}).get("status")
        if status not in WAITING:
            return status in OVER
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


def listed(operation: Operation, grant: Grant, answer: Document) -> Document:
    """Return the schedule that a request has made, at whatever scope, once it is listed; raise TimedOut.

    One whose start is yet to come is listed nowhere: then the request itself is returned.
    """
    if answer.get("status") == "Granted":
        return answer
    of_principal = equals(principalId=grant.principal_id, roleDefinitionId=grant.role_definition_id)

    def made() -> Document | None:
        rows = operation.pages(f"{schedules_path(grant.kind)}?{of_principal}")
        return next((row for row in rows if answer["id"] in (row.get("createdUsing"), row.get("id"))), None)

    return operation.waiter.until(made, f"the grant of {grant.role} is listed", LAG)


def refuse_other_scope(operation: Operation, grant: Grant, row: Document) -> None:
    """Raise Refused when PIM granted another scope than was asked for, once that is taken back.

    A scope that was just made has been granted over the whole directory instead.
    https://github.com/microsoftgraph/msgraph-sdk-powershell/issues/1996
    """
    if grant.same_scope(row):
        return
    other = replace(grant, directory_scope_id=str(row["directoryScopeId"]))
    what = f"PIM granted {grant.role} at {other.directory_scope_id} instead of {grant.directory_scope_id}"
    try:
        withdraw(operation, other)
    except EntraError as error:
        raise Refused(
            f"{what}, and that could not be taken back: remove at once the grant of {grant.role} at"
            f" {other.directory_scope_id} to {grant.principal_id}. {error}"
        ) from error
    raise Refused(f"{what}; that was taken back at once: run again when the scope has been there for some minutes")


def explained(operation: Operation, grant: Grant, error: GraphError, details: Document) -> GraphError:
    """Return a refusal of PIM with what it means and what to do; unchanged when Graph's words say it."""
    advice = error.advice
    if error.code == "RoleAssignmentRequestPolicyValidationFailed":
        advice = _which_rules(operation, grant, error, details)
    elif error.code == "AadPremiumLicenseRequired":
        advice = "Privileged Identity Management needs a Microsoft Entra ID P2 or ID Governance licence in this tenant"
    elif error.code == "PendingRoleAssignmentRequest":
        advice = "A request for this grant is open in PIM: decide or cancel it, then run again"
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


# PIM names the failed rules as `["ExpirationRule"]` or, since 2026, as `ExpirationRule - reason; MfaRule - reason`.
_RULE = re.compile(r"(\w+Rule)\b")


def _which_rules(operation: Operation, grant: Grant, error: GraphError, details: Document) -> str:
    rules = dict.fromkeys(_RULE.findall(error.answer.message))
    said = (
        advice_on_length(_limit(operation, grant), details.get("scheduleInfo", {}))
        if rule == "ExpirationRule"
        else advice_on(rule)
        for rule in rules
    )
    return "; ".join(each for each in said if each)


def _limit(operation: Operation, grant: Grant) -> str | None:
    """Return the longest time that the role's policy allows; None when it cannot be read."""
    try:
        rules = admin_rules(operation, grant.kind, grant.role_definition_id)
    except EntraError:
        return None
    return None if rules is None else rules.longest
