"""What a schedule request must fulfil whatever the role's policy says: who, which role, over what, and what is there.

https://learn.microsoft.com/graph/api/rbacapplication-post-roleeligibilityschedulerequests
https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from entra_emulator.directory import moments, objects, roles, schedules
from entra_emulator.directory.objects import ADMINISTRATIVE_UNIT, GROUP, SERVICE_PRINCIPAL
from entra_emulator.directory.oddities import Oddities
from entra_emulator.directory.request_body import ACTIVATION, EXTENSIONS, RENEWALS, Asked, invalid
from entra_emulator.directory.schedules import ASSIGNMENT, ELIGIBILITY, Kind, Triple
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.refusals import Refusal

_UNFINISHED = ("Granted", "PendingApproval", "PendingAdminDecision", "PendingProvisioning")
# https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-add-role-to-user
_SHORTEST_ACTIVE = timedelta(minutes=5)


def admit(tenant: Tenant, kind: Kind, caller: Caller, asked: Asked, oddities: Oddities) -> None:
    """Let a request through that can be carried out as things are.

    Raises:
        Refusal: 400, 403 or 404 with PIM's own codes.
    """
    held = schedules.find(tenant, kind, asked.triple)
    if held is None or asked.window is not None:
        _admit_subject(tenant, kind, asked, oddities)
    if asked.is_by_oneself and (caller.is_app or caller.object_id != asked.principal_id):
        raise Refusal(403, "", "Attempted to perform an unauthorized operation.")
    if asked.action in ("adminAssign", ACTIVATION, *RENEWALS):
        _admit_absent(tenant, kind, asked, held)
    else:
        _admit_present(tenant, kind, asked, held)
    _admit_length(kind, asked)


def eligibility(tenant: Tenant, triple: Triple) -> Document | None:
    """Look up what a user is eligible through: an own schedule, or one of a role-assignable group of theirs."""
    return next((each for each in _eligibilities(tenant, triple) if Triple.of(each).scope_id == triple.scope_id), None)


def is_new_to_pim(tenant: Tenant, principal_id: str, oddities: Oddities) -> bool:
    """Tell whether PIM has not learnt of a principal yet."""
    found = objects.find(tenant, principal_id)
    return found is not None and _is_younger(tenant, found[1], oddities.pim_learns_subjects_after)


def is_new_scope(tenant: Tenant, scope_id: str, seconds: float) -> bool:
    """Tell whether a scope is an administrative unit that is younger than so many seconds."""
    unit = tenant.store.get(ADMINISTRATIVE_UNIT.active, scope_id.rpartition("/")[2])
    return unit is not None and _is_younger(tenant, unit, seconds)


def _eligibilities(tenant: Tenant, triple: Triple) -> Iterator[Document]:
    """Read what makes a principal eligible for a role, over whatever scope."""
    for holder in (triple.principal_id, *(group["id"] for group in objects.groups_of(tenant, triple.principal_id))):
        for schedule in schedules.of_principal(tenant, ELIGIBILITY, holder):
            if schedule["roleDefinitionId"] == triple.role_definition_id:
                yield schedule


def _is_younger(tenant: Tenant, document: Document, seconds: float) -> bool:
    created = document.get("createdDateTime")
    return created is not None and (tenant.now - moments.read(created)).total_seconds() < seconds


def _admit_subject(tenant: Tenant, kind: Kind, asked: Asked, oddities: Oddities) -> None:
    role = roles.find(tenant, asked.role_definition_id)
    if role is None or _is_younger(tenant, role, oddities.pim_learns_subjects_after):
        raise Refusal(404, "RoleNotFound", "The role is not found.")
    found = objects.find(tenant, asked.principal_id)
    if found is None:
        raise _unknown_subject()
    if oddities.pim_misses_subjects > 0:
        oddities.pim_misses_subjects -= 1
        raise _unknown_subject()
    if is_new_to_pim(tenant, asked.principal_id, oddities) and not oddities.new_principal_fails_request:
        raise _unknown_subject()
    object_type, principal = found
    # Who can hold what: https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-configure
    may_hold = objects.can_hold_role(object_type, principal)
    if not may_hold and not (kind is ASSIGNMENT and object_type is SERVICE_PRINCIPAL):
        what = "group that is not assignable to roles" if object_type is GROUP else object_type.name
        raise invalid(f"The principal is a {what}, which cannot hold a role as {kind.name.lower()}.")
    scope = asked.triple.scope_id
    if not schedules.is_scope(tenant, scope) or is_new_scope(tenant, scope, oddities.pim_learns_subjects_after):
        raise _invalid_scope()


def _admit_absent(tenant: Tenant, kind: Kind, asked: Asked, held: Document | None) -> None:
    """Let what makes a schedule through where there is none, and what it stands on is there."""
    if held is not None:
        raise Refusal(400, "RoleAssignmentExists", "The Role assignment already exists.")
    if asked.action == ACTIVATION and eligibility(tenant, asked.triple) is None:
        # For the role, but over another scope: InvalidScope is on record in public notes, its text is not.
        is_elsewhere = next(_eligibilities(tenant, asked.triple), None) is not None
        raise _invalid_scope() if is_elsewhere else does_not_exist()
    # https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend
    if asked.action in RENEWALS and not schedules.is_expired(tenant, kind, asked.triple):
        raise does_not_exist()
    _admit_no_pending(tenant, kind, asked.triple)


def _admit_present(tenant: Tenant, kind: Kind, asked: Asked, held: Document | None) -> None:
    """Let what changes or ends a schedule through where there is one, of the sort and the age for it."""
    _admit_no_pending(tenant, kind, asked.triple)
    if held is None:
        raise does_not_exist()
    is_activation = held.get("assignmentType") == "Activated"
    # The portal offers extension for what was assigned, and deactivation for what was activated.
    if (asked.action == "selfDeactivate" and not is_activation) or (asked.action in EXTENSIONS and is_activation):
        raise does_not_exist()
    if asked.action != "selfExtend":
        _admit_age(tenant, asked.triple)


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


def _admit_length(kind: Kind, asked: Asked) -> None:
    window = asked.window
    if kind is ASSIGNMENT and window and window.end and window.end - window.start < _SHORTEST_ACTIVE:
        raise _too_short()


def does_not_exist() -> Refusal:
    """Name the 400 for a schedule that is not there."""
    return Refusal(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")


def _invalid_scope() -> Refusal:
    return Refusal(400, "InvalidScope", "The scope is invalid.")


def _unknown_subject() -> Refusal:
    return Refusal(404, "SubjectNotFound", "The subject is not found.")


def _too_short() -> Refusal:
    # "Miniumum" is Microsoft's spelling.
    return Refusal(400, "ActiveDurationTooShort", "The Active duration is too short. Miniumum Required is 5 minutes.")
