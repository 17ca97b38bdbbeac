"""/directory/deletedItems: https://learn.microsoft.com/graph/api/resources/directory."""

from __future__ import annotations

from collections.abc import Callable

from entra_emulator.directory import deleted_items, privilege
from entra_emulator.directory.objects import GROUP, USER, ObjectType
from entra_emulator.permissions import DELETED_ITEM_READ, DELETED_ITEM_WRITE
from entra_emulator.routes.call import NO_CONTENT, Answer, Call
from entra_emulator.routes.entities import count, many, stored
from entra_emulator.routes.object_types import ENTITY_TYPES, typed


def of_type(object_type: ObjectType) -> Callable[[Call], Answer]:
    """GET /directory/deletedItems/graph.{type}."""

    def read_all(call: Call) -> Answer:
        DELETED_ITEM_READ[object_type.name].admit(call.tenant, call.caller)
        return many(call, ENTITY_TYPES[object_type.name], stored(call, object_type.deleted), object_type.plural)

    return read_all


def count_of_type(object_type: ObjectType) -> Callable[[Call], Answer]:
    """GET /directory/deletedItems/graph.{type}/$count."""

    def count_all(call: Call) -> Answer:
        DELETED_ITEM_READ[object_type.name].admit(call.tenant, call.caller)
        return count(call, ENTITY_TYPES[object_type.name], stored(call, object_type.deleted))

    return count_all


def read(call: Call) -> Answer:
    """GET /directory/deletedItems/{id}."""
    object_type, document = deleted_items.read(call.tenant, call.parameters["id"])
    DELETED_ITEM_READ[object_type.name].admit(call.tenant, call.caller)
    context = {"@odata.context": call.context("directoryObjects/$entity")}
    return Answer(document=context | typed(call.tenant, (object_type, document), call.options))


def restore(call: Call) -> Answer:
    """POST /directory/deletedItems/{id}/restore."""
    object_type, _ = deleted_items.read(call.tenant, call.parameters["id"])
    DELETED_ITEM_WRITE[object_type.name].admit(call.tenant, call.caller)
    restored = deleted_items.restore(call.tenant, call.caller, call.parameters["id"])
    context = {"@odata.context": call.context("directoryObjects/$entity")}
    return Answer(document=context | typed(call.tenant, restored))


def purge(call: Call) -> Answer:
    """DELETE /directory/deletedItems/{id}: not for apps where it is about users or groups.

    https://learn.microsoft.com/graph/api/directory-deleteditems-delete#permissions
    """
    object_type, document = deleted_items.read(call.tenant, call.parameters["id"])
    DELETED_ITEM_WRITE[object_type.name].admit(call.tenant, call.caller)
    if object_type in (USER, GROUP) and call.caller.is_app:
        raise privilege.denied()
    deleted_items.purge(call.tenant, document["id"])
    return NO_CONTENT
