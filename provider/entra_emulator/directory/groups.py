"""Groups, their members and owners: https://learn.microsoft.com/graph/api/resources/group."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from entra_emulator.directory import deleted_items, moments, objects, organization, privilege
from entra_emulator.directory.objects import GROUP, MEMBERS, OBJECT_RELATIONS, OWNERS, SERVICE_PRINCIPAL, USER
from entra_emulator.directory.oddities import Oddities
from entra_emulator.directory.properties import Property, Schema
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.refusals import Detail, bad_request, not_emulated, resource_not_found

DEFAULT_PROPERTIES = (
    "id", "deletedDateTime", "classification", "createdDateTime", "description", "displayName", "expirationDateTime",
    "groupTypes", "isAssignableToRole", "mail", "mailEnabled", "mailNickname", "membershipRule",
    "membershipRuleProcessingState", "onPremisesDomainName", "onPremisesLastSyncDateTime", "onPremisesNetBiosName",
    "onPremisesSamAccountName", "onPremisesSecurityIdentifier", "onPremisesSyncEnabled", "preferredDataLocation",
    "preferredLanguage", "proxyAddresses", "renewedDateTime", "resourceBehaviorOptions",
    "resourceProvisioningOptions", "securityEnabled", "securityIdentifier", "theme", "uniqueName", "visibility",
    "onPremisesProvisioningErrors", "serviceProvisioningErrors",
)  # fmt: skip
_WRITABLE = {
    "displayName": Property(str, 256, required=True),
    "mailEnabled": Property(bool, required=True),
    "mailNickname": Property(str, 64, re.compile(r'[^\x00-\x20\x7f-\U0010ffff@()\\\[\]";:<>,]+'), required=True),
    "securityEnabled": Property(bool, required=True),
    "classification": Property(str),
    "description": Property(str, 1024),
    "groupTypes": Property(list),
    "isAssignableToRole": Property(bool),
    "membershipRule": Property(str, 3072),
    "membershipRuleProcessingState": Property(str, pattern=re.compile("On|Paused")),
    "preferredDataLocation": Property(str),
    "preferredLanguage": Property(str),
    "resourceBehaviorOptions": Property(list),
    "theme": Property(str),
    "uniqueName": Property(str, 128),
    "visibility": Property(str, pattern=re.compile("Public|Private|HiddenMembership")),
}
_READ_ONLY = frozenset({
    "id", "assignedLicenses", "createdDateTime", "deletedDateTime", "expirationDateTime", "hasMembersWithLicenseErrors",
    "isArchived", "isManagementRestricted", "licenseProcessingState", "mail", "onPremisesDomainName",
    "onPremisesLastSyncDateTime", "onPremisesNetBiosName", "onPremisesProvisioningErrors", "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier", "onPremisesSyncEnabled", "proxyAddresses", "renewedDateTime", "securityIdentifier",
    "serviceProvisioningErrors",
})  # fmt: skip
_OTHER = frozenset({
    "accessType", "allowExternalSenders", "assignedLabels", "autoSubscribeNewMembers", "hideFromAddressLists",
    "hideFromOutlookClients", "infoCatalogs", "isFavorite", "isSubscribedByMail", "onPremisesExtensionAttributes",
    "organizationId", "resourceProvisioningOptions", "unseenConversationsCount", "unseenCount", "unseenMessagesCount",
    "welcomeMessageEnabled",
})  # fmt: skip
PROPERTIES = frozenset(_WRITABLE) | _READ_ONLY | _OTHER
SCHEMA = Schema("Group", _WRITABLE, _READ_ONLY, PROPERTIES)

# https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions
_ROLE_ASSIGNABLE_PER_TENANT = 500
_OWNERS_PER_GROUP = 100
# https://learn.microsoft.com/graph/api/group-post-groups, group-post-members
_RELATIONSHIPS_PER_WRITE = 20
_IMMUTABLE = ("isAssignableToRole", "uniqueName")
_MEMBER_TYPES = (USER, GROUP, SERVICE_PRINCIPAL)
_OWNER_TYPES = (USER, SERVICE_PRINCIPAL)
_REFERENCE = re.compile(
    r"(?:https?://[^/]+/[^/]+/|/)?(?:users|groups|servicePrincipals|directoryObjects)[/(]'?([^/')]+)'?\)?"
)


@dataclass(frozen=True, slots=True)
class Relationships:
    """The members and owners that a write binds, as object ids; ``None`` where it does not speak of them."""

    members: Sequence[str] | None = None
    owners: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.members or ()) + len(self.owners or ())


def referenced_id(reference: object) -> str:
    """Read the object id out of an ``@odata.id``, whatever collection it is written with.

    Raises:
        Refusal: 400 Request_BadRequest.
    """
    found = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
    if found is None:
        raise bad_request(
            "Invalid URL format specified in payload: an @odata.id or @odata.bind names no directory object."
        )
    return found[1].casefold()


def relationships(body: Document) -> Relationships:
    """Read what a body binds with ``members@odata.bind`` and ``owners@odata.bind``.

    Raises:
        Refusal: 400 for more than 20, or the same object twice.
    """
    bound = {}
    for relation in (MEMBERS, OWNERS):
        references = body.get(f"{relation}@odata.bind")
        if references is None:
            continue
        if not isinstance(references, list):
            raise bad_request(f"The value of '{relation}@odata.bind' must be an array of references.")
        bound[relation] = [referenced_id(reference) for reference in references]
        for object_id in bound[relation]:
            if bound[relation].count(object_id) > 1:
                raise bad_request(
                    f"Object '[{object_id}]' referenced from '[{relation}]' can only be present once as an add/remove "
                    "change."
                )
    found = Relationships(**bound)
    if len(found) > _RELATIONSHIPS_PER_WRITE:
        raise bad_request(f"The number of relationships in one request must not exceed {_RELATIONSHIPS_PER_WRITE}.")
    return found


def create(tenant: Tenant, caller: Caller, body: Document, unique_name: str | None = None) -> Document:
    """Create a group with the members and owners that the body binds.

    Raises:
        Refusal: 400 for what is missing, malformed or taken; 403 for a role-assignable group without the permission;
            404 for a member or owner that is not there.
    """
    group = {"groupTypes": [], **SCHEMA.check_new(body)}
    if unique_name is not None:
        group["uniqueName"] = unique_name
    bound = relationships(body)
    _admit_unique_name(tenant, group.get("uniqueName"))
    if group.get("isAssignableToRole"):
        privilege.admit_to_role_assignable_group(caller)
        _admit_one_more_role_assignable(tenant)
    _complete(tenant, group)
    object_id = objects.new_id()
    group |= {
        "id": object_id,
        "createdDateTime": moments.write(tenant.now),
        "renewedDateTime": moments.write(tenant.now),
        "securityIdentifier": objects.security_identifier(object_id),
    }
    if "Unified" in group["groupTypes"] and not bound.owners and not caller.is_app:
        bound = Relationships(bound.members, [caller.object_id])
    tenant.store.add(GROUP.active, group)
    _bind(tenant, group, bound)
    return group


def read(tenant: Tenant, object_id: str) -> Document:
    """Read a group by its object id.

    Raises:
        Refusal: 404 Request_ResourceNotFound.
    """
    group = tenant.store.get(GROUP.active, object_id)
    if group is None:
        raise resource_not_found(object_id)
    return group


def by_unique_name(tenant: Tenant, unique_name: str) -> Document:
    """Read a group by its unique name.

    Raises:
        Refusal: 404 Request_ResourceNotFound.
    """
    group = objects.by_alternate_key(tenant, GROUP, unique_name)
    if group is None:
        raise resource_not_found(unique_name)
    return group


def update(tenant: Tenant, caller: Caller, group: Document, body: Document) -> None:
    """Change the properties that the body names, and add the members and owners that it binds: all of it or nothing.

    Raises:
        Refusal: 400, among others for an immutable property or a member that is one already; 403; 404.
    """
    admit_to_change(caller, group)
    changes = SCHEMA.check_changes(body)
    _admit_immutables(tenant, group, changes)
    group.update(changes)
    _complete(tenant, group)
    _bind(tenant, group, relationships(body))
    tenant.store.put(GROUP.active, group)


def delete(tenant: Tenant, caller: Caller, group: Document, oddities: Oddities) -> None:
    """Move a group to the bin.

    Security and role-assignable groups go there too since 2026: https://learn.microsoft.com/graph/api/group-delete

    Raises:
        Refusal: 403 for a role-assignable group without the permission.
    """
    admit_to_change(caller, group)
    everybody = {each for relation in OBJECT_RELATIONS for each in tenant.store.targets(relation, group["id"])}
    privilege.protect_further(tenant, group, everybody, oddities.protection_lasts)
    deleted_items.delete(tenant, GROUP, group)


def add_reference(tenant: Tenant, caller: Caller, group: Document, relation: str, object_id: str) -> None:
    """Add one member or owner.

    Raises:
        Refusal: 400 for one that is there already or may not be; 403; 404 for an object that is not there.
    """
    admit_to_change(caller, group)
    bound = Relationships(members=[object_id]) if relation == MEMBERS else Relationships(owners=[object_id])
    _bind(tenant, group, bound)


def remove_reference(
    tenant: Tenant, caller: Caller, group: Document, relation: str, object_id: str, oddities: Oddities
) -> None:
    """Remove one member or owner.

    Raises:
        Refusal: 404 for one that is not there; 400 for the last owner; 403.
    """
    admit_to_change(caller, group)
    if object_id.casefold() not in tenant.store.targets(relation, group["id"]):
        raise resource_not_found(object_id)
    if relation == OWNERS and _is_last_user_owner(tenant, group, object_id):
        raise bad_request("The group must have at least one owner, hence this owner cannot be removed.")
    privilege.protect_further(tenant, group, [object_id], oddities.protection_lasts)
    tenant.store.unlink(relation, group["id"], object_id)


def admit_to_change(caller: Caller, group: Document) -> None:
    """Let only those who may manage roles change a group that can hold one.

    Raises:
        Refusal: 403 Authorization_RequestDenied.
    """
    if group.get("isAssignableToRole"):
        privilege.admit_to_role_assignable_group(caller)


def _complete(tenant: Tenant, group: Document) -> None:
    """Check that a group's properties go together, and fill in those that follow from others."""
    if group.get("isAssignableToRole"):
        _admit_role_assignable(group)
        group["visibility"] = "Private"
        return
    # Ordinary groups read back null, whether false was sent or nothing (recorded on a live tenant).
    group["isAssignableToRole"] = None
    if "DynamicMembership" in group["groupTypes"]:
        raise not_emulated("groups with dynamic membership")
    if "Unified" in group["groupTypes"]:
        for _, other in tenant.store.find(GROUP.active, "mailNickname", group["mailNickname"]):
            if "Unified" in other["groupTypes"] and other["id"] != group.get("id"):
                message = "Another object with the same value for property mailNickname already exists."
                raise bad_request(message, Detail("ObjectConflict", message, "mailNickname"))
        group["visibility"] = group.get("visibility") or "Public"
    elif group["mailEnabled"]:
        raise bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the "
            "mail-enablement property is unset and the security-enablement property is set."
        )


