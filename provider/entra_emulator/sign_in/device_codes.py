"""Device codes: the device waits, and a person approves or declines somewhere else.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta

from entra_emulator.directory import moments
from entra_emulator.directory.store import Collection, Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.sign_in import clients, codes, grants
from entra_emulator.sign_in.errors import SignInError
from entra_emulator.sign_in.grants import Asked, Grant

LIFETIME = timedelta(minutes=15)
INTERVAL = timedelta(seconds=5)
_DEVICE_CODES = Collection("deviceCodes", ("userCode",))
# Without letters that read as digits.
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LENGTH = 9
# How long before its time a poll may come: clients round.
_TOLERANCE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """The device's code, and the one that a person types."""

    device_code: str
    user_code: str


def issue(tenant: Tenant, asked: Asked) -> Issued:
    """Begin a sign-in that waits for a person."""
    issued = Issued(codes.new(), "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)))
    facts = {"userCode": issued.user_code, "asked": asdict(asked), "polled": None, "declined": False, "grant": None}
    codes.keep(tenant, _DEVICE_CODES, issued.device_code, asked.client_id, LIFETIME, facts)
    return issued


def awaited(tenant: Tenant, user_code: str) -> Asked:
    """Tell what the sign-in asks for that a person typed the code of; case, blanks and hyphens do not matter.

    Raises:
        SignInError: AADSTS70018 where none waits under this code.
    """
    return Asked(**_waiting(tenant, user_code)["asked"])


def approve(tenant: Tenant, user_code: str, user_principal_name: str, *, multi_factor: bool) -> None:
    """Sign a person in with or without MFA, and let the device have its tokens.

    Raises:
        SignInError: AADSTS70018 where none waits under this code; AADSTS50034, AADSTS50057.
    """
    waiting = _waiting(tenant, user_code)
    application = clients.identify(tenant, {"client_id": waiting["clientId"]})
    grant = grants.give(tenant, application, Asked(**waiting["asked"]), user_principal_name, multi_factor=multi_factor)
    tenant.store.put(_DEVICE_CODES, {**waiting, "grant": asdict(grant)})


def decline(tenant: Tenant, user_code: str) -> None:
    """Let the device have nothing.

    Raises:
        SignInError: AADSTS70018 where none waits under this code.
    """
    tenant.store.put(_DEVICE_CODES, {**_waiting(tenant, user_code), "declined": True})


def redeem(tenant: Tenant, device_code: str, client_id: str) -> Grant:
    """Take what a person granted; it is given once.

    Raises:
        SignInError: ``bad_verification_code``, ``expired_token``, ``authorization_declined``,
            ``authorization_pending``, ``slow_down`` (RFC 8628's, which Microsoft's page does not list), AADSTS54005.
    """
    found = codes.find(tenant, _DEVICE_CODES, device_code, client_id)
    if found is None:
        raise _bad_code()
    if found["declined"]:
        # That declining has the number of declined consent is (inferred).
        raise SignInError(400, "authorization_declined", 65004, "User declined to consent to access the app.")
    if codes.is_expired(tenant, found):
        raise SignInError(
            400,
            "expired_token",
            70020,
            "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
        )
    if found["grant"] is None:
        raise _not_yet(tenant, found)
    return codes.use_up(tenant, _DEVICE_CODES, found)


def _not_yet(tenant: Tenant, found: Document) -> SignInError:
    polled = found["polled"]
    tenant.store.put(_DEVICE_CODES, {**found, "polled": moments.write_precise(tenant.now)})
    if polled is not None and tenant.now - moments.read(polled) < INTERVAL - _TOLERANCE:
        # RFC 8628, section 3.5. Entra's number for clients that ask without end.
        return SignInError(
            400,
            "slow_down",
            50196,
            "The server terminated an operation because it encountered a client request loop. Poll less often.",
        )
    return SignInError(
        400,
        "authorization_pending",
        70016,
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    )


def _waiting(tenant: Tenant, user_code: str) -> Document:
    typed = "".join(character for character in user_code if character not in " -")
    found = next((document for _, document in tenant.store.find(_DEVICE_CODES, "userCode", typed)), None)
    if found is None or found["declined"] or found["grant"] is not None or codes.is_expired(tenant, found):
        raise _bad_code()
    return found


def _bad_code() -> SignInError:
    return SignInError(
        400,
        "bad_verification_code",
        70018,
        "Invalid verification code due to User typing in wrong user code for device code flow. Authorization is not "
        "approved.",
    )
