"""What a person lets a client do: made when they sign in, good for as long as their sessions are.

https://learn.microsoft.com/entra/identity-platform/refresh-tokens#token-revocation
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from entra_emulator.directory import applications, moments, users
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.refusals import Refusal
from entra_emulator.sign_in.errors import invalid_grant


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks a person for: scopes and claims as it wrote them, and its nonce."""

    client_id: str
    scope: str
    claims: str | None = None
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What was asked and given, by whom, with or without MFA, when (ISO 8601), and in which session."""

    tenant_id: str
    client_id: str
    user_id: str
    scope: str
    multi_factor: bool
    signed_in: str
    session: str
    claims: str | None = None
    nonce: str | None = None


def give(tenant: Tenant, application: Document, asked: Asked, user_principal_name: str, *, multi_factor: bool) -> Grant:
    """Sign a person in, and let the client have what it asks for.

    Raises:
        SignInError: AADSTS50034, AADSTS50057.
    """
    user = _read(tenant, user_principal_name)
    return Grant(
        tenant_id=tenant.id,
        client_id=application["id"],
        user_id=user["id"],
        scope=asked.scope,
        multi_factor=multi_factor,
        signed_in=moments.write_precise(tenant.now),
        session=session(application, user),
        claims=asked.claims,
        nonce=asked.nonce,
    )


def admit(tenant: Tenant, application: Document, grant: Grant) -> Document:
    """Let a grant through that still stands, and tell whose it is.

    Raises:
        SignInError: AADSTS50034, AADSTS50057, and AADSTS50173 after the person's sessions were revoked or, for a
            public client, the password was changed.
    """
    user = _read(tenant, grant.user_id)
    if grant.session != session(application, user):
        raise invalid_grant(
            50173,
            "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have "
            f"changed or reset their password. The grant was issued on '{grant.signed_in}' and the TokensValidFrom "
            f"date (before which tokens are not valid) for this user is '{max(_valid_from(application, user))}'.",
        )
    return user


def session(application: Document, user: Document) -> str:
    """Name the session in which a person is signed in to a client: another one after whatever ends the sessions."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join((user["id"], *_valid_from(application, user)))))


def _valid_from(application: Document, user: Document) -> list[str]:
    """List since when tokens are valid: a confidential client's do not depend on the password."""
    changed = user.get("lastPasswordChangeDateTime") if applications.is_public(application) else None
    return [user["signInSessionsValidFromDateTime"], *([changed] if changed else [])]


def _read(tenant: Tenant, key: str) -> Document:
    try:
        user = users.read(tenant, key)
    except Refusal:
        raise invalid_grant(
            50034, f"The user account {key} does not exist in the {tenant.id} directory. To sign into this "
            "application, the account must be added to the directory.",
        ) from None  # fmt: skip
    if not user["accountEnabled"]:
        raise invalid_grant(50057, "The user account is disabled.")
    return user