def _admit_role_assignable(group: Document) -> None:
    """https://learn.microsoft.com/entra/identity/role-based-access-control/groups-concept."""
    if "Unified" in group["groupTypes"]:
        raise bad_request("GroupType cannot be set for security groups assignable to roles.")
    if "DynamicMembership" in group["groupTypes"]:
        raise SCHEMA.invalid("groupTypes")
    if not group["securityEnabled"] or group["mailEnabled"]:
        raise SCHEMA.invalid("isAssignableToRole")
    if group.get("visibility") not in (None, "Private"):
        raise SCHEMA.invalid("visibility")


def _admit_one_more_role_assignable(tenant: Tenant) -> None:
    """Refuse what the licence or the limit does not allow; both texts are (inferred)."""
    if not organization.has_premium_p1(tenant):
        raise bad_request("The tenant needs a Microsoft Entra ID P1 license for groups that can be assigned to a role.")
    if sum(1 for _ in tenant.store.find(GROUP.active, "isAssignableToRole", "true")) >= _ROLE_ASSIGNABLE_PER_TENANT:
        raise bad_request(
            f"The tenant has reached its limit of {_ROLE_ASSIGNABLE_PER_TENANT} groups that can be assigned to a role."
        )


def _admit_unique_name(tenant: Tenant, name: str | None) -> None:
    """Refuse a unique name that a group has, or that a deleted one keeps for as long as it can be restored.

    Recorded for applications: https://github.com/microsoftgraph/msgraph-bicep-types/issues/137; for groups (inferred).
    """
    for collection in (GROUP.active, GROUP.deleted):
        if name is not None and next(tenant.store.find(collection, "uniqueName", name), None) is not None:
            raise objects.conflict(GROUP)


