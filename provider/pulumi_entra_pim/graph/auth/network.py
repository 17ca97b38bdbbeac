"""MSAL's way to the network: a document of whoever gives tokens passes, anything else is an error of ours.

MSAL logs an answer that it cannot read, a token cut in half included, and loses the reasons that Entra gives for a
tenant that is not there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from ..errors import AuthError, NotSent, first_words, json_object, retry_after
from .reach import ADVICE_ON_DISTRUST, advice_for_host, is_distrust, keeps_secrets
from .words import reason, refusal

# What a device is answered while nobody has typed its code: MSAL goes on asking.
# https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
UNDECIDED = frozenset({"authorization_pending", "slow_down"})
# What a person's new sign-in can cure.
# https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#error-codes-for-token-endpoint-errors
_CURED_BY_SIGN_IN = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})


class SignInAgain(AuthError):
    """Say why a person has to sign in again."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Who gives tokens: where, the name that its documents are told by, how a line begins that says it gives none.

    ``passing`` are the statuses after which it is worth asking again.
    """

    address: str
    name: str
    nothing: str
    passing: frozenset[int]


def entra(authority: str, client_id: str) -> Counterpart:
    """Return Entra's sign-in as one application meets it.

    Its passing statuses ask for patience, or say that it is unwell.
    Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
    """
    return Counterpart(
        address=authority,
        name="Entra",
        nothing=f"Entra gave application {client_id} no token at {authority}",
        passing=frozenset({429, 500, 502, 503, 504}),
    )


class DocumentsOnly:
    """An HTTP client for MSAL; it opens its connections at the first need."""

    def __init__(self, counterpart: Counterpart, http: Callable[[], httpx.Client]) -> None:
        self._counterpart = counterpart
        self._http = http

    @cached_property
    def _connections(self) -> httpx.Client:
        return self._http()

    def get(self, url: str, **options: Any) -> httpx.Response:
        """Send a GET request; raise AuthError or NotSent."""
        return self._exchange("GET", url, options)

    def post(self, url: str, *, data: dict[str, str | bytes], **options: Any) -> httpx.Response:
        """Send a form; raise AuthError or NotSent."""
        # MSAL signs its assertions into bytes, and httpx would send those as b'…'.
        fields = {name: value.decode() if isinstance(value, bytes) else value for name, value in data.items()}
        return self._exchange("POST", url, {"data": fields, **options})

    def _exchange(self, method: str, url: str, options: dict[str, Any]) -> httpx.Response:
        place, kind = self._counterpart.address, self._counterpart.name
        try:
            address = httpx.URL(url)
            if not keeps_secrets(address.scheme, address.host):
                raise AuthError(f"{place} leads to {address.host} without TLS: nothing is sent there")
            response = self._connections.request(method, address, **options)
        except httpx.InvalidURL as error:
            raise AuthError(f"cannot reach {place}: {reason(error)}") from error
        except httpx.HTTPError as error:
            if is_distrust(error):
                raise AuthError(f"{place} is not trusted: {reason(error)}{ADVICE_ON_DISTRUST}") from error
            # Without a token the request that wants one is not sent, and asking for another repeats nothing.
            raise NotSent(f"cannot reach {place}: {reason(error)}{advice_for_host(place)}") from error
        if response.status_code in self._counterpart.passing:
            raise NotSent(
                f"{self._counterpart.nothing} just now (HTTP {response.status_code}): {first_words(response.content)}",
                retry_after(response.headers),
            )
        document = json_object(response.content)
        if document is None:
            content = response.headers.get("content-type", "no content type")
            if content.startswith("application/json"):
                raise NotSent(f"the answer of {place} cannot be read (HTTP {response.status_code})")
            raise AuthError(f"the answer of {place} is not {kind}'s (HTTP {response.status_code}, {content})")
        error_code = document.get("error")
        if error_code not in UNDECIDED and (not response.is_success or "error" in document):
            family = SignInAgain if error_code in _CURED_BY_SIGN_IN else AuthError
            raise family(f"{self._counterpart.nothing}: {refusal(document)}")
        return response


class NoCache(dict[str, Any]):
    """Forget everything: MSAL would answer from it for seconds after a failure, without asking Entra."""

    def __setitem__(self, key: str, value: Any) -> None:
        return
