"""Entra's sign-in without a network, and applications that sign in to it by the real MSAL."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from pulumi_entra_pim.graph.auth import ClientSecret, Credential, MsalTokens
from tests.graph.service import TENANT, Service, Step, answer, bearer

AUTHORITY = f"https://login.microsoftonline.com/{TENANT}"
APP = "99999999-8888-7777-6666-555555555555"
SECRET = "value~of~the~client~secret"
DISCOVERY = answer(
    200,
    {
        "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
        "token_endpoint": f"{AUTHORITY}/oauth2/v2.0/token",
        "issuer": f"{AUTHORITY}/v2.0",
    },
)


class Entra:
    """A tenant's sign-in: what it answers to a look at its configuration, and to calls for a token, in order."""

    def __init__(self, *token_steps: Step, discovery: Step = DISCOVERY, repeat: bool = False) -> None:
        self.discovery = Service(discovery, repeat=True)
        self.token = Service(*token_steps, repeat=repeat)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return self.discovery(request) if request.method == "GET" else self.token(request)

    def tokens(self, credential: Credential | None = None, authority: str = AUTHORITY) -> MsalTokens:
        """Return the tokens of an application that signs in here."""
        return MsalTokens(
            authority,
            APP,
            credential or ClientSecret(SECRET),
            "https://graph.microsoft.com/.default",
            lambda: httpx.Client(transport=httpx.MockTransport(self)),
        )


def granted(name: str = "1", seconds: int = 3600) -> httpx.Response:
    """Return a token, told apart by its name."""
    return answer(200, {"token_type": "Bearer", "expires_in": seconds, "access_token": bearer(jti=name)})


class Proof:
    """A certificate of an application with its key."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pulumi-deployer")])
        now = datetime.now(UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(self._key, hashes.SHA256())
        )

    @property
    def certificate(self) -> str:
        """The certificate alone, in PEM."""
        return self._certificate.public_bytes(Encoding.PEM).decode()

    @property
    def public_key(self) -> str:
        """What checks the key's signatures, in PEM."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def key(self, password: str = "") -> str:
        """Return the private key alone, in PEM."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(password)).decode()

    def pem(self, folder: Path, password: str = "") -> Path:
        """Write both into a PEM file."""
        path = folder / f"deployer{len(password)}.pem"
        path.write_text(self.certificate + self.key(password))
        return path

    def pfx(self, folder: Path, password: str = "") -> Path:
        """Write both into a PFX file."""
        path = folder / f"deployer{len(password)}.pfx"
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"deployer", self._key, self._certificate, None, _encryption(password)
            )
        )
        return path


def _encryption(password: str) -> KeySerializationEncryption:
    return BestAvailableEncryption(password.encode()) if password else NoEncryption()
