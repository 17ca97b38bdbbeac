"""The tenants that a fresh emulator holds: the same objects with the same ids, every time.

``contoso`` has what Microsoft's PIM tutorial starts from; ``fabrikam`` has no licence for PIM.
https://learn.microsoft.com/graph/tutorial-assign-azureadroles
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from entra_emulator.directory import applications, moments, objects, privilege, schedules
from entra_emulator.directory.objects import USER
from entra_emulator.directory.organization import DOMAINS, ORGANIZATION, SUBSCRIBED_SKUS
from entra_emulator.directory.store import Document, Store
from entra_emulator.directory.tenant import Tenant

CREATED = datetime(2021, 1, 1, tzinfo=UTC)
_SECRETS_EXPIRE = datetime(2299, 12, 31, tzinfo=UTC)
# What it takes to create, change and delete a user, a role-assignable group and an eligibility, and to read the
# organization, its licences, roles and policies. RoleManagement.ReadWrite.Directory is needed for the group, and brings
# all of PIM with it.
DEPLOYER_PERMISSIONS = (
    "Group.ReadWrite.All",
    "Organization.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "User.ReadWrite.All",
)


@dataclass(frozen=True, slots=True)
class SeedTenant:
    """The facts of a seeded tenant; secrets and passwords are made up and known to everybody."""

    name: str
    display_name: str
    tenant_id: str
    initial_domain: str
    domain: str
    administrator_id: str
    administrator_user_principal_name: str
    client_id: str
    client_secret: str
    service_principal_id: str
    has_premium_p2: bool


CONTOSO = SeedTenant(
    name="contoso",
    display_name="Contoso",
    tenant_id="84841066-274d-4ec0-a5c1-276be684bdd3",
    initial_domain="contoso.onmicrosoft.com",
    domain="contoso.com",
    administrator_id="1ed8ac56-4827-4733-8f80-86adc2e67db5",
    administrator_user_principal_name="admin@contoso.com",
    client_id="c0a1b2c3-0001-4d5e-8f60-718293a4b5c6",
    client_secret="contoso~deployer~of~the~local~emulator~1",
    service_principal_id="5a0c9b1e-2f43-4c6d-9a51-0b1c2d3e4f50",
    has_premium_p2=True,
)
FABRIKAM = SeedTenant(
    name="fabrikam",
    display_name="Fabrikam",
    tenant_id="f0b3a1c2-9d8e-4f70-8a61-52b3c4d5e6f7",
    initial_domain="fabrikam.onmicrosoft.com",
    domain="fabrikam.com",
    administrator_id="2c8f6d34-7b1a-4e59-93d0-a1b2c3d4e5f6",
    administrator_user_principal_name="admin@fabrikam.com",
    client_id="c0a1b2c3-0002-4d5e-8f60-718293a4b5c6",
    client_secret="fabrikam~deployer~of~the~local~emulator~1",
    service_principal_id="6b1dac2f-3054-4d7e-8b62-1c2d3e4f5061",
    has_premium_p2=False,
)
SEEDS = {seed.name: seed for seed in (CONTOSO, FABRIKAM)}


def plant(store: Store, seed: SeedTenant) -> None:
    """Make the objects of a tenant in a store that does not hold it."""
    tenant = Tenant(seed.tenant_id, store.tenant(seed.tenant_id), CREATED)
    _plant_organization(tenant, seed)
    _plant_administrator(tenant, seed)
    application = applications.register(
        tenant,
        app_id=seed.client_id,
        service_principal_id=seed.service_principal_id,
        display_name="pulumi-deployer",
        permissions=DEPLOYER_PERMISSIONS,
    )
    applications.add_secret(tenant, application, seed.client_secret, _SECRETS_EXPIRE)
    schedules.assign_directly(tenant, seed.administrator_id, privilege.GLOBAL_ADMINISTRATOR)
    # Without it an app cannot delete a member of a role-assignable group.
    schedules.assign_directly(tenant, seed.service_principal_id, privilege.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR)


def _plant_organization(tenant: Tenant, seed: SeedTenant) -> None:
    tenant.store.add(
        ORGANIZATION,
        {
            "id": seed.tenant_id,
            "createdDateTime": moments.write(CREATED),
            "countryLetterCode": "US",
            "displayName": seed.display_name,
            "tenantType": "AAD",
            "verifiedDomains": [
                _verified(seed.initial_domain, is_initial=True),
                _verified(seed.domain, is_initial=False),
            ],
        },
    )
    for name, is_initial in ((seed.initial_domain, True), (seed.domain, False)):
        tenant.store.add(DOMAINS, _domain(name, is_initial=is_initial))
    if seed.has_premium_p2:
        tenant.store.add(SUBSCRIBED_SKUS, _premium_p2(seed))


def _verified(name: str, *, is_initial: bool) -> Document:
    return {
        "capabilities": "Email, OfficeCommunicationsOnline",
        "isDefault": not is_initial,
        "isInitial": is_initial,
        "name": name,
        "type": "Managed",
    }


def _domain(name: str, *, is_initial: bool) -> Document:
    return {
        "id": name,
        "authenticationType": "Managed",
        "availabilityStatus": None,
        "isAdminManaged": True,
        "isDefault": not is_initial,
        "isInitial": is_initial,
        "isRoot": True,
        "isVerified": True,
        "manufacturer": None,
        "model": None,
        "passwordNotificationWindowInDays": None,
        "passwordValidityPeriodInDays": None,
        "state": None,
        "supportedServices": ["Email", "OfficeCommunicationsOnline"],
    }


def _premium_p2(seed: SeedTenant) -> Document:
    sku_id = "84a661c4-e949-4bd2-a560-ed7766fcaf2b"
    return {
        "id": f"{seed.tenant_id}_{sku_id}",
        "accountId": seed.tenant_id,
        "accountName": seed.name,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": 1,
        "prepaidUnits": {"enabled": 100, "lockedOut": 0, "suspended": 0, "warning": 0},
        "servicePlans": [
            _plan("eec0eb4f-6444-4f95-aba0-50c24d67f998", "AAD_PREMIUM_P2"),
            _plan("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM"),
        ],
        "skuId": sku_id,
        "skuPartNumber": "AAD_PREMIUM_P2",
        "subscriptionIds": [],
    }


def _plan(plan_id: str, name: str) -> Document:
    return {
        "appliesTo": "User",
        "provisioningStatus": "Success",
        "servicePlanId": plan_id,
        "servicePlanName": name,
    }


def _plant_administrator(tenant: Tenant, seed: SeedTenant) -> None:
    tenant.store.add(
        USER.active,
        {
            "id": seed.administrator_id,
            "accountEnabled": True,
            "createdDateTime": moments.write(CREATED),
            "displayName": "MOD Administrator",
            "givenName": "MOD",
            "mailNickname": "admin",
            "securityIdentifier": objects.security_identifier(seed.administrator_id),
            "signInSessionsValidFromDateTime": moments.write(CREATED),
            "surname": "Administrator",
            "userPrincipalName": seed.administrator_user_principal_name,
            "userType": "Member",
        },
    )
