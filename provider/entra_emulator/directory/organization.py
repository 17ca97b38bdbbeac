"""The tenant itself: the organization, its domains and its licences."""

from __future__ import annotations

from entra_emulator.directory.store import Collection
from entra_emulator.directory.tenant import Tenant

ORGANIZATION = Collection("organization")
DOMAINS = Collection("domains")
SUBSCRIBED_SKUS = Collection("subscribedSkus")

_PREMIUM_P1_PLANS = {"AAD_PREMIUM", "AAD_PREMIUM_P2"}
_PIM_PLANS = {"AAD_PREMIUM_P2", "Entra_Identity_Governance"}


def is_verified_domain(tenant: Tenant, name: str) -> bool:
    """Tell whether user names of the tenant may end in a domain."""
    domain = tenant.store.get(DOMAINS, name)
    return domain is not None and bool(domain["isVerified"])


def names(tenant: Tenant) -> set[str]:
    """List what the tenant is known by, in lower case: its id, its display name and its domains."""
    [document] = (each for _, each in tenant.store.scan(ORGANIZATION))
    domains = (domain["id"] for _, domain in tenant.store.scan(DOMAINS))
    return {each.casefold() for each in (tenant.id, document["displayName"], *domains)}


def has_premium_p1(tenant: Tenant) -> bool:
    """Tell whether the tenant may have role-assignable groups.

    https://learn.microsoft.com/entra/identity/role-based-access-control/groups-concept#license-requirements
    """
    return not _PREMIUM_P1_PLANS.isdisjoint(_enabled_plans(tenant))


def has_pim(tenant: Tenant) -> bool:
    """Tell whether the tenant may use Privileged Identity Management.

    https://learn.microsoft.com/entra/id-governance/licensing-fundamentals#privileged-identity-management
    """
    return not _PIM_PLANS.isdisjoint(_enabled_plans(tenant))


def _enabled_plans(tenant: Tenant) -> set[str]:
    return {
        plan["servicePlanName"]
        for _, sku in tenant.store.scan(SUBSCRIBED_SKUS)
        if sku["capabilityStatus"] == "Enabled"
        for plan in sku["servicePlans"]
    }
