"""/roleManagement/directory/roleDefinitions: https://learn.microsoft.com/graph/api/resources/unifiedroledefinition."""

from __future__ import annotations

from entra_emulator.directory import roles
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.odata import EntityType, Options
from entra_emulator.routes.call import NO_CONTENT, Answer, Call
from entra_emulator.routes.entities import Source, count, many, one

_COLLECTION = "roleManagement/directory/roleDefinitions"


def _expand_inherited(_tenant: Tenant, document: Document, _options: Options) -> list[Document]:
    return list(document["inheritsPermissionsFrom"])


ROLE_DEFINITION_TYPE = EntityType(
    "unifiedRoleDefinition",
    tuple(name for name in roles.PROPERTIES if name != "inheritsPermissionsFrom"),
    frozenset(roles.PROPERTIES),
    frozenset({"id", "displayName", "isBuiltIn", "isEnabled", "templateId"}),
    {"inheritsPermissionsFrom": _expand_inherited},
)


def read_all(call: Call) -> Answer:
    """GET roleDefinitions; names are compared with case (recorded on a live tenant)."""
    return many(call, ROLE_DEFINITION_TYPE, _roles(call), _COLLECTION)


def count_all(call: Call) -> Answer:
    """GET roleDefinitions/$count."""
    return count(call, ROLE_DEFINITION_TYPE, _roles(call))


def read(call: Call) -> Answer:
    """GET roleDefinitions/{id}."""
    return one(call, ROLE_DEFINITION_TYPE, roles.read(call.tenant, call.parameters["id"]), _COLLECTION)


def create(call: Call) -> Answer:
    """POST roleDefinitions: a custom role."""
    return one(call, ROLE_DEFINITION_TYPE, roles.create(call.tenant, call.body), _COLLECTION, status=201)


def update(call: Call) -> Answer:
    """PATCH roleDefinitions/{id}."""
    roles.update(call.tenant, call.parameters["id"], call.body)
    return NO_CONTENT


def delete(call: Call) -> Answer:
    """DELETE roleDefinitions/{id}."""
    roles.delete(call.tenant, call.parameters["id"])
    return NO_CONTENT


def _roles(call: Call) -> Source:
    return Source(lambda after: (found for found in roles.every(call.tenant) if found[0] > after))
