"""Where a person's tokens are between two commands: encrypted by the platform, or nowhere.

Plain text on the disk is not offered: a refresh token is good for ninety days of whatever the person may activate.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import AuthError
from .words import reason


@dataclass(frozen=True, slots=True)
class TokenStore:
    """MSAL's cache of tokens; ``lost_because`` says why it ends with the process, or is "" when it is kept."""

    cache: Any = field(repr=False)
    lost_because: str = ""

    @classmethod
    def open(cls, path: Path) -> "TokenStore":
        """Open what the platform keeps for a path (DPAPI, the keychain, the keyring), or begin with nothing."""
        import msal
        from msal_extensions import PersistedTokenCache, build_encrypted_persistence

        try:
            return cls(PersistedTokenCache(build_encrypted_persistence(str(path))))
        except Exception as error:
            # What is missing where there is no keyring differs by platform: modules, libraries, a bus, a password.
            return cls(msal.TokenCache(), reason(error))

    def account(self, authority: str) -> dict[str, Any] | None:
        """Return who is signed in at an address, as MSAL keeps it; None when nobody is; raise AuthError."""
        from msal import TokenCache

        with _readable():
            return next(iter(self._entries(TokenCache.CredentialType.ACCOUNT, authority)), None)

    def forget(self, authority: str = "") -> list[str]:
        """Drop all that is kept of people at one address, or anywhere; return their names; raise AuthError."""
        from msal import TokenCache

        kind = TokenCache.CredentialType
        with _readable():
            names = [str(each["username"]) for each in self._entries(kind.ACCOUNT, authority)]
            for credential, remove in (
                (kind.ACCESS_TOKEN, self.cache.remove_at),
                (kind.REFRESH_TOKEN, self.cache.remove_rt),
                (kind.ID_TOKEN, self.cache.remove_idt),
                (kind.ACCOUNT, self.cache.remove_account),
            ):
                for entry in self._entries(credential, authority):
                    remove(entry)
        return names

    def _entries(self, kind: Any, authority: str) -> list[dict[str, Any]]:
        # MSAL tells entries by the host, without its port. A list, as the search holds the cache's lock to its end.
        query = {"environment": urlsplit(authority).hostname} if authority else {}
        return list(self.cache.search(kind, query=query))


@contextmanager
def _readable() -> Iterator[None]:
    """Say of what the platform makes of its own keeping, once it has been opened, that it cannot be read."""
    try:
        yield
    except Exception as error:
        raise AuthError(f"the sign-ins that this machine keeps cannot be read ({reason(error)})") from error
