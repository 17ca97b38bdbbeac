"""Tokens of a person, who signs in when there is no other way."""

from collections.abc import Callable, Sequence
from typing import Any

import httpx

from ..errors import AuthError, EntraError
from .network import DocumentsOnly, NoCache, SignInAgain, entra
from .sign_in import SignIn
from .store import TokenStore
from .tokens import Issued, RenewedTokens
from .words import reason, refusal


class PersonTokens(RenewedTokens):
    """A person's tokens: from the store, in silence by a refresh token, or by a sign-in, in this order.

    ``sign_in`` is None where nobody can be asked. Scopes carry Graph's root. After a challenge the same person has to
    sign in: a command does not go on as somebody else.
    """

    def __init__(
        self,
        authority: str,
        client_id: str,
        scopes: Sequence[str],
        http: Callable[[], httpx.Client],
        store: TokenStore,
        sign_in: SignIn | None,
    ) -> None:
        super().__init__()
        self._authority = authority
        self._client_id = client_id
        self._scopes = list(scopes)
        self._counterpart = entra(authority, client_id)
        self._network = DocumentsOnly(self._counterpart, http)
        self._store = store
        self._sign_in = sign_in
        self._application: Any = None

    def _issue(self, claims: str, anew: bool, /) -> Issued:
        try:
            application = self._public_client()
            account = self._store.account(self._authority)
            result, lack = self._in_silence(application, account, claims, anew=anew)
            if result is None:
                if self._sign_in is None:
                    raise AuthError(
                        f"{lack}: run `entra-pim login` at a terminal, or set credentials in the environment"
                    )
                name = str(account["username"]) if account else ""
                result = self._sign_in(application, self._scopes, claims, name)
                self._admit(application, result, name)
            return Issued(str(result["access_token"]), float(result["expires_in"]))
        except EntraError:
            raise
        except Exception as error:
            # MSAL documents no errors of its own, and the keyring's differ by platform.
            raise AuthError(f"no token from {self._authority}: {type(error).__name__}: {reason(error)}") from error

    def _public_client(self) -> Any:
        import msal

        if self._application is None:
            self._application = msal.PublicClientApplication(
                self._client_id,
                authority=self._authority,
                instance_discovery=False,
                client_capabilities=["CP1"],
                http_client=self._network,
                http_cache=NoCache(),
                token_cache=self._store.cache,
            )
        return self._application

    def _in_silence(
        self, application: Any, account: dict[str, Any] | None, claims: str, *, anew: bool
    ) -> tuple[dict[str, Any] | None, str]:
        """Return what nobody has to be asked for, or None and why somebody has to."""
        try:
            result = application.acquire_token_silent_with_error(
                self._scopes, account, force_refresh=anew, claims_challenge=claims or None
            )
        except SignInAgain as error:
            return None, str(error)
        return result, f"nobody is signed in at {self._authority}"

    def _admit(self, application: Any, result: dict[str, Any], expected: str) -> None:
        """Let a sign-in pass; raise AuthError for one that was refused, and for somebody else's."""
        if "error" in result:
            raise AuthError(f"{self._counterpart.nothing}: {refusal(result)}")
        name = str(result["id_token_claims"]["preferred_username"])
        if expected and name.casefold() != expected.casefold():
            for account in application.get_accounts(name):
                application.remove_account(account)
            raise AuthError(
                f"{name} has signed in, and the command began as {expected}: it does not go on as somebody else."
                " `entra-pim login` changes who you are"
            )
