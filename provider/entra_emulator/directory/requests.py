"""Schedule requests: how somebody becomes eligible or active, is extended, and ceases to be.

One machine for both kinds: a request is admitted by Microsoft's rules and by the role's policy, and then makes,
replaces or ends the schedule of its principal, role and scope: at once, when somebody has decided, or when its start
comes.

https://learn.microsoft.com/graph/api/resources/unifiedroleeligibilityschedulerequest
https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from entra_emulator.directory import (
    activation_policy,
    admission,
    moments,
    objects,
    organization,
    request_body,
    schedules,
)
from entra_emulator.directory.oddities import Oddities
from entra_emulator.directory.request_body import ACTIVATION, Asked
from entra_emulator.directory.schedules import ASSIGNMENT, ELIGIBILITY, ROOT_SCOPE, Kind, Triple
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.refusals import Refusal

# azuread#1306: a request disappears after 30 to 45 days while its schedule stays; the cancel pages: after 30 days.
_RETENTION = timedelta(days=45)
_CANCELED_RETENTION = timedelta(days=30)
# "Some minutes" were recorded.
_PERMANENT_BESIDE_ELIGIBLE = timedelta(minutes=5)
_CANCELABLE = ("Granted", "PendingApproval", "PendingAdminDecision")


def submit(tenant: Tenant, kind: Kind, caller: Caller, body: Document, oddities: Oddities) -> Document:
    """Admit a request and carry it out, or keep it until its start or until somebody decides.

    Raises:
        Refusal: 400, 403 or 404 with PIM's own codes; 501 for an action that this emulator does not know.
    """
    if not organization.has_pim(tenant):
        raise Refusal(400, "AadPremiumLicenseRequired", "The tenant needs an AAD Premium 2 license.")
    asked = _placed(tenant, kind, request_body.read(tenant.now, kind, body), oddities)
    admission.admit(tenant, kind, caller, asked, oddities)
    activation_policy.admit(tenant, kind, caller, asked)
    request = _request(tenant, caller, asked)
    if asked.validation_only:
        return request
    if asked.window is None:
        schedules.end(tenant, kind, asked.triple)
        _finish(tenant, kind, request)
    elif admission.is_new_to_pim(tenant, asked.principal_id, oddities):
        close(tenant, kind, request, "Failed")
    elif asked.action == ACTIVATION and activation_policy.needs_approval(tenant, asked.role_definition_id):
        _wait(tenant, request, asked, "PendingApproval")
        time_out = tenant.now + activation_policy.time_for_approval(tenant, asked.role_definition_id)
        tenant.store.schedule(time_out, time_out_event(kind), request["id"])
    elif asked.action in ("selfExtend", "selfRenew"):
        _wait(tenant, request, asked, "PendingAdminDecision")
    else:
        begin(tenant, kind, request, asked.window.start, timedelta(seconds=oddities.provisions_after))
    tenant.store.put(kind.requests, request)
    return request


def begin(tenant: Tenant, kind: Kind, request: Document, start: datetime, delay: timedelta = timedelta()) -> None:
    """Provision a request that waits for nobody, now or when its start (UTC) comes; the caller keeps it."""
    if start <= tenant.now and not delay:
        _provision(tenant, kind, request)
        return
    request["status"] = "Granted" if start > tenant.now else "PendingProvisioning"
    tenant.store.schedule(max(start, tenant.now + delay), start_event(kind), request["id"])


def close(tenant: Tenant, kind: Kind, request: Document, status: str) -> None:
    """End a request without carrying it out; the caller keeps it."""
    request |= {"status": status, "completedDateTime": moments.write_precise(tenant.now)}
    _finish(tenant, kind, request)


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
    """Withdraw a request that waits for its start or for a decision.

    The page for eligibilities says that its status becomes Revoked, the one for assignments Canceled. Both pages speak
    of granted requests only; which others, and the code of the refusal, is from the page of PIM's earlier interface.
    https://learn.microsoft.com/graph/api/governanceroleassignmentrequest-cancel

    Raises:
        Refusal: 400 RequestCannotBeCancelled for one that is finished.
    """
    if request["status"] not in _CANCELABLE:
        states = f"{', '.join(_CANCELABLE[:-1])} and {_CANCELABLE[-1]}"
        raise Refusal(400, "RequestCannotBeCancelled", f"Only requests in status of {states} can be cancelled.")
    request["status"] = "Revoked" if kind is ELIGIBILITY else "Canceled"
    tenant.store.put(kind.requests, request)
    tenant.store.schedule(tenant.now + _CANCELED_RETENTION, purge_event(kind), request["id"])


def start_event(kind: Kind) -> str:
    """Name the event of a request's start."""
    return f"start of {kind.name}"


def time_out_event(kind: Kind) -> str:
    """Name the event of an approval coming too late."""
    return f"time-out of {kind.name} approval"


def purge_event(kind: Kind) -> str:
    """Name the event of a finished request's disappearance."""
    return f"purge of {kind.name} request"


