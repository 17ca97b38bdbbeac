"""One Graph client a process for each set of settings: where settings meet Graph."""

import ssl
import threading
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
                _http(settings, settings.graph_url),
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
        http=lambda: _http(settings, settings.authority_url),
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


def _http(settings: Settings, url: str) -> httpx.Client:
    """Return kept-alive connections to one host.

    A loopback host is reached directly, whatever proxy the environment names.
    """
    verify = _trust(settings.ca_file)
    try:
        return httpx.Client(
            verify=verify,
            trust_env=urlsplit(url).hostname not in LOOPBACK,
            timeout=httpx.Timeout(60, connect=15, pool=None),
            limits=httpx.Limits(
                max_connections=settings.max_concurrency, max_keepalive_connections=settings.max_concurrency
            ),
        )
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        # What httpx makes of a proxy's address, or of a certificate file that is not there.
        raise SettingsError(
            f"the environment's network settings cannot be used ({one_line(str(error))}):"
            " check HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR"
        ) from error


def _trust(ca_file: str) -> ssl.SSLContext | bool:
    if not ca_file:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise SettingsError(
            f"entra-pim:caFile: cannot read certificates from {ca_file} ({error.strerror or error})"
        ) from error
