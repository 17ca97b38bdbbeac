"""Refresh tokens: a grant, signed by the emulator for itself, so that nothing needs to be kept of it.

They are bound to a person and a client. Each use gives a new one, and the old one stays valid.
https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import jwt

from entra_emulator.directory import moments
from entra_emulator.directory.tenant import Tenant
from entra_emulator.sign_in.errors import SignInError, invalid_grant
from entra_emulator.sign_in.grants import Grant
from entra_emulator.tokens import Signer

LIFETIME = timedelta(days=90)
_AUDIENCE = "urn:entra-emulator:refresh-token"


def write(signer: Signer, grant: Grant, now: datetime) -> str:
    """Write a refresh token; a challenge and a nonce were for the sign-in alone."""
    kept = replace(grant, claims=None, nonce=None)
    return signer.sign({"aud": _AUDIENCE, "iat": now.timestamp(), "grant": asdict(kept)})


def read(signer: Signer, token: str, tenant: Tenant, client_id: str) -> Grant:
    """Read a refresh token that a client presents.

    Raises:
        SignInError: AADSTS70000 for what is none or another client's, AADSTS7000012, AADSTS700082.
    """
    try:
        claims = signer.read(token, audience=_AUDIENCE)
    except jwt.InvalidTokenError:
        raise _not_valid() from None
    grant = Grant(**claims["grant"])
    if grant.client_id != client_id:
        raise _not_valid()
    if grant.tenant_id != tenant.id:
        raise invalid_grant(7000012, "The grant was obtained for a different tenant.")
    issued = datetime.fromtimestamp(claims["iat"], UTC)
    if tenant.now >= issued + LIFETIME:
        raise invalid_grant(
            700082,
            "The refresh token has expired due to inactivity. The token was issued on "
            f"{moments.write_precise(issued)} and was inactive for {LIFETIME.days}.00:00:00.",
        )
    return grant


def _not_valid() -> SignInError:
    return invalid_grant(
        70000, "The provided value for the input parameter 'refresh_token' or 'assertion' is not valid."
    )
