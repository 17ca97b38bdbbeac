"""Directory objects: what users, groups, service principals and administrative units have in common."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from entra_emulator.directory.store import Collection, Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.refusals import Detail, Refusal, bad_request, resource_not_found

MEMBERS = "members"
OWNERS = "owners"
OBJECT_RELATIONS = (MEMBERS, OWNERS)


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A type of directory object, where its objects are kept, and where they go when they are deleted.

    No two active objects of a type have the same value of its ``alternate_key``.
    """

    name: str
    plural: str
    active: Collection
    deleted: Collection
    alternate_key: str | None = None

    @property
    def odata_type(self) -> str:
        """The value of ``@odata.type``."""
        return f"#microsoft.graph.{self.name}"


def _object_type(name: str, plural: str, alternate_key: str | None, *keys: str) -> ObjectType:
    indexed = (*keys, alternate_key) if alternate_key else keys
    return ObjectType(
        name, plural, Collection(plural, indexed), Collection(f"deleted {plural}", indexed), alternate_key
    )


USER = _object_type("user", "users", "userPrincipalName", "displayName", "mail")
GROUP = _object_type("group", "groups", "uniqueName", "displayName", "mailNickname", "isAssignableToRole")
SERVICE_PRINCIPAL = _object_type("servicePrincipal", "servicePrincipals", "appId", "displayName")
ADMINISTRATIVE_UNIT = _object_type("administrativeUnit", "administrativeUnits", None, "displayName")
OBJECT_TYPES = (USER, GROUP, SERVICE_PRINCIPAL, ADMINISTRATIVE_UNIT)


def find(
    tenant: Tenant, object_id: str, types: Iterable[ObjectType] = OBJECT_TYPES
) -> tuple[ObjectType, Document] | None:
    """Look up an object of any of the types by its id."""
    for object_type in types:
        document = tenant.store.get(object_type.active, object_id)
        if document is not None:
            return object_type, document
    return None


def read(tenant: Tenant, object_id: str, types: Iterable[ObjectType] = OBJECT_TYPES) -> tuple[ObjectType, Document]:
    """Read an object of any of the types by its id.

    Raises:
        Refusal: 404 Request_ResourceNotFound.
    """
    found = find(tenant, object_id, types)
    if found is None:
        raise resource_not_found(object_id)
    return found


def by_alternate_key(tenant: Tenant, object_type: ObjectType, value: str) -> Document | None:
    """Look up the object with a value of its type's alternate key."""
    found = tenant.store.find(object_type.active, object_type.alternate_key or "id", value)
    return next((document for _, document in found), None)


def conflict(object_type: ObjectType) -> Refusal:
    """Name the 400 for a value of the alternate key that another object has."""
    message = f"Another object with the same value for property {object_type.alternate_key} already exists."
    return bad_request(message, Detail("ObjectConflict", message, object_type.alternate_key))


def related(
    tenant: Tenant,
    relation: str,
    source: str,
    types: Iterable[ObjectType] = OBJECT_TYPES,
) -> Iterator[tuple[ObjectType, Document]]:
    """Read what an object is linked to; what is in the bin is left out."""
    types = tuple(types)
    for target in tenant.store.targets(relation, source):
        found = find(tenant, target, types)
        if found is not None:
            yield found


def groups_of(tenant: Tenant, member: str) -> list[Document]:
    """Read the groups that list an object as a member."""
    found = (tenant.store.get(GROUP.active, group) for group in tenant.store.sources(MEMBERS, member))
    return [group for group in found if group is not None]


def all_groups_of(tenant: Tenant, member: str) -> list[Document]:
    """Read the groups that an object is a member of, directly or through other groups."""
    found: dict[str, Document] = {}
    waiting = [member]
    while waiting:
        for group in groups_of(tenant, waiting.pop()):
            if group["id"] not in found:
                found[group["id"]] = group
                waiting.append(group["id"])
    return list(found.values())


def all_members(tenant: Tenant, group: str) -> list[tuple[ObjectType, Document]]:
    """Read the members of a group and of the groups in it, each once."""
    found: dict[str, tuple[ObjectType, Document]] = {}
    waiting = [group]
    while waiting:
        for object_type, document in related(tenant, MEMBERS, waiting.pop()):
            if document["id"] not in found:
                found[document["id"]] = object_type, document
                if object_type is GROUP:
                    waiting.append(document["id"])
    return list(found.values())


def can_hold_role(object_type: ObjectType, document: Document) -> bool:
    """Tell whether an object is a person who can hold a role, or a group of such that can.

    https://learn.microsoft.com/entra/identity/role-based-access-control/groups-concept
    """
    return object_type is USER or (object_type is GROUP and bool(document.get("isAssignableToRole")))


def security_identifier(object_id: str) -> str:
    """Derive an object's SID: ``S-1-12-1-`` and the object id as four little-endian numbers of 32 bits."""
    return "S-1-12-1-" + "-".join(str(part) for part in struct.unpack("<4I", uuid.UUID(object_id).bytes_le))


def is_guid(text: str) -> bool:
    """Tell whether a text is a GUID in the form that Graph writes."""
    try:
        return str(uuid.UUID(text)) == text.casefold()
    except ValueError:
        return False


def new_id() -> str:
    """Make an object id."""
    return str(uuid.uuid4())
