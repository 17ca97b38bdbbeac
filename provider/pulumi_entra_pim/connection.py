"""One Graph client a process for each set of settings: where settings meet Graph."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from .graph.auth import (
    LOOPBACK,
    AssertionFile,
    Certificate,
    ClientSecret,
    Credential,
    GitHubAssertion,
    GivenToken,
    MsalTokens,
    TokenSource,
)
from .graph.client import GraphClient
from .graph.connections import Connections
from .graph.errors import one_line
from .settings import FoundCredential, Settings, SettingsError

_clients: dict[Settings, GraphClient] = {}
_lock = threading.Lock()


def connect(settings: Settings) -> GraphClient:
    """Return the process's client for these settings, made at the first call; no I/O but reading the CA file."""
    with _lock:
        client = _clients.get(settings)
        if client is None:
            client = _clients[settings] = GraphClient(
                settings.graph_url,
                _tokens(settings),
                Connections(_opener(settings, settings.graph_url), settings.max_concurrency),
                operation_seconds=settings.operation_timeout,
            )
        return client


def _tokens(settings: Settings) -> TokenSource:
    found = settings.credential
    if found.kind == "access token":
        return GivenToken(found.values[0])
    return MsalTokens(
        authority=f"{settings.authority_url}/{settings.tenant_id}",
        client_id=settings.client_id,
        credential=_credential(found),
        scope=f"{settings.graph_url}/.default",
        http=lambda: _opener(settings, settings.authority_url)(),
    )


def _credential(found: FoundCredential) -> Credential:
    match found.kind:
        case "client secret":
            return ClientSecret(found.values[0])
        case "certificate":
            return Certificate(found.values[0], found.optional[0] or None)
        case "federated token file":
            return AssertionFile(found.values[0])
        case _:
            return GitHubAssertion(*found.values)


def _opener(settings: Settings, url: str) -> Callable[[], httpx.Client]:
    """Return what opens a connection to one host; what it trusts is read now.

    A loopback host is reached directly, whatever proxy the environment names.
    """
    trust_env = urlsplit(url).hostname not in LOOPBACK
    with _explained():
        trusted = _given_authorities(settings.ca_file) or httpx.create_ssl_context(trust_env=trust_env)

    def open_one() -> httpx.Client:
        with _explained():
            return httpx.Client(verify=trusted, trust_env=trust_env, timeout=httpx.Timeout(60, connect=15))

    return open_one


@contextmanager
def _explained() -> Iterator[None]:
    """Say of what httpx makes of a proxy's address, or of a certificate file that is not there, where it is set."""
    try:
        yield
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        raise SettingsError(
            f"the environment's network settings cannot be used ({one_line(str(error))}):"
            " check HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR"
        ) from error


def _given_authorities(ca_file: str) -> ssl.SSLContext | None:
    if not ca_file:
        return None
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise SettingsError(
            f"entra-pim:caFile: cannot read certificates from {ca_file} ({error.strerror or error})"
        ) from error
