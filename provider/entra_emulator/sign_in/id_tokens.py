"""ID tokens, which tell a client who signed in, and ``client_info``, by which Microsoft's libraries know an account.

https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Set
from datetime import datetime

from entra_emulator.directory.store import Document
from entra_emulator.sign_in.grants import Grant
from entra_emulator.tokens import LIFETIME, Claims


def claims(grant: Grant, user: Document, openid: Set[str], issuer: str, now: datetime) -> Claims:
    """Say in Entra's v2 claims who signed in; ``sub`` is the person's name for this client alone."""
    issued = int(now.timestamp())
    found: Claims = {
        "aud": grant.client_id,
        "iss": issuer,
        "iat": issued,
        "nbf": issued,
        "exp": issued + int(LIFETIME.total_seconds()),
        "oid": grant.user_id,
        "sub": _base64url(hashlib.sha256(f"{grant.client_id}/{grant.user_id}".encode()).digest()),
        "tid": grant.tenant_id,
        "uti": uuid.uuid4().hex[:22],
        "ver": "2.0",
    }
    if grant.nonce is not None:
        found["nonce"] = grant.nonce
    if "profile" in openid:
        found |= {"name": user["displayName"], "preferred_username": user["userPrincipalName"]}
    if "email" in openid and user.get("mail"):
        found["email"] = user["mail"]
    return found


def client_info(grant: Grant) -> str:
    """Write the account's ids in its home tenant."""
    return _base64url(json.dumps({"uid": grant.user_id, "utid": grant.tenant_id}).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
