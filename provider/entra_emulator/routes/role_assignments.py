"""/roleManagement/directory/roleAssignments."""

from __future__ import annotations

from entra_emulator.directory import role_assignments
from entra_emulator.odata import EntityType
from entra_emulator.routes.call import NO_CONTENT, Answer, Call
from entra_emulator.routes.entities import Source, count, many, one
from entra_emulator.routes.schedules import SUBJECT_EXPANSIONS

_COLLECTION = "roleManagement/directory/roleAssignments"
_TYPE = EntityType(
    "unifiedRoleAssignment",
    role_assignments.PROPERTIES[:4],
    frozenset(role_assignments.PROPERTIES),
    frozenset({"id", "principalId", "roleDefinitionId", "directoryScopeId", "appScopeId"}),
    SUBJECT_EXPANSIONS,
)


def read_all(call: Call) -> Answer:
    """GET roleAssignments."""
    return many(call, _TYPE, _assignments(call), _COLLECTION)


def count_all(call: Call) -> Answer:
    """GET roleAssignments/$count."""
    return count(call, _TYPE, _assignments(call))


def read(call: Call) -> Answer:
    """GET roleAssignments/{id}."""
    return one(call, _TYPE, role_assignments.read(call.tenant, call.parameters["id"]), _COLLECTION)


def create(call: Call) -> Answer:
    """POST roleAssignments."""
    return one(call, _TYPE, role_assignments.create(call.tenant, call.body), _COLLECTION, status=201)


def delete(call: Call) -> Answer:
    """DELETE roleAssignments/{id}."""
    role_assignments.delete(call.tenant, call.parameters["id"])
    return NO_CONTENT


def _assignments(call: Call) -> Source:
    return Source(
        lambda after: role_assignments.every(call.tenant, after),
        lambda key, value: role_assignments.find(call.tenant, key, value),
        ("principalId", "roleDefinitionId"),
    )
