"""The bin: https://learn.microsoft.com/graph/api/resources/directory."""

from __future__ import annotations

from datetime import timedelta

from entra_emulator.directory import moments, objects, privilege, schedules
from entra_emulator.directory.objects import OBJECT_RELATIONS, OBJECT_TYPES, USER, ObjectType
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.refusals import resource_not_found

PURGE = "purge deleted item"
RETENTION = timedelta(days=30)


def delete(tenant: Tenant, object_type: ObjectType, document: Document) -> None:
    """Move an object to the bin, from where it is gone after 30 days.

    Its memberships, ownerships and schedules stay, out of sight of the lists of groups: a restored user regains them.
    That schedules stay listed until the object is purged is (inferred): Microsoft documents nothing.
    """
    tenant.store.remove(object_type.active, document["id"])
    tenant.store.add(object_type.deleted, {**document, "deletedDateTime": moments.write(tenant.now)})
    tenant.store.schedule(tenant.now + RETENTION, PURGE, document["id"])


def read(tenant: Tenant, object_id: str) -> tuple[ObjectType, Document]:
    """Read a deleted object by its id.

    Raises:
        Refusal: 404 Request_ResourceNotFound.
    """
    for object_type in OBJECT_TYPES:
        document = tenant.store.get(object_type.deleted, object_id)
        if document is not None:
            return object_type, document
    raise resource_not_found(object_id)


def restore(tenant: Tenant, caller: Caller, object_id: str) -> tuple[ObjectType, Document]:
    """Take an object out of the bin, with its memberships.

    Raises:
        Refusal: 404; 403 for a protected user or a role-assignable group; 400 when its name was taken meanwhile.
    """
    object_type, document = read(tenant, object_id)
    if object_type is USER:
        privilege.admit_to_sensitive_action(tenant, caller, object_id)
    if document.get("isAssignableToRole"):
        privilege.admit_to_role_assignable_group(caller)
    name = document.get(object_type.alternate_key or "")
    if name is not None and objects.by_alternate_key(tenant, object_type, name) is not None:
        raise objects.conflict(object_type)
    tenant.store.remove(object_type.deleted, document["id"])
    del document["deletedDateTime"]
    tenant.store.add(object_type.active, document)
    return object_type, document


def purge(tenant: Tenant, object_id: str) -> None:
    """Delete an object in the bin for good, with every schedule that names it.

    Raises:
        Refusal: 404.
    """
    object_type, document = read(tenant, object_id)
    tenant.store.remove(object_type.deleted, document["id"])
    for relation in OBJECT_RELATIONS:
        tenant.store.unlink_all(relation, object_id)
    schedules.drop_principal(tenant, object_id)


def purge_when_due(tenant: Tenant, object_id: str) -> None:
    """Purge what has been in the bin for 30 days; what was restored, or deleted again later, stays."""
    for object_type in OBJECT_TYPES:
        document = tenant.store.get(object_type.deleted, object_id)
        if document is not None and moments.read(document["deletedDateTime"]) + RETENTION <= tenant.now:
            purge(tenant, object_id)
