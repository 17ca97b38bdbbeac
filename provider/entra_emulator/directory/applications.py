"""Applications and how they prove who they are: https://learn.microsoft.com/graph/api/resources/application.

Each has its service principal in the same tenant, and its permissions granted. Public clients, which people run
themselves and which keep no secret, are the same in every tenant and stand in none of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from entra_emulator.directory import moments
from entra_emulator.directory.objects import SERVICE_PRINCIPAL
from entra_emulator.directory.store import Collection, Document
from entra_emulator.directory.tenant import Tenant

APPLICATIONS = Collection("applications")
ENTRA_PIM = "c0a1b2c3-0003-4d5e-8f60-718293a4b5c6"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
GRAPH_POWERSHELL = "14d82eec-204b-4c2f-b7e8-296a70dab67e"


@dataclass(frozen=True, slots=True)
class Federation:
    """Another issuer's word that an application takes: whose, about whom, and the key (PEM) that checks it.

    https://learn.microsoft.com/entra/workload-id/workload-identity-federation
    """

    issuer: str
    subject: str
    public_key: str


def _public(app_id: str, display_name: str, *permissions: str) -> Document:
    return {"id": app_id, "displayName": display_name, "permissions": sorted(permissions)}


# Microsoft's are in https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in;
# what the Azure CLI may do is what its tokens are seen to carry: no page lists it.
_PUBLIC_CLIENTS = {
    client["id"]: client
    for client in (
        _public(
            ENTRA_PIM, "entra-pim", "Group.ReadWrite.All", "Organization.Read.All",
            "RoleManagement.ReadWrite.Directory", "User.ReadWrite.All",
        ),
        _public(
            AZURE_CLI, "Microsoft Azure CLI", "AuditLog.Read.All", "Directory.AccessAsUser.All", "Group.ReadWrite.All",
            "User.ReadWrite.All",
        ),
        _public(GRAPH_POWERSHELL, "Microsoft Graph Command Line Tools", "User.Read"),
    )
}  # fmt: skip


def register(
    tenant: Tenant, *, app_id: str, service_principal_id: str, display_name: str, permissions: Iterable[str]
) -> Document:
    """Make an application and its service principal, without any credential yet."""
    application = {
        "id": app_id,
        "displayName": display_name,
        "servicePrincipalId": service_principal_id,
        "permissions": sorted(permissions),
        "secrets": [],
        "certificates": [],
        "federated": [],
    }
    tenant.store.add(APPLICATIONS, application)
    tenant.store.add(
        SERVICE_PRINCIPAL.active,
        {
            "id": service_principal_id,
            "accountEnabled": True,
            "appDisplayName": display_name,
            "appId": app_id,
            "appOwnerOrganizationId": tenant.id,
            "appRoleAssignmentRequired": False,
            "displayName": display_name,
            "servicePrincipalNames": [app_id],
            "servicePrincipalType": "Application",
            "signInAudience": "AzureADMyOrg",
        },
    )
    return application


def find(tenant: Tenant, app_id: str) -> Document | None:
    """Look up an application by its client id."""
    return _PUBLIC_CLIENTS.get(app_id.casefold()) or tenant.store.get(APPLICATIONS, app_id)


def is_public(application: Document) -> bool:
    """Tell whether an application is one that cannot keep a secret."""
    return application["id"] in _PUBLIC_CLIENTS


def may_ask_for(application: Document, permission: str) -> bool:
    """Tell whether a person can consent to a permission: nobody can to the Azure CLI's, which Microsoft chose."""
    return application["id"] != AZURE_CLI or permission in application["permissions"]


def oldest(tenant: Tenant) -> Document | None:
    """Read the application that was registered first."""
    return next((application for _, application in tenant.store.scan(APPLICATIONS)), None)


def add_secret(tenant: Tenant, application: Document, secret: str, expires: datetime) -> None:
    """Let an application prove itself with a secret until it expires (UTC). Only a hash is kept."""
    application["secrets"].append({"hash": hash_secret(secret), "expires": moments.write(expires)})
    tenant.store.put(APPLICATIONS, application)


def add_certificate(tenant: Tenant, application: Document, pem: str) -> None:
    """Let an application prove itself with assertions signed by a certificate's key.

    Raises:
        ValueError: it is no certificate in PEM.
    """
    x509.load_pem_x509_certificate(pem.encode())
    application["certificates"].append(pem)
    tenant.store.put(APPLICATIONS, application)


def add_federated_credential(tenant: Tenant, application: Document, federation: Federation) -> None:
    """Let an application prove itself with another issuer's tokens.

    Raises:
        ValueError: the key is no public key in PEM.
    """
    serialization.load_pem_public_key(federation.public_key.encode())
    application["federated"].append(asdict(federation))
    tenant.store.put(APPLICATIONS, application)


def hash_secret(secret: str) -> str:
    """Hash a client secret; the services make them long and random, so one quick round will do."""
    return hashlib.sha256(secret.encode()).hexdigest()
