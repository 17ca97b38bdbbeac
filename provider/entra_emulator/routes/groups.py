"""/groups, their members and owners: https://learn.microsoft.com/graph/api/resources/group."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from entra_emulator.directory import groups, objects, privilege
from entra_emulator.directory.objects import GROUP, MEMBERS, OWNERS, SERVICE_PRINCIPAL, ObjectType
from entra_emulator.directory.store import Document
from entra_emulator.permissions import GROUP_ROLES, GROUP_UPDATE, ROLE_ASSIGNABLE_GROUP_ROLES
from entra_emulator.refusals import Refusal, bad_request
from entra_emulator.routes.call import NO_CONTENT, Answer, Call
from entra_emulator.routes.entities import count, many, mixed, one, stored
from entra_emulator.routes.object_types import DIRECTORY_OBJECT_TYPE, ENTITY_TYPES, GROUP_TYPE

Operation = Callable[[Call], Answer]
_LISTED_MEMBERS = tuple(each for each in objects.OBJECT_TYPES if each is not SERVICE_PRINCIPAL)


def create(call: Call) -> Answer:
    """POST /groups."""
    body = call.body
    _admit_role(call, body)
    _admit_binding(call, body)
    return one(call, GROUP_TYPE, groups.create(call.tenant, call.caller, body), "groups", status=201)


def upsert(call: Call) -> Answer:
    """PATCH /groups(uniqueName='…'): an update, or with ``Prefer: create-if-missing`` a new group.

    https://learn.microsoft.com/graph/api/group-upsert
    """
    unique_name, body = call.parameters["unique_name"], call.body
    found = objects.by_alternate_key(call.tenant, GROUP, unique_name)
    prefers = call.request.headers.get("prefer", "")
    if found is not None or "create-if-missing" not in prefers:
        return _update(call, groups.by_unique_name(call.tenant, unique_name), body)
    if body.get("isAssignableToRole") and not call.switches.upsert_role_assignable:
        raise bad_request("Property 'isAssignableToRole' cannot be set by an upsert.")
    _admit_role(call, body)
    made = groups.create(call.tenant, call.caller, body, unique_name)
    return one(call, GROUP_TYPE, made, "groups", status=201)


def read_all(call: Call) -> Answer:
    """GET /groups."""
    return many(call, GROUP_TYPE, stored(call, GROUP.active), "groups")


def count_all(call: Call) -> Answer:
    """GET /groups/$count."""
    return count(call, GROUP_TYPE, stored(call, GROUP.active))


def read(call: Call) -> Answer:
    """GET /groups/{id} or /groups(uniqueName='…')."""
    return one(call, GROUP_TYPE, _group(call), "groups")


def update(call: Call) -> Answer:
    """PATCH /groups/{id}."""
    return _update(call, _group(call), call.body)


def delete(call: Call) -> Answer:
    """DELETE /groups/{id} or /groups(uniqueName='…')."""
    group = _group(call)
    _admit_person(call, group)
    groups.delete(call.tenant, call.caller, group, call.switches)
    return NO_CONTENT


def related(relation: str, *types: ObjectType) -> Operation:
    """List a group's members or owners, of one type where the path is cast to it.

    The plain list of members leaves service principals out, which the cast shows (recorded on a live tenant).
    """
    shown = types or (_LISTED_MEMBERS if relation == MEMBERS else objects.OBJECT_TYPES)

    def read_related(call: Call) -> Answer:
        found = objects.related(call.tenant, relation, _group(call)["id"], shown)
        if not types:
            return many(call, DIRECTORY_OBJECT_TYPE, mixed(found), "directoryObjects")
        (cast,) = types
        return many(call, ENTITY_TYPES[cast.name], mixed(found), cast.plural)

    return read_related


def count_related(relation: str) -> Operation:
    """Count a group's members or owners."""

    def count_them(call: Call) -> Answer:
        return count(call, DIRECTORY_OBJECT_TYPE, mixed(objects.related(call.tenant, relation, _group(call)["id"])))

    return count_them


