"""Who a token says the caller is.

A token's claims are read without checking its signature: that is Graph's part; here they only say who we are.
"""

import base64
from dataclasses import dataclass
from typing import Any

from ..errors import AuthError, json_object


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the caller is and what it was consented to, by the token's own claims; ids are lower-case GUIDs."""

    tenant_id: str
    object_id: str
    client_id: str
    is_application: bool
    user_principal_name: str = ""
    permissions: frozenset[str] = frozenset()


def identity_of(token: str) -> Identity:
    """Read who the caller is from a bearer token's claims; raise AuthError when it is not one of Entra's.

    Source: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """
    try:
        payload = token.split(".")[1]
        claims = json_object(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) or {}
        tenant_id, object_id = str(claims["tid"]).lower(), str(claims["oid"]).lower()
    except (IndexError, ValueError, KeyError) as error:
        raise AuthError(
            "the access token is not an Entra token for Graph: it names no tenant (tid) or caller (oid)"
        ) from error
    return Identity(
        tenant_id=tenant_id,
        object_id=object_id,
        client_id=str(claims.get("appid") or claims.get("azp") or "").lower(),
        is_application=claims.get("idtyp") == "app" or "scp" not in claims,
        user_principal_name=str(claims.get("upn") or claims.get("preferred_username") or ""),
        permissions=frozenset([*_texts(claims.get("roles")), *str(claims.get("scp") or "").split()]),
    )


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
