"""What a source of bearer tokens is, and how one token serves all threads of a process."""

import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

RENEW_BEFORE = 300.0
"""Seconds before its end at which a token is no longer used; MSAL's cache draws the same line."""


class TokenSource(Protocol):
    """Where bearer tokens come from."""

    def token(self) -> str:
        """Return a bearer token that is good now; raise AuthError, or NotSent while Entra gives none."""

    def renew(self, refused: str, claims: str = "", /) -> bool:
        """Drop a token that Graph refused, for one with the claims it wants; say whether there can be another."""


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A bearer token from elsewhere, used as it is."""

    value: str = field(repr=False)

    def token(self) -> str:
        """Return the token."""
        return self.value

    def renew(self, _refused: str, _claims: str = "", /) -> bool:
        """Say no: there is only this one."""
        return False


class Issued(NamedTuple):
    """A bearer token, and the seconds for which it is good."""

    token: str
    seconds: float


class RenewedTokens(ABC):
    """Tokens that are asked for when they are needed: once a process, however many threads need one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current = ""
        self._good_until = 0.0
        self._claims = ""
        self._was_refused = False

    def token(self) -> str:
        """Return a bearer token that is good now; raise AuthError with the reason for none, or NotSent."""
        with self._lock:
            if not self._current or time.time() >= self._good_until:
                self._current, seconds = self._issue(self._claims, self._was_refused)
                self._good_until = time.time() + seconds - RENEW_BEFORE
                self._claims, self._was_refused = "", False
            return self._current

    def renew(self, refused: str, claims: str = "", /) -> bool:
        """Drop a token that Graph refused; another thread may have done so already."""
        with self._lock:
            if self._current == refused:
                self._current, self._claims, self._was_refused = "", claims, True
        return True

    @abstractmethod
    def _issue(self, claims: str, anew: bool, /) -> Issued:
        """Get a token with the claims (JSON text, or ""); ``anew`` when what a cache may hold was refused."""