def add(relation: str) -> Operation:
    """POST /groups/{id}/members/$ref, or of owners."""

    def add_one(call: Call) -> Answer:
        group = _group(call)
        _admit_person(call, group)
        object_id = groups.referenced_id(call.body.get("@odata.id"))
        groups.add_reference(call.tenant, call.caller, group, relation, object_id)
        return NO_CONTENT

    return add_one


def remove(relation: str) -> Operation:
    """DELETE /groups/{id}/members/{object id}/$ref, or of owners."""

    def remove_one(call: Call) -> Answer:
        group = _group(call)
        _admit_person(call, group)
        object_id = call.parameters["object_id"]
        groups.remove_reference(call.tenant, call.caller, group, relation, object_id, call.switches)
        return NO_CONTENT

    return remove_one


def remove_by_reference(relation: str) -> Operation:
    """DELETE /groups/{id}/members/$ref?@id=…, or of owners, as Microsoft's description has it."""

    def remove_referenced(call: Call) -> Answer:
        group = _group(call)
        _admit_person(call, group)
        object_id = groups.referenced_id(dict(parse_qsl(call.request.query)).get("@id"))
        groups.remove_reference(call.tenant, call.caller, group, relation, object_id, call.switches)
        return NO_CONTENT

    return remove_referenced


def transitive_members(call: Call) -> Answer:
    """GET /groups/{id}/transitiveMembers."""
    found = objects.all_members(call.tenant, _group(call)["id"])
    return many(call, DIRECTORY_OBJECT_TYPE, mixed(found), "directoryObjects")


def member_of(call: Call) -> Answer:
    """GET /groups/{id}/memberOf."""
    found = objects.groups_of(call.tenant, _group(call)["id"])
    return many(call, DIRECTORY_OBJECT_TYPE, mixed((GROUP, group) for group in found), "directoryObjects")


def transitive_member_of(call: Call) -> Answer:
    """GET /groups/{id}/transitiveMemberOf."""
    found = objects.all_groups_of(call.tenant, _group(call)["id"])
    return many(call, DIRECTORY_OBJECT_TYPE, mixed((GROUP, group) for group in found), "directoryObjects")


def refuse_member_write(_call: Call) -> Answer:
    """DELETE /groups/{id}/members/{object id} without ``/$ref``, which would delete the object itself."""
    raise Refusal(400, "BadRequest", "Write requests are only supported on contained entities")


def _group(call: Call) -> Document:
    if "unique_name" in call.parameters:
        return groups.by_unique_name(call.tenant, call.parameters["unique_name"])
    return groups.read(call.tenant, call.parameters["id"])


def _update(call: Call, group: Document, body: Document) -> Answer:
    _admit_person(call, group)
    groups.update(call.tenant, call.caller, group, body)
    return NO_CONTENT


def _admit_binding(call: Call, body: Document) -> None:
    """An app that may only create groups needs to be able to read whom it binds.

    https://learn.microsoft.com/graph/api/group-post-groups#permissions
    """
    may_bind = call.caller.may(*GROUP_UPDATE.delegated, "User.Read.All", "Application.Read.All", "Directory.Read.All")
    if len(groups.relationships(body)) and not may_bind:
        raise privilege.denied()


def _admit_person(call: Call, group: Document) -> None:
    """Let a person change only a group that they own, or that their role is for."""
    if call.caller.object_id not in call.tenant.store.targets(OWNERS, group["id"]):
        _admit_role(call, group)


def _admit_role(call: Call, group: Document) -> None:
    """Ask of a person for a role that is for groups like this one, be it there or about to be made."""
    roles = ROLE_ASSIGNABLE_GROUP_ROLES if group.get("isAssignableToRole") else GROUP_ROLES
    if not call.caller.is_app and not privilege.holds_role(call.tenant, call.caller.object_id, roles):
        raise privilege.denied()
