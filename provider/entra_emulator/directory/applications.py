"""Applications and how they prove who they are: https://learn.microsoft.com/graph/api/resources/application.

Each has its service principal in the same tenant, and its permissions granted.
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


@dataclass(frozen=True, slots=True)
class Federation:
    """Another issuer's word that an application takes: whose, about whom, and the key (PEM) that checks it.

    https://learn.microsoft.com/entra/workload-id/workload-identity-federation
    """

    issuer: str
    subject: str
    public_key: str


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
    return tenant.store.get(APPLICATIONS, app_id)


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
