"""Schedule requests: how somebody becomes eligible or active, is extended, and ceases to be.

One machine for both kinds: a request is admitted by Microsoft's rules and by the role's policy, and then makes,
replaces or ends the schedule of its principal, role and scope, at once or when its start comes.

https://learn.microsoft.com/graph/api/resources/unifiedroleeligibilityschedulerequest
https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from entra_emulator.directory import activation_policy, moments, objects, organization, roles, schedules
from entra_emulator.directory.objects import GROUP, SERVICE_PRINCIPAL
from entra_emulator.directory.schedules import ASSIGNMENT, ELIGIBILITY, Kind, Triple
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.refusals import Detail, Refusal, not_emulated

# azuread#1306: a request disappears after 30 to 45 days while its schedule stays; the cancel pages: after 30 days.
_RETENTION = timedelta(days=45)
_CANCELED_RETENTION = timedelta(days=30)
# https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-add-role-to-user
_SHORTEST_ACTIVE = timedelta(minutes=5)

_ADMIN_ACTIONS = ("adminAssign", "adminUpdate", "adminRemove")
_EMULATED = {ELIGIBILITY: _ADMIN_ACTIONS, ASSIGNMENT: (*_ADMIN_ACTIONS, "selfActivate", "selfDeactivate")}
_ACTIONS = {
    action.casefold(): action
    for action in (*_EMULATED[ASSIGNMENT], "adminExtend", "adminRenew", "selfExtend", "selfRenew")
}
_REMOVALS = ("adminRemove", "selfDeactivate")
_SELF_ACTIONS = ("selfActivate", "selfDeactivate")
_EXPIRATIONS = {name.casefold(): name for name in ("notSpecified", "noExpiration", "afterDateTime", "afterDuration")}
_UNFINISHED = ("Granted", "PendingApproval")


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when (UTC; an ``end`` of ``None`` is for ever), and the expiration as it was asked for."""

    start: datetime
    end: datetime | None
    expiration: Document


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request's body, read and checked as far as it can be by itself."""

    action: str
    principal_id: str
    role_definition_id: str
    directory_scope_id: str | None
    app_scope_id: str | None
    window: Window | None
    justification: str | None
    ticket_number: str | None
    ticket_system: str | None
    validation_only: bool

    @property
    def triple(self) -> Triple:
        scope = self.directory_scope_id or self.app_scope_id or ""
        return Triple(self.principal_id, self.role_definition_id, scope.casefold())


def submit(tenant: Tenant, kind: Kind, caller: Caller, body: Document) -> Document:
    """Admit a request and carry it out, or keep it until its start.

    Raises:
        Refusal: 400 or 404 with PIM's own codes; 501 for an action that this emulator does not know.
    """
    if not organization.has_pim(tenant):
        raise Refusal(400, "AadPremiumLicenseRequired", "The tenant needs an AAD Premium 2 license.")
    asked = _read_body(tenant, kind, body)
    eligibility = _admit(tenant, kind, caller, asked)
    request = _request(tenant, caller, asked)
    if asked.window is not None:
        activation_policy.admit(
            tenant,
            caller,
            activation_policy.Subject(
                level=kind.name,
                end_user=asked.action in _SELF_ACTIONS,
                role_id=asked.role_definition_id,
                start=asked.window.start,
                end=asked.window.end,
                justification=asked.justification,
                ticket=asked.ticket_number,
            ),
        )
    if asked.validation_only:
        return request
    if asked.window is None:
        schedules.end(tenant, kind, asked.triple)
        _finish(tenant, kind, request)
    elif asked.action == "selfActivate" and activation_policy.needs_approval(tenant, asked.role_definition_id):
        request |= {"status": "PendingApproval", "completedDateTime": None, "approvalId": request["id"]}
    elif asked.window.start > tenant.now:
        request["status"] = "Granted"
        tenant.store.schedule(asked.window.start, start_event(kind), request["id"])
    else:
        _provision(tenant, kind, request, asked.window.end, eligibility)
        _finish(tenant, kind, request)
    tenant.store.put(kind.requests, request)
    return request


