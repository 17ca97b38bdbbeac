"""How directory objects of each type are shown."""

from __future__ import annotations

from collections.abc import Iterable

from entra_emulator.directory import groups, objects, users
from entra_emulator.directory.objects import (
    ADMINISTRATIVE_UNIT,
    GROUP,
    MEMBERS,
    OWNERS,
    SERVICE_PRINCIPAL,
    USER,
    ObjectType,
)
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.odata import EntityType, Expansion, Options

# https://learn.microsoft.com/graph/known-issues#some-limits-to-expanding
_EXPANDED = 20
PLAIN = Options()


def typed(tenant: Tenant, found: tuple[ObjectType, Document], options: Options = PLAIN) -> Document:
    """Show an object among others of any type, with its ``@odata.type`` first."""
    object_type, document = found
    return {"@odata.type": object_type.odata_type, **ENTITY_TYPES[object_type.name].show(tenant, document, options)}


def _related(relation: str) -> Expansion:
    def expand(tenant: Tenant, document: Document, options: Options) -> list[Document]:
        found = list(objects.related(tenant, relation, document["id"]))[:_EXPANDED]
        return [typed(tenant, each, options) for each in found]

    return expand


def _groups(read: str) -> Expansion:
    of = {"memberOf": objects.groups_of, "transitiveMemberOf": objects.all_groups_of}[read]

    def expand(tenant: Tenant, document: Document, options: Options) -> list[Document]:
        return [typed(tenant, (GROUP, group), options) for group in of(tenant, document["id"])[:_EXPANDED]]

    return expand


def _directory_object(
    name: str,
    default: Iterable[str],
    others: Iterable[str],
    *,
    lists: Iterable[str],
    unasked: Iterable[str],
    expansions: dict[str, Expansion],
) -> EntityType:
    properties = frozenset(default) | frozenset(others) | {"deletedDateTime"}
    return EntityType(
        name,
        tuple(default),
        properties,
        properties - frozenset(unasked),
        expansions,
        frozenset(lists),
        is_directory_object=True,
    )


USER_TYPE = _directory_object(
    "user",
    users.DEFAULT_PROPERTIES,
    users.PROPERTIES - {"passwordProfile"},
    lists=(
        "assignedLicenses", "assignedPlans", "businessPhones", "identities", "imAddresses", "interests",
        "licenseAssignmentStates", "onPremisesProvisioningErrors", "otherMails", "pastProjects", "provisionedPlans",
        "proxyAddresses", "responsibilities", "schools", "serviceProvisioningErrors", "skills",
    ),
    unasked=(
        "aboutMe", "ageGroup", "birthday", "hireDate", "interests", "lastPasswordChangeDateTime", "mySite",
        "passwordPolicies", "pastProjects", "preferredName", "responsibilities", "schools", "securityIdentifier",
        "signInSessionsValidFromDateTime", "skills",
    ),
    expansions={"memberOf": _groups("memberOf"), "transitiveMemberOf": _groups("transitiveMemberOf")},
)  # fmt: skip
GROUP_TYPE = _directory_object(
    "group",
    groups.DEFAULT_PROPERTIES,
    groups.PROPERTIES,
    lists=(
        "assignedLabels", "assignedLicenses", "groupTypes", "infoCatalogs", "onPremisesProvisioningErrors",
        "proxyAddresses", "resourceBehaviorOptions", "resourceProvisioningOptions", "serviceProvisioningErrors",
    ),
    unasked=(
        "allowExternalSenders", "autoSubscribeNewMembers", "hideFromAddressLists", "hideFromOutlookClients",
        "isSubscribedByMail", "theme", "unseenCount", "visibility",
    ),
    expansions={
        "members": _related(MEMBERS),
        "owners": _related(OWNERS),
        "memberOf": _groups("memberOf"),
        "transitiveMemberOf": _groups("transitiveMemberOf"),
    },
)  # fmt: skip
_SERVICE_PRINCIPAL_LISTS = (
    "addIns", "alternativeNames", "appRoles", "keyCredentials", "notificationEmailAddresses", "oauth2PermissionScopes",
    "passwordCredentials", "replyUrls", "resourceSpecificApplicationPermissions", "servicePrincipalNames", "tags",
)  # fmt: skip
SERVICE_PRINCIPAL_TYPE = _directory_object(
    "servicePrincipal",
    (
        "id", "deletedDateTime", "accountEnabled", "alternativeNames", "appDisplayName", "appDescription", "appId",
        "applicationTemplateId", "appOwnerOrganizationId", "appRoleAssignmentRequired",
        "description", "disabledByMicrosoftStatus", "displayName", "homepage", "loginUrl", "logoutUrl", "notes",
        "notificationEmailAddresses", "preferredSingleSignOnMode", "preferredTokenSigningKeyThumbprint", "replyUrls",
        "servicePrincipalNames", "servicePrincipalType", "signInAudience", "tags", "tokenEncryptionKeyId",
        "samlSingleSignOnSettings", "addIns", "appRoles", "info", "keyCredentials", "oauth2PermissionScopes",
        "passwordCredentials", "resourceSpecificApplicationPermissions", "verifiedPublisher",
    ),
    (),
    lists=_SERVICE_PRINCIPAL_LISTS,
    unasked=(),
    expansions={"memberOf": _groups("memberOf")},
)  # fmt: skip
ADMINISTRATIVE_UNIT_TYPE = _directory_object(
    "administrativeUnit",
    (
        "id", "deletedDateTime", "description", "displayName", "isMemberManagementRestricted", "membershipRule",
        "membershipRuleProcessingState", "membershipType", "visibility",
    ),
    (),
    lists=(),
    unasked=(),
    expansions={},
)  # fmt: skip
ENTITY_TYPES = {
    USER.name: USER_TYPE,
    GROUP.name: GROUP_TYPE,
    SERVICE_PRINCIPAL.name: SERVICE_PRINCIPAL_TYPE,
    ADMINISTRATIVE_UNIT.name: ADMINISTRATIVE_UNIT_TYPE,
}
# What a list of directoryObjects can be asked by, whatever their types.
DIRECTORY_OBJECT_TYPE = EntityType(
    "directoryObject",
    ("id", "deletedDateTime"),
    frozenset().union(*(entity.properties for entity in ENTITY_TYPES.values())),
    frozenset({"id", "displayName", "userPrincipalName", "mail", "createdDateTime", "deletedDateTime"}),
    is_directory_object=True,
)
