"""Tokens of the identity that Azure gives a machine, an app or a function."""

from collections.abc import Callable

import httpx

from ..errors import AuthError, EntraError
from .network import Counterpart, DocumentsOnly, NoCache
from .tokens import Issued, RenewedTokens
from .words import reason

# "Retry" is what the page says for 404, 410, 429 and 5xx; nothing was asked of Entra then.
# https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling
_AZURE = Counterpart(
    address="Azure's managed identity endpoint",
    name="Azure",
    nothing="Azure gave this machine no token for its managed identity",
    passing=frozenset({404, 410, 429, 500, 502, 503, 504}),
)


class ManagedIdentityTokens(RenewedTokens):
    """A managed identity's tokens, by MSAL, which finds Azure's endpoint from the environment.

    ``client_id`` is a user-assigned identity's; without it the machine's own is meant. ``resource`` is Graph's root.
    """

    def __init__(self, client_id: str, resource: str, http: Callable[[], httpx.Client]) -> None:
        super().__init__()
        self._client_id = client_id
        self._resource = resource
        self._network = DocumentsOnly(_AZURE, http)

    def _issue(self, _claims: str, _anew: bool, /) -> Issued:
        import msal

        identity = (
            msal.UserAssignedManagedIdentity(client_id=self._client_id)
            if self._client_id
            else msal.SystemAssignedManagedIdentity()
        )
        # Made anew for each token, as it would serve a refused one from its cache.
        client = msal.ManagedIdentityClient(identity, http_client=self._network, http_cache=NoCache())
        try:
            result = client.acquire_token_for_client(resource=self._resource)
            return Issued(str(result["access_token"]), float(result["expires_in"]))
        except EntraError:
            raise
        except Exception as error:
            # MSAL documents no errors of its own.
            raise AuthError(f"no token from {_AZURE.address}: {type(error).__name__}: {reason(error)}") from error
