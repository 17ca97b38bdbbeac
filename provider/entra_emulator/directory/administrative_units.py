"""Administrative units, as far as they are scopes: https://learn.microsoft.com/graph/api/resources/administrativeunit."""

from __future__ import annotations

import re

from entra_emulator.directory import moments, objects
from entra_emulator.directory.objects import ADMINISTRATIVE_UNIT
from entra_emulator.directory.properties import Property, Schema
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant

_WRITABLE = {
    "displayName": Property(str, 256, required=True),
    "description": Property(str, 1024),
    "isMemberManagementRestricted": Property(bool),
    "visibility": Property(str, pattern=re.compile("Public|HiddenMembership")),
}
_READ_ONLY = frozenset({"id", "deletedDateTime"})
_SCHEMA = Schema(
    "AdministrativeUnit",
    _WRITABLE,
    _READ_ONLY,
    frozenset(_WRITABLE) | _READ_ONLY | {"membershipRule", "membershipRuleProcessingState", "membershipType"},
)


def create(tenant: Tenant, body: Document) -> Document:
    """Create an administrative unit.

    Raises:
        Refusal: 400 Request_BadRequest.
    """
    # Graph does not show when a unit was created; PIM's delay in learning of it counts from there.
    unit = {"id": objects.new_id(), "createdDateTime": moments.write(tenant.now), **_SCHEMA.check_new(body)}
    tenant.store.add(ADMINISTRATIVE_UNIT.active, unit)
    return unit
