"""Access tokens: RS256 JSON Web Tokens with the claims of Entra's v1 tokens.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from entra_emulator.directory.tenant import Caller
from entra_emulator.permissions import implied
from entra_emulator.refusals import Refusal

GRAPH = "https://graph.microsoft.com"
GRAPH_ID = "00000003-0000-0000-c000-000000000000"
LIFETIME = timedelta(hours=1)
_REMEMBERED = 1_000
Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a token is made for: an app by itself, or a user signed in to an app."""

    tenant_id: str
    object_id: str
    app_id: str
    app_name: str
    user_principal_name: str | None = None
    user_name: str | None = None
    multi_factor: bool = False


class Signer:
    """A signing key, made when it is first needed."""

    def __init__(self, pem: bytes | None = None) -> None:
        """Take a kept private key in PEM, or make a new one later."""
        self._pem = pem

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        if self._pem is None:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key = serialization.load_pem_private_key(self._pem, password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("the signing key is not an RSA key")
        return key

    def pem(self) -> bytes:
        """Write the private key in PEM, to be kept."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @cached_property
    def public_key(self) -> rsa.RSAPublicKey:
        """The key that checks the signatures."""
        return self._key.public_key()

    @cached_property
    def key_id(self) -> str:
        """The name of the key in a token's header and in the key set."""
        der = self.public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return base64.urlsafe_b64encode(hashlib.sha256(der).digest()[:20]).decode().rstrip("=")

    def sign(self, claims: Claims) -> str:
        """Write claims as a signed token."""
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.key_id, "x5t": self.key_id})

    def read(self, token: str, *, audience: str) -> Claims:
        """Read the claims of a token that this signer made for an audience; whether it is still good is not asked.

        Raises:
            jwt.InvalidTokenError: it is none.
        """
        # Times are checked with the emulator's clock, at each use.
        found: Claims = jwt.decode(
            token,
            self.public_key,
            algorithms=["RS256"],
            audience=audience,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
        return found

    def key_set(self) -> Claims:
        """Publish the public key as a JSON Web Key Set."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self.public_key, as_dict=True)
        return {
            "keys": [{"kty": "RSA", "use": "sig", "kid": self.key_id, "x5t": self.key_id, "n": key["n"], "e": key["e"]}]
        }


def claims(
    principal: Principal, permissions: Iterable[str], now: datetime, *, lifetime: timedelta = LIFETIME
) -> Claims:
    """Say in Entra's v1 claims who a token is for and what it allows."""
    issued = int(now.timestamp())
    found: Claims = {
        "aud": GRAPH,
        "iss": f"https://sts.windows.net/{principal.tenant_id}/",
        "iat": issued,
        "nbf": issued,
        "exp": issued + int(lifetime.total_seconds()),
        "app_displayname": principal.app_name,
        "appid": principal.app_id,
        "idtyp": "app",
        "oid": principal.object_id,
        "sub": principal.object_id,
        "tid": principal.tenant_id,
        "uti": uuid.uuid4().hex[:22],
        "ver": "1.0",
    }
    if principal.user_principal_name is None:
        return found | {"roles": sorted(permissions)}
    return found | {
        "idtyp": "user",
        "scp": " ".join(sorted(permissions)),
        "upn": principal.user_principal_name,
        "unique_name": principal.user_principal_name,
        "name": principal.user_name,
        "amr": ["pwd", "mfa"] if principal.multi_factor else ["pwd"],
    }


class Gate:
    """Lets bearers of good tokens in, and remembers what it has read."""

    def __init__(self, signer: Signer) -> None:
        """Trust the tokens of one signer."""
        self._signer = signer
        self._claims = lru_cache(maxsize=_REMEMBERED)(self._read)

    def admit(self, authorization: str | None, now: datetime) -> Caller:
        """Read who calls out of an ``Authorization`` header.

        Raises:
            Refusal: 401 InvalidAuthenticationToken.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.casefold() != "bearer" or not token.strip():
            raise _unauthenticated("Access token is empty.")
        found = self._claims(token.strip())
        if now.timestamp() >= found["exp"]:
            raise _unauthenticated("Lifetime validation failed, the token is expired.")
        if now.timestamp() < found["nbf"]:
            raise _unauthenticated("Access token has expired or is not yet valid.")
        return _caller(found)

    def _read(self, token: str) -> Claims:
        try:
            return self._signer.read(token, audience=GRAPH)
        except jwt.InvalidTokenError:
            raise _unauthenticated("CompactToken parsing failed with error code: 80049217") from None


def _caller(found: Mapping[str, Any]) -> Caller:
    is_app = found["idtyp"] == "app"
    permissions = frozenset(found["roles"] if is_app else found["scp"].split())
    return Caller(
        tenant_id=found["tid"],
        object_id=found["oid"],
        app_id=found["appid"],
        is_app=is_app,
        permissions=implied(permissions),
        multi_factor="mfa" in found.get("amr", ()),
        authentication_contexts=frozenset(found.get("acrs", ())),
        session=found.get("sid") if "xms_cc" in found else None,
    )


def challenge(now: datetime) -> Refusal:
    """Name the 401 with which Graph asks for a token that is made after now, the old one's session having ended.

    https://learn.microsoft.com/entra/identity-platform/app-resilience-continuous-access-evaluation
    """
    message = (
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: "
        "TokenIssuedBeforeRevocationTimestamp"
    )
    wanted = {"access_token": {"nbf": {"essential": True, "value": str(int(now.timestamp()))}}}
    claims = base64.b64encode(json.dumps(wanted, separators=(",", ":")).encode()).decode()
    return _unauthenticated(message, f', error_description="{message}", error="insufficient_claims", claims="{claims}"')


def _unauthenticated(message: str, more: str = "") -> Refusal:
    header = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
        f'client_id="{GRAPH_ID}"{more}'
    )
    return Refusal(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": header})