def start_when_due(tenant: Tenant, kind: Kind, request_id: str) -> None:
    """Provision a request whose start has come; one that was cancelled stays as it is."""
    request = tenant.store.get(kind.requests, request_id)
    if request is not None and request["status"] in ("Granted", "PendingProvisioning"):
        _provision(tenant, kind, request)
        tenant.store.put(kind.requests, request)


def time_out_when_due(tenant: Tenant, kind: Kind, request_id: str) -> None:
    """Give up a request that nobody approved in time: it has to be made anew. That its status is Failed is (inferred).

    https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-approval-workflow
    """
    request = tenant.store.get(kind.requests, request_id)
    if request is not None and request["status"] == "PendingApproval":
        close(tenant, kind, request, "Failed")
        tenant.store.put(kind.requests, request)


def purge_when_due(tenant: Tenant, kind: Kind, request_id: str) -> None:
    """Forget a finished request."""
    tenant.store.remove(kind.requests, request_id)


def _placed(tenant: Tenant, kind: Kind, asked: Asked, oddities: Oddities) -> Asked:
    """Move a new eligibility over a new administrative unit to the whole tenant, where that oddity is on."""
    is_new_eligibility = kind is ELIGIBILITY and asked.action == "adminAssign"
    seconds = oddities.new_scope_becomes_directory
    if is_new_eligibility and admission.is_new_scope(tenant, asked.triple.scope_id, seconds):
        return replace(asked, directory_scope_id=ROOT_SCOPE)
    return asked


def _request(tenant: Tenant, caller: Caller, asked: Asked) -> Document:
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
        "scheduleInfo": _schedule_info(moments.write_precise(window.start), window.expiration) if window else None,
        "ticketInfo": {"ticketNumber": asked.ticket_number, "ticketSystem": asked.ticket_system},
    }


def _wait(tenant: Tenant, request: Document, asked: Asked, status: str) -> None:
    """Keep a request until somebody decides; a start that was not asked for is open until then.

    The form is that of the answer on
    https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-approval-workflow
    """
    request |= {
        "status": status,
        "completedDateTime": moments.write_precise(tenant.now),
        "approvalId": request["id"],
    }
    if asked.window is not None and asked.window.start <= tenant.now:
        request["scheduleInfo"] = _schedule_info(None, asked.window.expiration)


def _provision(tenant: Tenant, kind: Kind, request: Document) -> None:
    """Make the schedule of a request, in place of the one that its principal, role and scope had.

    That a request fails whose principal, eligibility or time is gone by then is (inferred).
    """
    triple = Triple.of(request)
    is_activation = request["action"] == ACTIVATION
    eligibility = admission.eligibility(tenant, triple) if is_activation else None
    end = request_body.end_of(tenant.now, request["scheduleInfo"]["expiration"])
    is_over = end is not None and end <= tenant.now
    if objects.find(tenant, triple.principal_id) is None or (is_activation and eligibility is None) or is_over:
        close(tenant, kind, request, "Failed")
        return
    now = moments.write_precise(tenant.now)
    request |= {"status": "Provisioned", "completedDateTime": now}
    request["scheduleInfo"] = _schedule_info(now, request["scheduleInfo"]["expiration"])
    schedules.end(tenant, kind, triple)
    schedules.add(tenant, kind, _schedule(kind, request, end, eligibility), end)
    _settle_with_other_kind(tenant, kind, request, end)
    _finish(tenant, kind, request)


def _schedule(kind: Kind, request: Document, end: datetime | None, eligibility: Document | None) -> Document:
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
        "scheduleInfo": _schedule_info(request["completedDateTime"], expiration),
    }
    if kind is ASSIGNMENT:
        schedule["assignmentType"] = "Activated" if eligibility else "Assigned"
        schedule["activatedUsing"] = eligibility["id"] if eligibility else None
        schedule["madePermanent"] = request["action"] == "adminUpdate" and end is None
    return schedule


def _settle_with_other_kind(tenant: Tenant, kind: Kind, request: Document, end: datetime | None) -> None:
    """Let what was made end its counterpart of the other kind (recorded on a live tenant, September 2026).

    An active assignment that is updated to last for ever ends the eligibility of its principal and role at once; an
    eligibility that is given again beside it is taken, and ends it some minutes later.
    """
    if kind is ASSIGNMENT and request["action"] == "adminUpdate" and end is None:
        schedules.end(tenant, ELIGIBILITY, Triple.of(request))
    if kind is ELIGIBILITY and request["action"] == "adminAssign":
        active = schedules.find(tenant, ASSIGNMENT, Triple.of(request))
        if active is not None and active.get("madePermanent"):
            tenant.store.schedule(tenant.now + _PERMANENT_BESIDE_ELIGIBLE, ASSIGNMENT.end_event, active["id"])


def _schedule_info(start: str | None, expiration: Document) -> Document:
    return {"startDateTime": start, "recurrence": None, "expiration": expiration}


def _finish(tenant: Tenant, kind: Kind, request: Document) -> None:
    tenant.store.schedule(tenant.now + _RETENTION, purge_event(kind), request["id"])