def read(tenant: Tenant, kind: Kind, request_id: str) -> Document:
    """Read a request by its id.

    Raises:
        Refusal: 404 RoleAssignmentRequestNotFound.
    """
    request = tenant.store.get(kind.requests, request_id)
    if request is None:
        raise Refusal(404, "RoleAssignmentRequestNotFound", "The role assignment request is not found.")
    return request


def cancel(tenant: Tenant, kind: Kind, request: Document) -> None:
    """Withdraw a request that was not carried out yet.

    The page for eligibilities says that its status becomes Revoked, the one for assignments Canceled.

    Raises:
        Refusal: 400 for one that is finished.
    """
    if request["status"] not in _UNFINISHED:
        raise invalid("Only a request that is granted and not yet provisioned can be canceled.")
    request["status"] = "Revoked" if kind is ELIGIBILITY else "Canceled"
    tenant.store.put(kind.requests, request)
    tenant.store.schedule(tenant.now + _CANCELED_RETENTION, purge_event(kind), request["id"])


def start_event(kind: Kind) -> str:
    """Name the event of a granted request's start."""
    return f"start of {kind.name}"


def purge_event(kind: Kind) -> str:
    """Name the event of a finished request's disappearance."""
    return f"purge of {kind.name} request"


def start_when_due(tenant: Tenant, kind: Kind, request_id: str) -> None:
    """Provision a granted request whose start has come; one that was cancelled stays as it is.

    That one fails whose principal or eligibility is gone by then is (inferred).
    """
    request = tenant.store.get(kind.requests, request_id)
    if request is None or request["status"] != "Granted":
        return
    is_activation = request["action"] == "selfActivate"
    eligibility = _eligibility(tenant, Triple.of(request)) if is_activation else None
    if objects.find(tenant, request["principalId"]) is None or (is_activation and eligibility is None):
        request["status"] = "Failed"
    else:
        request["status"] = "Provisioned"
        _provision(tenant, kind, request, _read_window(tenant.now, request["scheduleInfo"]).end, eligibility)
    _finish(tenant, kind, request)
    tenant.store.put(kind.requests, request)


def purge_when_due(tenant: Tenant, kind: Kind, request_id: str) -> None:
    """Forget a finished request."""
    tenant.store.remove(kind.requests, request_id)


def invalid(reason: str) -> Refusal:
    """Name the 400 for a request that makes no sense.

    Graph does not say why (azuread#1464); the emulator adds its reason as a detail of its own.
    """
    return Refusal(
        400,
        "InvalidRoleAssignmentRequest",
        "The role assignment request is invalid.",
        [Detail("EmulatorReason", reason)],
    )


def _read_body(tenant: Tenant, kind: Kind, body: Document) -> _Asked:
    action = _ACTIONS.get(str(body.get("action")).casefold())
    if action is None:
        raise invalid("The action of the role assignment request is missing or unknown.")
    if action not in _EMULATED[kind]:
        raise not_emulated(f"the action '{action}' of role{kind.name}ScheduleRequests")
    principal_id, role_id = (_guid(body, name) for name in ("principalId", "roleDefinitionId"))
    directory_scope_id, app_scope_id = _text(body, "directoryScopeId"), _text(body, "appScopeId")
    if (directory_scope_id is None) == (app_scope_id is None):
        raise invalid("Exactly one of directoryScopeId and appScopeId is required.")
    ticket = body.get("ticketInfo") or {}
    if not isinstance(ticket, dict):
        raise invalid("ticketInfo must be an object.")
    return _Asked(
        action=action,
        principal_id=principal_id,
        role_definition_id=role_id,
        directory_scope_id=directory_scope_id,
        app_scope_id=app_scope_id,
        window=None if action in _REMOVALS else _read_window(tenant.now, body.get("scheduleInfo")),
        justification=_text(body, "justification"),
        ticket_number=_text(ticket, "ticketNumber"),
        ticket_system=_text(ticket, "ticketSystem"),
        validation_only=body.get("isValidationOnly") is True,
    )


