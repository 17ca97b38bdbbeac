"""Role definitions, built in and custom: https://learn.microsoft.com/graph/api/resources/unifiedroledefinition."""

from __future__ import annotations

from collections.abc import Iterator

from entra_emulator.directory import moments, objects
from entra_emulator.directory.builtin_roles import BUILT_IN_ROLES
from entra_emulator.directory.store import Collection, Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.refusals import bad_request, resource_not_found

CUSTOM_ROLES = Collection("roleDefinitions")
PROPERTIES = (
    "id", "description", "displayName", "isBuiltIn", "isEnabled", "resourceScopes", "templateId", "version",
    "rolePermissions", "inheritsPermissionsFrom",
)  # fmt: skip
# https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions
_CUSTOM_ROLES_PER_TENANT = 100
_WRITABLE = {"description", "displayName", "isEnabled", "resourceScopes", "rolePermissions", "templateId", "version"}
_DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"


def _built_in(role_id: str, display_name: str, description: str) -> Document:
    return {
        "id": role_id,
        "description": description,
        "displayName": display_name,
        "isBuiltIn": True,
        "isEnabled": True,
        "resourceScopes": ["/"],
        "templateId": role_id,
        "version": "1",
        # What a built-in role allows is Microsoft's long and moving list; nothing here depends on it.
        "rolePermissions": [],
        "inheritsPermissionsFrom": [{"id": _DIRECTORY_READERS}],
    }


_BUILT_IN = {role_id: _built_in(role_id, name, description) for role_id, name, description in BUILT_IN_ROLES}


def every(tenant: Tenant) -> Iterator[tuple[int, Document]]:
    """Read all role definitions, each with its place in the list: the built-in ones come first."""
    yield from enumerate(_BUILT_IN.values(), start=1)
    for place, role in tenant.store.scan(CUSTOM_ROLES):
        yield len(_BUILT_IN) + place, role


def find(tenant: Tenant, role_id: str) -> Document | None:
    """Look up a role definition by its id."""
    return _BUILT_IN.get(role_id.casefold()) or tenant.store.get(CUSTOM_ROLES, role_id)


def read(tenant: Tenant, role_id: str) -> Document:
    """Read a role definition by its id.

    Raises:
        Refusal: 404 Request_ResourceNotFound.
    """
    role = find(tenant, role_id)
    if role is None:
        raise resource_not_found(role_id)
    return role


def create(tenant: Tenant, body: Document) -> Document:
    """Create a custom role.

    Raises:
        Refusal: 400 Request_BadRequest.
    """
    changes = _check(body)
    for name in ("displayName", "rolePermissions"):
        if changes.get(name) is None:
            raise bad_request(f"A value is required for property '{name}' of resource 'RoleDefinition'.")
    if tenant.store.count(CUSTOM_ROLES) >= _CUSTOM_ROLES_PER_TENANT:
        raise bad_request(f"The tenant has reached its limit of {_CUSTOM_ROLES_PER_TENANT} custom roles.")
    role_id = objects.new_id()
    role = {
        "id": role_id,
        # Graph does not show it; PIM's delay in learning of the role counts from there.
        "createdDateTime": moments.write(tenant.now),
        "description": None,
        "isBuiltIn": False,
        "isEnabled": True,
        "resourceScopes": ["/"],
        "templateId": role_id,
        "version": None,
        "inheritsPermissionsFrom": [],
        **changes,
    }
    tenant.store.add(CUSTOM_ROLES, role)
    return role


def update(tenant: Tenant, role_id: str, body: Document) -> None:
    """Change a custom role.

    Raises:
        Refusal: 400 for a built-in role; 404.
    """
    role = read(tenant, role_id)
    _admit_custom(role)
    tenant.store.put(CUSTOM_ROLES, role | _check(body))


def delete(tenant: Tenant, role_id: str) -> None:
    """Delete a custom role.

    Raises:
        Refusal: 400 for a built-in role; 404.
    """
    role = read(tenant, role_id)
    _admit_custom(role)
    tenant.store.remove(CUSTOM_ROLES, role["id"])


def _check(body: Document) -> Document:
    changes = {name: value for name, value in body.items() if "@" not in name}
    for name in changes:
        if name not in _WRITABLE:
            raise bad_request(f"Invalid property '{name}' in a role definition.")
    return changes


def _admit_custom(role: Document) -> None:
    if role["isBuiltIn"]:
        raise bad_request("Built-in role definitions cannot be changed or deleted.")
