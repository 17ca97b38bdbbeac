"""/servicePrincipals: https://learn.microsoft.com/graph/api/resources/serviceprincipal."""

from __future__ import annotations

from entra_emulator.directory import objects
from entra_emulator.directory.objects import GROUP, SERVICE_PRINCIPAL
from entra_emulator.directory.store import Document
from entra_emulator.refusals import resource_not_found
from entra_emulator.routes.call import Answer, Call
from entra_emulator.routes.entities import count, many, mixed, one, stored
from entra_emulator.routes.object_types import DIRECTORY_OBJECT_TYPE, SERVICE_PRINCIPAL_TYPE


def read_all(call: Call) -> Answer:
    """GET /servicePrincipals."""
    return many(call, SERVICE_PRINCIPAL_TYPE, stored(call, SERVICE_PRINCIPAL.active), "servicePrincipals")


def count_all(call: Call) -> Answer:
    """GET /servicePrincipals/$count."""
    return count(call, SERVICE_PRINCIPAL_TYPE, stored(call, SERVICE_PRINCIPAL.active))


def read(call: Call) -> Answer:
    """GET /servicePrincipals/{id}."""
    return one(call, SERVICE_PRINCIPAL_TYPE, _read(call), "servicePrincipals")


def read_by_app_id(call: Call) -> Answer:
    """GET /servicePrincipals(appId='…')."""
    app_id = call.parameters["app_id"]
    found = objects.by_alternate_key(call.tenant, SERVICE_PRINCIPAL, app_id)
    if found is None:
        raise resource_not_found(app_id)
    return one(call, SERVICE_PRINCIPAL_TYPE, found, "servicePrincipals")


def member_of(call: Call) -> Answer:
    """GET /servicePrincipals/{id}/memberOf: groups only."""
    found = objects.groups_of(call.tenant, _read(call)["id"])
    return many(call, DIRECTORY_OBJECT_TYPE, mixed((GROUP, group) for group in found), "directoryObjects")


def _read(call: Call) -> Document:
    return objects.read(call.tenant, call.parameters["id"], [SERVICE_PRINCIPAL])[1]
