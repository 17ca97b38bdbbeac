"""Who runs a command, and their way to Graph.

The environment's credentials where it has any; else a person, who signs in at a terminal when there is no other way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ..graph.errors import AuthError
from ..settings import CREDENTIALS, PERSON, CredentialSource, Settings
from .endings import SignInNeeded
from .exits import tell

if TYPE_CHECKING:
    from ..graph.auth import Identity, SignIn, TokenSource, TokenStore
    from ..graph.client import GraphClient, Operation

KEPT_IN = Path("~/.entra-pim/tokens")
"""What the platform's keeping of tokens goes by; itself empty, or encrypted."""

_ANYBODY = (*CREDENTIALS, PERSON)
# A token from elsewhere may be a person's; an application's proof may not.
_PEOPLE = (*(each for each in CREDENTIALS if each.kind in ("access token", "Azure CLI")), PERSON)


class Way(StrEnum):
    """How a person signs in."""

    BROWSER = "browser"
    DEVICE_CODE = "device code"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in: who they are, and their client."""

    settings: Settings
    identity: Identity
    client: GraphClient
    _tokens: TokenSource = field(repr=False)

    @classmethod
    def of(cls, needs: Sequence[str], *, person: bool = False, may_ask: bool = True) -> Session:
        """Begin as the environment's application, or as a person with the delegated permissions that are needed.

        With ``person`` an application's credentials are passed over. At a terminal the person may be asked to sign in.
        Raises SignInNeeded, SettingsError, and NotSent while Entra cannot be reached.
        """
        settings = read_settings(_PEOPLE if person else _ANYBODY)
        if settings.credential.kind == PERSON.kind:
            store = open_store()
            session = cls.of_person(settings, needs, store, way_to_sign_in(store) if may_ask else None)
        else:
            from ..connection import tokens_of

            session = cls._begin(settings, tokens_of(settings))
        if person and session.identity.is_application:
            raise SignInNeeded(
                f"this needs a person, and the {settings.credential.kind} of the environment is an application's:"
                " unset it, and run `entra-pim login`"
            )
        return session

    @classmethod
    def of_person(cls, settings: Settings, needs: Sequence[str], store: TokenStore, way: SignIn | None) -> Session:
        """Begin as the person of a store, who is asked to sign in in a way if need be; raise as ``of``."""
        from ..connection import person_tokens

        with _as_an_ending():
            return cls._begin(settings, person_tokens(settings, needs, store, way))

    @classmethod
    def _begin(cls, settings: Settings, tokens: TokenSource) -> Session:
        from ..connection import client_for

        with _as_an_ending():
            client = client_for(settings, tokens)
            return cls(settings, client.operation().caller, client, tokens)

    def operation(self, tell: Callable[[str], None] = lambda _: None) -> Operation:
        """Begin an operation on Graph, with a place for its progress lines."""
        return self.client.operation(tell)

    def challenge(self, claims: str) -> None:
        """Sign in again with the claims (JSON text) that Graph wants a token to have.

        Raises SignInNeeded where that cannot be, and NotSent while Entra cannot be reached.
        """
        with _as_an_ending():
            refused = self._tokens.token()
            if not self._tokens.renew(refused, claims) or self._tokens.token() == refused:
                raise SignInNeeded(
                    f"Graph wants another sign-in than the {self.settings.credential.kind} can give, such as with"
                    " multifactor authentication: use `entra-pim login`, or get a token with the claims"
                    f" {claims}"
                )


def read_settings(sources: Sequence[CredentialSource] = _ANYBODY, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment's settings, and the first of its ways to sign in that will do; raise SettingsError."""
    return Settings.read(lambda _: None, environ, sources)


def open_store() -> TokenStore:
    """Open what this machine keeps of people's tokens between two commands."""
    from ..graph.auth import TokenStore

    return TokenStore.open(KEPT_IN)


def way_to_sign_in(store: TokenStore, way: Way | None = None) -> SignIn | None:
    """Return how a person is asked to sign in, by default as suits the terminal; None where there is no terminal."""
    from ..graph.auth import by_browser, by_device_code

    if not sys.stderr.isatty():
        return None
    if store.lost_because:
        tell(f"sign-ins are not kept on this machine, and end with the command: {store.lost_because}")
    suits = Way.BROWSER if has_browser(os.environ, sys.platform) else Way.DEVICE_CODE
    return by_browser(tell) if (way or suits) is Way.BROWSER else by_device_code(tell)


def has_browser(environ: Mapping[str, str], platform: str) -> bool:
    """Say whether a browser that opens would be before the eyes of whoever sits at the terminal."""
    if environ.get("SSH_CONNECTION"):
        return False
    windows_of_their_own = platform in ("win32", "darwin")
    return windows_of_their_own or any(environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


@contextmanager
def _as_an_ending() -> Iterator[None]:
    """Have a failed sign-in end the command with the code that says so."""
    try:
        yield
    except AuthError as error:
        raise SignInNeeded(str(error)) from error