def _admit_immutables(tenant: Tenant, group: Document, changes: Document) -> None:
    """Refuse a new value of what cannot change; the same value again is no change (inferred)."""
    for name in _IMMUTABLE:
        if name not in changes:
            continue
        before, after = group.get(name), changes[name]
        if name == "uniqueName" and before is None and after is not None:
            _admit_unique_name(tenant, after)
        elif (before or None) != (after or None):
            raise bad_request(f"Property '{name}' is immutable and cannot be changed after it was set.")
        else:
            del changes[name]


def _bind(tenant: Tenant, group: Document, bound: Relationships) -> None:
    for relation, added, types in ((MEMBERS, bound.members, _MEMBER_TYPES), (OWNERS, bound.owners, _OWNER_TYPES)):
        for object_id in added or ():
            found, _ = objects.read(tenant, object_id, _MEMBER_TYPES)
            if relation == MEMBERS and found is GROUP and group.get("isAssignableToRole"):
                raise bad_request("Nesting is currently not supported for groups that can be assigned to a role.")
            if found not in types:
                raise bad_request(f"The object '{object_id}' cannot be added to '{relation}': it is a {found.name}.")
            if not tenant.store.link(relation, group["id"], object_id):
                raise bad_request(
                    "One or more added object references already exist for the following modified properties: "
                    f"'{relation}'."
                )
    if bound.owners and len(tenant.store.targets(OWNERS, group["id"])) > _OWNERS_PER_GROUP:
        raise bad_request(f"The number of owners of a group must not exceed {_OWNERS_PER_GROUP}.")


def _is_last_user_owner(tenant: Tenant, group: Document, object_id: str) -> bool:
    users = [user["id"] for _, user in objects.related(tenant, OWNERS, group["id"], [USER])]
    return users == [object_id.casefold()]
