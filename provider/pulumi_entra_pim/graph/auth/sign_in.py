"""The ways in which a person signs in, by MSAL."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from ..errors import AuthError, NotSent, one_line
from .network import UNDECIDED

# As long as a device's code is good.
# https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code#device-authorization-response
_PATIENCE = 900.0


class SignIn(Protocol):
    """Has a person sign in to MSAL's public client; ``name`` is who is expected, if anybody."""

    def __call__(self, application: Any, scopes: list[str], claims: str, name: str) -> dict[str, Any]:
        """Return MSAL's result, which may be a refusal; raise AuthError or NotSent."""


def by_device_code(tell: Callable[[str], None]) -> SignIn:
    """Return the sign-in by a code that the person types at another browser.

    Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
    """

    def sign_in(application: Any, scopes: list[str], claims: str, name: str) -> dict[str, Any]:
        flow = application.initiate_device_flow(scopes, claims_challenge=claims or None)
        whose = f" as {name}" if name else ""
        tell(f"{one_line(flow['message']).removesuffix('.')}{whose}")
        while True:
            try:
                result: dict[str, Any] = application.acquire_token_by_device_flow(flow, claims_challenge=claims or None)
            except NotSent:
                if time.time() >= flow["expires_at"]:
                    raise
                time.sleep(flow["interval"])
            else:
                if result.get("error") in UNDECIDED:
                    raise AuthError("nobody has signed in with the code while it was good: try again")
                return result

    return sign_in


def by_browser(tell: Callable[[str], None]) -> SignIn:
    """Return the sign-in at this machine's browser: authorization code, PKCE, and an answer to a loopback address.

    Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
    """

    def sign_in(application: Any, scopes: list[str], claims: str, name: str) -> dict[str, Any]:
        from msal.oauth2cli.oauth2 import BrowserInteractionTimeoutError

        tell("Sign in at the browser")
        try:
            result: dict[str, Any] = application.acquire_token_interactive(
                scopes,
                prompt=None if name else "select_account",
                login_hint=name or None,
                claims_challenge=claims or None,
                timeout=_PATIENCE,
                auth_uri_callback=lambda address: tell(f"No browser was found: open {address}"),
            )
        except BrowserInteractionTimeoutError as error:
            raise AuthError("nobody has signed in at the browser: try again, or with a device code") from error
        return result

    return sign_in
