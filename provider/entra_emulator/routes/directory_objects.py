"""/directoryObjects: objects of any type, by id."""

from __future__ import annotations

from entra_emulator.directory import objects
from entra_emulator.refusals import Refusal
from entra_emulator.routes.call import Answer, Call
from entra_emulator.routes.object_types import typed

# https://learn.microsoft.com/graph/api/directoryobject-getbyids
_IDS_PER_CALL = 1_000


def read(call: Call) -> Answer:
    """GET /directoryObjects/{id}."""
    found = objects.read(call.tenant, call.parameters["id"])
    context = {"@odata.context": call.context("directoryObjects/$entity")}
    return Answer(document=context | typed(call.tenant, found, call.options))


def get_by_ids(call: Call) -> Answer:
    """POST /directoryObjects/getByIds: what is not there is left out."""
    body = call.body
    ids, types = body.get("ids"), body.get("types") or [each.name for each in objects.OBJECT_TYPES]
    if not isinstance(ids, list) or len(ids) > _IDS_PER_CALL or not isinstance(types, list):
        raise Refusal(
            400,
            "Request_BadRequest",
            f"The ids must be a list of at most {_IDS_PER_CALL} object ids, the types a list.",
        )
    wanted = [each for each in objects.OBJECT_TYPES if each.name in types]
    found = (objects.find(call.tenant, str(object_id), wanted) for object_id in ids)
    value = [typed(call.tenant, each, call.options) for each in found if each is not None]
    return Answer(document={"@odata.context": call.context("directoryObjects"), "value": value})
