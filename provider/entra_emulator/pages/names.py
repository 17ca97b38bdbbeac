"""What ids stand for, in words: the people, groups, roles and scopes that a page names and links to."""

from __future__ import annotations

from dataclasses import dataclass

from entra_emulator.directory import objects, organization, roles, schedules
from entra_emulator.directory.objects import GROUP, OBJECT_TYPES, USER, ObjectType
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.pages.visit import ROOT

_SECTIONS = {USER: "people", GROUP: "groups"}
_WORDS = {"servicePrincipal": "application", "administrativeUnit": "administrative unit"}


@dataclass(frozen=True, slots=True)
class Name:
    """What something is called, a word on what it is, and where its page is if it has one."""

    text: str
    note: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class TenantName:
    """A tenant as it calls itself, and its default domain."""

    id: str
    text: str
    domain: str
    href: str


def tenant_name(tenant: Tenant) -> TenantName:
    """Name a tenant."""
    found = tenant.store.get(organization.ORGANIZATION, tenant.id) or {}
    domains = found.get("verifiedDomains", [])
    domain = next((domain["name"] for domain in domains if domain["isDefault"]), "")
    return TenantName(tenant.id, found.get("displayName", tenant.id), domain, href(tenant))


def href(tenant: Tenant, *parts: str) -> str:
    """Write the address of a page of a tenant."""
    return "/".join((ROOT, tenant.id, *parts))


def principal(tenant: Tenant, object_id: str) -> Name:
    """Name whoever holds a role, asks for one, or is in a group."""
    found = objects.find(tenant, object_id)
    if found is not None:
        return of_object(tenant, *found)
    for object_type in OBJECT_TYPES:
        deleted = tenant.store.get(object_type.deleted, object_id)
        if deleted is not None:
            return Name(deleted["displayName"], f"deleted {_word(object_type)}")
    return Name(object_id, "not in the directory")


def of_object(tenant: Tenant, object_type: ObjectType, document: Document) -> Name:
    """Name an object that was read; a person's note is the user principal name."""
    section = _SECTIONS.get(object_type)
    return Name(
        document["displayName"],
        document.get("userPrincipalName") or _word(object_type),
        href(tenant, section, document["id"]) if section else None,
    )


def role(tenant: Tenant, role_id: str) -> Name:
    """Name a role."""
    found = roles.find(tenant, role_id)
    if found is None:
        return Name(role_id, "not in the directory")
    return Name(found["displayName"], "built-in" if found["isBuiltIn"] else "custom", href(tenant, "roles", role_id))


def scope(tenant: Tenant, scope_id: str) -> Name:
    """Name what a role is held over."""
    if scope_id == schedules.ROOT_SCOPE:
        return Name("Whole tenant", "/")
    named = principal(tenant, scope_id.rpartition("/")[2])
    return Name(named.text, named.note)


def _word(object_type: ObjectType) -> str:
    return _WORDS.get(object_type.name, object_type.name)
