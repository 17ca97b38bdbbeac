"""Role assignments: the plain view of what is active, through PIM or not.

https://learn.microsoft.com/graph/api/resources/unifiedroleassignment
"""

from __future__ import annotations

from collections.abc import Iterator

from entra_emulator.directory import objects, roles, schedules
from entra_emulator.directory.schedules import ASSIGNMENT, Triple
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.refusals import bad_request, resource_not_found

PROPERTIES = (
    "id", "principalId", "directoryScopeId", "roleDefinitionId", "appScopeId", "condition", "principalOrganizationId",
)  # fmt: skip


def shown(tenant: Tenant, schedule: Document) -> Document:
    """Show an active schedule as the role assignment that it is."""
    return {
        "id": schedules.instance_id(ASSIGNMENT, Triple.of(schedule)),
        "principalId": schedule["principalId"],
        "directoryScopeId": schedule["directoryScopeId"],
        "roleDefinitionId": schedule["roleDefinitionId"],
        "appScopeId": schedule["appScopeId"],
        "condition": None,
        "principalOrganizationId": tenant.id,
    }


def every(tenant: Tenant, after: int) -> Iterator[tuple[int, Document]]:
    """Read the role assignments behind a place, each with its place."""
    return ((place, shown(tenant, schedule)) for place, schedule in tenant.store.scan(ASSIGNMENT.schedules, after))


def find(tenant: Tenant, key: str, value: str) -> Iterator[tuple[int, Document]]:
    """Look up role assignments by principal or role, each with its place."""
    found = tenant.store.find(ASSIGNMENT.schedules, key, value)
    return ((place, shown(tenant, schedule)) for place, schedule in found)


def read(tenant: Tenant, assignment_id: str) -> Document:
    """Read a role assignment by its id.

    Raises:
        Refusal: 404 Request_ResourceNotFound.
    """
    return shown(tenant, _schedule(tenant, assignment_id))


def create(tenant: Tenant, body: Document) -> Document:
    """Assign a role at once and for good, past PIM's policy.

    Raises:
        Refusal: 400 Request_BadRequest; 404 for a role or principal that is not there.
    """
    scope = body.get("directoryScopeId") or body.get("appScopeId")
    if not isinstance(scope, str):
        raise bad_request("Must specify valid property scope of entity RoleAssignment")
    role = roles.read(tenant, str(body.get("roleDefinitionId")))
    object_type, principal = objects.read(tenant, str(body.get("principalId")))
    if not objects.can_hold_role(object_type, principal) and object_type is not objects.SERVICE_PRINCIPAL:
        raise bad_request("The principal is not assignable to roles.")
    if not schedules.is_scope(tenant, scope):
        raise bad_request("Must specify valid property scope of entity RoleAssignment")
    triple = Triple(principal["id"], role["id"], scope.casefold())
    if schedules.find(tenant, ASSIGNMENT, triple) is not None:
        raise bad_request(
            "A conflicting object with one or more of the specified property values is present in the directory."
        )
    return shown(tenant, schedules.assign_directly(tenant, principal["id"], role["id"], scope))


def delete(tenant: Tenant, assignment_id: str) -> None:
    """End a role assignment, whatever made it.

    Raises:
        Refusal: 404 Request_ResourceNotFound.
    """
    tenant.store.remove(ASSIGNMENT.schedules, _schedule(tenant, assignment_id)["id"])


def _schedule(tenant: Tenant, assignment_id: str) -> Document:
    schedule = schedules.by_instance_id(tenant, ASSIGNMENT, assignment_id)
    if schedule is None:
        raise resource_not_found(assignment_id)
    return schedule