def _read_window(now: datetime, schedule_info: Any) -> Window:
    """Read what is asked for; a start that is missing or past is now.

    Raises:
        Refusal: 400 InvalidRoleAssignmentRequest.
    """
    if not isinstance(schedule_info, dict):
        raise invalid("scheduleInfo is required.")
    if schedule_info.get("recurrence") is not None:
        raise invalid("A recurrence is not supported.")
    expiration = schedule_info.get("expiration") or {}
    kind = _EXPIRATIONS.get(str(expiration.get("type") or "notSpecified").casefold())
    end, duration = expiration.get("endDateTime"), expiration.get("duration")
    if (
        kind is None
        or (kind == "afterDateTime") != (end is not None)
        or (kind == "afterDuration") != (duration is not None)
    ):
        raise invalid("The expiration's type, endDateTime and duration do not fit together.")
    try:
        sent = schedule_info.get("startDateTime")
        start = max(moments.read(sent), now) if sent is not None else now
        until = None
        if end is not None:
            until = moments.read(end)
            end = moments.write_precise(until)
        if duration is not None:
            until = start + moments.read_duration(duration)
    except (TypeError, ValueError, OverflowError) as error:
        raise invalid(f"The schedule cannot be read: {error}.") from error
    if until is not None and until <= start:
        raise invalid("The schedule ends before it starts.")
    return Window(start, until, {"type": kind, "endDateTime": end, "duration": duration})


def _admit(tenant: Tenant, kind: Kind, caller: Caller, asked: _Asked) -> Document | None:
    """Apply the rules that hold whatever the policy says; answer the eligibility that an activation stands on."""
    held = schedules.find(tenant, kind, asked.triple)
    if held is None or asked.window is not None:
        _admit_subject(tenant, kind, asked)
    if asked.action in _SELF_ACTIONS and (caller.is_app or caller.object_id != asked.principal_id):
        raise Refusal(403, "", "Attempted to perform an unauthorized operation.")
    eligibility = _eligibility(tenant, asked.triple) if asked.action == "selfActivate" else None
    if asked.action in ("adminAssign", "selfActivate"):
        if held is not None:
            raise Refusal(400, "RoleAssignmentExists", "The Role assignment already exists.")
        if asked.action == "selfActivate" and eligibility is None:
            raise _does_not_exist()
        _admit_no_pending(tenant, kind, asked.triple)
        _admit_length(kind, asked.window)
        return eligibility
    _admit_no_pending(tenant, kind, asked.triple)
    if held is None or (asked.action == "selfDeactivate" and held["assignmentType"] != "Activated"):
        raise _does_not_exist()
    _admit_age(tenant, asked.triple)
    _admit_length(kind, asked.window)
    return None


def _admit_subject(tenant: Tenant, kind: Kind, asked: _Asked) -> None:
    if roles.find(tenant, asked.role_definition_id) is None:
        raise Refusal(404, "RoleNotFound", "The role is not found.")
    found = objects.find(tenant, asked.principal_id)
    if found is None:
        raise Refusal(404, "SubjectNotFound", "The subject is not found.")
    object_type, principal = found
    # Who can hold what: https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-configure
    may_hold = objects.can_hold_role(object_type, principal)
    if not may_hold and not (kind is ASSIGNMENT and object_type is SERVICE_PRINCIPAL):
        what = "group that is not assignable to roles" if object_type is GROUP else object_type.name
        raise invalid(f"The principal is a {what}, which cannot hold a role as {kind.name.lower()}.")
    if not schedules.is_scope(tenant, asked.triple.scope_id):
        raise Refusal(400, "InvalidScope", "The scope is invalid.")


def _admit_no_pending(tenant: Tenant, kind: Kind, triple: Triple) -> None:
    for _, request in tenant.store.find(kind.requests, "principalId", triple.principal_id):
        if request["status"] in _UNFINISHED and Triple.of(request) == triple:
            raise Refusal(
                400, "PendingRoleAssignmentRequest", "There is already an existing pending Role assignment request."
            )


