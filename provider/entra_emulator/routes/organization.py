"""/organization, /domains and /subscribedSkus."""

from __future__ import annotations

from entra_emulator.directory.organization import DOMAINS, ORGANIZATION, SUBSCRIBED_SKUS
from entra_emulator.directory.store import Collection, Document
from entra_emulator.odata import EntityType
from entra_emulator.refusals import bad_request, resource_not_found
from entra_emulator.routes.call import Answer, Call
from entra_emulator.routes.entities import many, one, stored


def _type(
    name: str, default: tuple[str, ...], *, filterable: tuple[str, ...] = (), lists: tuple[str, ...] = ()
) -> EntityType:
    return EntityType(name, default, frozenset(default), frozenset(filterable), lists=frozenset(lists))


_ORGANIZATION = _type(
    "organization",
    (
        "id", "deletedDateTime", "businessPhones", "city", "country", "countryLetterCode", "createdDateTime",
        "defaultUsageLocation", "displayName", "marketingNotificationEmails", "onPremisesLastSyncDateTime",
        "onPremisesSyncEnabled", "partnerTenantType", "postalCode", "preferredLanguage",
        "securityComplianceNotificationMails", "securityComplianceNotificationPhones", "state", "street",
        "technicalNotificationMails", "tenantType", "assignedPlans", "privacyProfile", "provisionedPlans",
        "verifiedDomains",
    ),
    lists=(
        "assignedPlans", "businessPhones", "marketingNotificationEmails", "provisionedPlans",
        "securityComplianceNotificationMails", "securityComplianceNotificationPhones", "technicalNotificationMails",
    ),
)  # fmt: skip
_DOMAIN = _type(
    "domain",
    (
        "authenticationType", "availabilityStatus", "id", "isAdminManaged", "isDefault", "isInitial", "isRoot",
        "isVerified", "supportedServices", "passwordValidityPeriodInDays", "passwordNotificationWindowInDays",
        "manufacturer", "model", "state",
    ),
    filterable=("authenticationType", "id", "isAdminManaged", "isDefault", "isInitial", "isRoot", "isVerified"),
)  # fmt: skip
_SKU = _type(
    "subscribedSku",
    (
        "accountName", "accountId", "appliesTo", "capabilityStatus", "consumedUnits", "id", "skuId", "skuPartNumber",
        "subscriptionIds", "prepaidUnits", "servicePlans",
    ),
)  # fmt: skip


def read_organizations(call: Call) -> Answer:
    """GET /organization: a list of the one tenant."""
    return many(call, _ORGANIZATION, stored(call, ORGANIZATION), "organization")


def read_organization(call: Call) -> Answer:
    """GET /organization/{id}."""
    return one(call, _ORGANIZATION, _read(call, ORGANIZATION), "organization")


def read_domains(call: Call) -> Answer:
    """GET /domains."""
    return many(call, _DOMAIN, stored(call, DOMAINS), "domains")


def read_domain(call: Call) -> Answer:
    """GET /domains/{name}."""
    return one(call, _DOMAIN, _read(call, DOMAINS), "domains")


def read_skus(call: Call) -> Answer:
    """GET /subscribedSkus; it takes no filter."""
    if call.options.filter is not None:
        raise bad_request("Filter is not supported on this resource.")
    return many(call, _SKU, stored(call, SUBSCRIBED_SKUS), "subscribedSkus")


def read_sku(call: Call) -> Answer:
    """GET /subscribedSkus/{tenant id}_{sku id}."""
    return one(call, _SKU, _read(call, SUBSCRIBED_SKUS), "subscribedSkus")


def _read(call: Call, collection: Collection) -> Document:
    document = call.tenant.store.get(collection, call.parameters["id"])
    if document is None:
        raise resource_not_found(call.parameters["id"])
    return document
