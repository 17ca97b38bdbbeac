"""One Graph client a process for each set of settings: where settings meet Graph."""

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from .graph.auth import (
    LOOPBACK,
    AssertionFile,
    AzureCliTokens,
    AzureDevOpsAssertion,
    Certificate,
    ClientSecret,
    Credential,
    GitHubAssertion,
    GivenToken,
    ManagedIdentityTokens,
    MsalTokens,
    PersonTokens,
    SignIn,
    TokenSource,
    TokenStore,
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
            client = _clients[settings] = client_for(settings, tokens_of(settings))
        return client


def client_for(settings: Settings, tokens: TokenSource) -> GraphClient:
    """Return a client of its own with tokens from elsewhere; no I/O but reading the CA file."""
    return GraphClient(
        settings.graph_url,
        tokens,
        Connections(_opener(settings, settings.graph_url), settings.max_concurrency),
        operation_seconds=settings.operation_timeout,
    )


def tokens_of(settings: Settings) -> TokenSource:
    """Return the tokens of the environment's credentials; a person's are those of ``person_tokens``."""
    found = settings.credential
    match found.kind:
        case "access token":
            return GivenToken(found.values[0])
        case "managed identity":
            return ManagedIdentityTokens(settings.client_id, settings.graph_url, _direct)
        case "Azure CLI":
            return AzureCliTokens(settings.graph_url, settings.tenant_id)
        case _:
            return MsalTokens(
                authority=f"{settings.authority_url}/{settings.tenant_id}",
                client_id=settings.client_id,
                credential=_credential(found),
                scope=f"{settings.graph_url}/.default",
                http=_sign_in_network(settings),
            )


def person_tokens(
    settings: Settings, permissions: Sequence[str], store: TokenStore, sign_in: SignIn | None
) -> PersonTokens:
    """Return a person's tokens with delegated permissions, or with all that the application is registered for.

    Without a tenant in the settings it is the one that was signed in to last, or the person's own.
    """
    account = store.account(settings.authority_url)
    tenant = settings.tenant_id or (str(account["realm"]) if account else "organizations")
    return PersonTokens(
        authority=f"{settings.authority_url}/{tenant}",
        client_id=settings.credential.values[0],
        scopes=[f"{settings.graph_url}/{name}" for name in permissions or (".default",)],
        http=_sign_in_network(settings),
        store=store,
        sign_in=sign_in,
    )


def _credential(found: FoundCredential) -> Credential:
    match found.kind:
        case "client secret":
            return ClientSecret(found.values[0])
        case "certificate":
            return Certificate(found.values[0], found.optional[0] or None)
        case "federated token file":
            return AssertionFile(found.values[0])
        case "GitHub OIDC":
            return GitHubAssertion(*found.values)
        case _:
            return AzureDevOpsAssertion(*found.values)


def _sign_in_network(settings: Settings) -> Callable[[], httpx.Client]:
    """Return what opens a connection to the sign-in host, at the first need."""
    return lambda: _opener(settings, settings.authority_url)()


def _direct() -> httpx.Client:
    """Open a connection to this machine or its host, past every proxy, as Microsoft wants it for its metadata service.

    Source: https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service#proxies
    """
    return httpx.Client(trust_env=False, timeout=httpx.Timeout(60, connect=2))


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