def _admit_age(tenant: Tenant, triple: Triple) -> None:
    """Refuse to change or end anything of a principal and role while an active assignment of them is young."""
    for schedule in schedules.of_principal(tenant, ASSIGNMENT, triple.principal_id):
        young = tenant.now < schedules.started(schedule) + _SHORTEST_ACTIVE
        if young and schedule["roleDefinitionId"] == triple.role_definition_id:
            raise _too_short()


def _admit_length(kind: Kind, window: Window | None) -> None:
    if kind is ASSIGNMENT and window and window.end and window.end - window.start < _SHORTEST_ACTIVE:
        raise _too_short()


def _eligibility(tenant: Tenant, triple: Triple) -> Document | None:
    """Look up what a user is eligible through: an own schedule, or one of a role-assignable group of theirs."""
    for holder in (triple.principal_id, *(group["id"] for group in objects.groups_of(tenant, triple.principal_id))):
        found = schedules.find(tenant, ELIGIBILITY, Triple(holder, triple.role_definition_id, triple.scope_id))
        if found is not None:
            return found
    return None


def _request(tenant: Tenant, caller: Caller, asked: _Asked) -> Document:
    request_id = objects.new_id()
    window = asked.window
    return {
        "id": request_id,
        "status": "Provisioned" if window else "Revoked",
        "createdDateTime": moments.write_precise(tenant.now),
        "completedDateTime": moments.write_precise(window.start) if window else None,
        "approvalId": None,
        "customData": None,
        "action": asked.action,
        "principalId": asked.principal_id,
        "roleDefinitionId": asked.role_definition_id,
        "directoryScopeId": asked.directory_scope_id,
        "appScopeId": asked.app_scope_id,
        "isValidationOnly": asked.validation_only,
        "targetScheduleId": request_id if window else None,
        "justification": asked.justification,
        "createdBy": {
            "application": None,
            "device": None,
            "user": {"displayName": None, "id": caller.object_id},
        },
        "scheduleInfo": _schedule_info(window.start, window.expiration) if window else None,
        "ticketInfo": {"ticketNumber": asked.ticket_number, "ticketSystem": asked.ticket_system},
    }


def _provision(
    tenant: Tenant, kind: Kind, request: Document, end: datetime | None, eligibility: Document | None
) -> None:
    """Make the schedule of a request, in place of the one that its principal, role and scope had."""
    schedules.end(tenant, kind, Triple.of(request))
    # However the end was asked for, a schedule names it as a moment (recorded on a live tenant).
    expiration = {
        "type": "noExpiration" if end is None else "afterDateTime",
        "endDateTime": None if end is None else moments.write_precise(end),
        "duration": None,
    }
    schedule = {
        "id": request["id"],
        "principalId": request["principalId"],
        "roleDefinitionId": request["roleDefinitionId"],
        "directoryScopeId": request["directoryScopeId"],
        "appScopeId": request["appScopeId"],
        "createdUsing": request["id"],
        "createdDateTime": request["completedDateTime"],
        "modifiedDateTime": None,
        "status": "Provisioned",
        "memberType": "Direct",
        "scheduleInfo": _schedule_info(tenant.now, expiration),
    }
    if kind is ASSIGNMENT:
        schedule["assignmentType"] = "Activated" if eligibility else "Assigned"
        schedule["activatedUsing"] = eligibility["id"] if eligibility else None
    schedules.add(tenant, kind, schedule, end)


def _schedule_info(start: datetime, expiration: Document) -> Document:
    return {"startDateTime": moments.write_precise(start), "recurrence": None, "expiration": expiration}


def _finish(tenant: Tenant, kind: Kind, request: Document) -> None:
    tenant.store.schedule(tenant.now + _RETENTION, purge_event(kind), request["id"])


def _guid(body: Document, name: str) -> str:
    value = _text(body, name)
    if value is None or not objects.is_guid(value):
        raise invalid(f"{name} is required and must be a GUID.")
    return value.casefold()


def _text(body: Document, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{name} must be a text.")
    return value or None


def _does_not_exist() -> Refusal:
    return Refusal(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")


def _too_short() -> Refusal:
    # "Miniumum" is Microsoft's spelling.
    return Refusal(400, "ActiveDurationTooShort", "The Active duration is too short. Miniumum Required is 5 minutes.")
