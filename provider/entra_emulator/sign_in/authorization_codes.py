"""Authorization codes: what the browser carries back to the client, worth something once and for ten minutes.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from entra_emulator.directory.store import Collection
from entra_emulator.directory.tenant import Tenant
from entra_emulator.sign_in import codes
from entra_emulator.sign_in.errors import invalid_grant, invalid_request, missing
from entra_emulator.sign_in.grants import Grant

LIFETIME = timedelta(minutes=10)
_AUTHORIZATION_CODES = Collection("authorizationCodes")
_METHODS = ("plain", "S256")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What only the client that began can answer (RFC 7636); ``method`` is ``plain`` or ``S256``."""

    value: str
    method: str

    def is_answered_by(self, verifier: str) -> bool:
        """Tell whether the verifier is the one that the challenge was made from."""
        digest = hashlib.sha256(verifier.encode()).digest()
        answer = base64.urlsafe_b64encode(digest).decode().rstrip("=") if self.method == "S256" else verifier
        return hmac.compare_digest(answer.encode(), self.value.encode())


def read_challenge(query: Mapping[str, str]) -> Challenge | None:
    """Read what the client that begins a sign-in proves itself with later; without a method it is ``plain``.

    Raises:
        SignInError: AADSTS501491, AADSTS9002313.
    """
    value, method = query.get("code_challenge"), query.get("code_challenge_method", "plain")
    if value is None:
        if "code_challenge_method" in query:
            raise missing("code_challenge")
        return None
    if method not in _METHODS:
        raise invalid_request(501491, "The code_challenge_method must be 'plain' or 'S256'.")
    if not 43 <= len(value) <= 128:
        raise invalid_request(501491, "Invalid size of Code_Challenge parameter.")
    return Challenge(value, method)


def issue(tenant: Tenant, grant: Grant, redirect_uri: str, challenge: Challenge | None) -> str:
    """Make the code for a grant."""
    code = codes.new()
    facts = {
        "grant": asdict(grant),
        "redirectUri": redirect_uri,
        "challenge": None if challenge is None else asdict(challenge),
    }
    codes.keep(tenant, _AUTHORIZATION_CODES, code, grant.client_id, LIFETIME, facts)
    return code


def redeem(tenant: Tenant, form: Mapping[str, str], client_id: str) -> Grant:
    """Take what a code stands for, once; a wrong verifier does not use it up (inferred).

    Raises:
        SignInError: AADSTS900144, AADSTS70000, AADSTS70008, AADSTS500112, AADSTS501481, AADSTS54005.
    """
    for parameter in ("code", "redirect_uri"):
        if not form.get(parameter):
            raise missing(parameter)
    found = codes.find(tenant, _AUTHORIZATION_CODES, form["code"], client_id)
    if found is None:
        raise invalid_grant(70000, "The provided value for the 'code' parameter is not valid.")
    if codes.is_expired(tenant, found):
        raise invalid_grant(
            70008,
            "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
            "authorization request for this user and resource.",
        )
    if form["redirect_uri"] != found["redirectUri"]:
        raise invalid_grant(
            500112,
            f"The reply address '{form['redirect_uri']}' does not match the reply address '{found['redirectUri']}' "
            "provided when requesting Authorization code.",
        )
    if found["challenge"] and not Challenge(**found["challenge"]).is_answered_by(form.get("code_verifier", "")):
        raise invalid_grant(
            501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request."
        )
    return codes.use_up(tenant, _AUTHORIZATION_CODES, found)
