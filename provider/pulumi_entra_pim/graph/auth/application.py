"""Tokens of an application that proves itself (the client credentials flow)."""

from collections.abc import Callable
from typing import Any

import httpx

from ..errors import AuthError, EntraError
from .credentials import Credential
from .network import DocumentsOnly, NoCache, entra
from .tokens import Issued, RenewedTokens
from .words import reason


class MsalTokens(RenewedTokens):
    """Client-credentials tokens by MSAL: one token call a process, however many threads ask.

    MSAL has no single flight of its own, talks to the network in its constructor and replays a failure from a
    cache; so it is made at the first need, behind a lock, without that cache.
    """

    def __init__(
        self, authority: str, client_id: str, credential: Credential, scope: str, http: Callable[[], httpx.Client]
    ) -> None:
        super().__init__()
        self._authority = authority
        self._client_id = client_id
        self._credential = credential
        self._scope = scope
        self._network = DocumentsOnly(entra(authority, client_id), http)
        self._application: Any = None

    def _issue(self, claims: str, anew: bool, /) -> Issued:
        import msal

        try:
            if self._application is None:
                self._application = msal.ConfidentialClientApplication(
                    self._client_id,
                    client_credential=self._credential.for_msal(),
                    authority=self._authority,
                    instance_discovery=False,
                    # Says that we answer claims challenges, without which Entra sends none.
                    # https://learn.microsoft.com/entra/identity-platform/claims-challenge
                    client_capabilities=["CP1"],
                    http_client=self._network,
                    http_cache=NoCache(),
                )
            if anew:
                self._application.remove_tokens_for_client()
            result = self._application.acquire_token_for_client([self._scope], claims_challenge=claims or None)
            return Issued(str(result["access_token"]), float(result["expires_in"]))
        except EntraError:
            raise
        except Exception as error:
            # MSAL documents no errors of its own: PyJWT's, cryptography's and a bare KeyError come through it.
            raise AuthError(f"no token from {self._authority}: {type(error).__name__}: {reason(error)}") from error
