"""/directory/administrativeUnits, as far as they are scopes of roles."""

from __future__ import annotations

from entra_emulator.directory import administrative_units, objects
from entra_emulator.directory.objects import ADMINISTRATIVE_UNIT
from entra_emulator.routes.call import Answer, Call
from entra_emulator.routes.entities import many, one, stored
from entra_emulator.routes.object_types import ADMINISTRATIVE_UNIT_TYPE

_COLLECTION = "directory/administrativeUnits"


def read_all(call: Call) -> Answer:
    """GET /directory/administrativeUnits."""
    return many(call, ADMINISTRATIVE_UNIT_TYPE, stored(call, ADMINISTRATIVE_UNIT.active), _COLLECTION)


def create(call: Call) -> Answer:
    """POST /directory/administrativeUnits."""
    made = administrative_units.create(call.tenant, call.body)
    return one(call, ADMINISTRATIVE_UNIT_TYPE, made, _COLLECTION, status=201)


def read(call: Call) -> Answer:
    """GET /directory/administrativeUnits/{id}."""
    _, unit = objects.read(call.tenant, call.parameters["id"], [ADMINISTRATIVE_UNIT])
    return one(call, ADMINISTRATIVE_UNIT_TYPE, unit, _COLLECTION)
