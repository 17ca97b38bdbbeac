"""Codes that a client trades for tokens: only their hashes are kept, and not for long."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from itertools import takewhile

from entra_emulator.directory import moments
from entra_emulator.directory.store import Collection, Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.sign_in.errors import invalid_grant
from entra_emulator.sign_in.grants import Grant


def new() -> str:
    """Make up a code that nobody can guess."""
    return secrets.token_urlsafe(48)


def keep(
    tenant: Tenant, collection: Collection, code: str, client_id: str, lifetime: timedelta, facts: Document
) -> None:
    """Keep what a code stands for until it expires, and as long again so that this can be said of it."""
    oldest_first = (document for _, document in tenant.store.scan(collection))
    for over in list(takewhile(lambda old: moments.read(old["expires"]) + lifetime <= tenant.now, oldest_first)):
        tenant.store.remove(collection, over["id"])
    expires = moments.write_precise(tenant.now + lifetime)
    tenant.store.add(
        collection, {"id": _hash(code), "clientId": client_id, "expires": expires, "redeemed": False, **facts}
    )


def find(tenant: Tenant, collection: Collection, code: str, client_id: str) -> Document | None:
    """Look up what a code of a client stands for, expired or not."""
    found = tenant.store.get(collection, _hash(code))
    return found if found is not None and found["clientId"] == client_id else None


def use_up(tenant: Tenant, collection: Collection, document: Document) -> Grant:
    """Take what was granted under a code, the first time.

    Raises:
        SignInError: AADSTS54005.
    """
    if document["redeemed"]:
        raise invalid_grant(
            54005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
            "refresh token.",
        )
    tenant.store.put(collection, {**document, "redeemed": True})
    return Grant(**document["grant"])


def is_expired(tenant: Tenant, document: Document) -> bool:
    """Tell whether a code's time is over."""
    return moments.read(document["expires"]) <= tenant.now


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
