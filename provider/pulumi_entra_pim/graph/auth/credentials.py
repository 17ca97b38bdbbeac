"""What an application proves itself with, as MSAL takes it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..errors import AuthError
from .words import reason


class Credential(Protocol):
    """An application's proof of who it is."""

    def for_msal(self) -> Any:
        """Return the credential as MSAL takes it; raise AuthError when it is unfit."""


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """An application's secret."""

    value: str = field(repr=False)

    def for_msal(self) -> Any:
        """Return the credential as MSAL takes it."""
        return self.value


@dataclass(frozen=True, slots=True)
class Certificate:
    """An application's certificate with its private key, in one PEM or PFX file."""

    path: str
    password: str | None = field(default=None, repr=False)

    def for_msal(self) -> Any:
        """Return the credential as MSAL takes it; raise AuthError when the file is unfit."""
        try:
            if self.path.lower().endswith((".pfx", ".p12")):
                Path(self.path).open("rb").close()
                return {"private_key_pfx_path": self.path, "passphrase": self.password}
            pem = Path(self.path).read_text()
        except (OSError, ValueError) as error:
            raise AuthError(f"AZURE_CLIENT_CERTIFICATE_PATH: cannot read {self.path} ({reason(error)})") from error
        if "PRIVATE KEY" not in pem or "BEGIN CERTIFICATE" not in pem:
            raise AuthError(f"AZURE_CLIENT_CERTIFICATE_PATH: {self.path} must hold the certificate and its private key")
        if "ENCRYPTED" in pem and not self.password:
            raise AuthError(f"AZURE_CLIENT_CERTIFICATE_PASSWORD: the private key in {self.path} needs its password")
        return {"private_key": pem, "public_certificate": pem, "passphrase": self.password}


@dataclass(frozen=True, slots=True)
class AssertionFile:
    """A file that another identity provider keeps filled with a token for us (workload identity federation)."""

    path: str

    def for_msal(self) -> Any:
        """Return the credential as MSAL takes it."""
        return {"client_assertion": self._read}

    def _read(self) -> str:
        try:
            assertion = Path(self.path).read_text().strip()
        except (OSError, ValueError) as error:
            raise AuthError(f"AZURE_FEDERATED_TOKEN_FILE: cannot read {self.path} ({reason(error)})") from error
        if not assertion:
            raise AuthError(f"AZURE_FEDERATED_TOKEN_FILE: {self.path} is empty")
        return assertion
