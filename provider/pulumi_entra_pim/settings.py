"""Every configuration key, its environment variables and its default: one table, read by the code and the docs."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal

NAMESPACE = "entra-pim"


class SettingsError(Exception):
    """Say in one line which setting is unfit, why, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: a key of the stack's configuration, its variables, its default and its meaning."""

    key: str
    variables: tuple[str, ...]
    default: str
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting("tenantId", ("AZURE_TENANT_ID", "ARM_TENANT_ID"), "", "The tenant's id (or one of its domains)."),
    Setting("clientId", ("AZURE_CLIENT_ID", "ARM_CLIENT_ID"), "", "The application (client) id that signs in."),
    Setting(
        "environment",
        ("ENTRA_PIM_ENVIRONMENT",),
        "global",
        "The cloud: global, usgov, usgovdod or china.",
    ),
    Setting(
        "graphUrl",
        ("ENTRA_PIM_GRAPH_URL",),
        "",
        "Graph's root, without a version; for an emulator or another cloud. The default is the cloud's.",
    ),
    Setting(
        "authorityUrl",
        ("ENTRA_PIM_AUTHORITY_URL",),
        "",
        "The sign-in root, without a tenant; for an emulator or another cloud. The default is the cloud's.",
    ),
    Setting(
        "caFile", ("ENTRA_PIM_CA_FILE",), "", "A PEM file of the certificate authorities to trust instead of the usual."
    ),
    Setting("maxConcurrency", ("ENTRA_PIM_MAX_CONCURRENCY",), "16", "Operations on Graph at once."),
    Setting(
        "operationTimeout",
        ("ENTRA_PIM_OPERATION_TIMEOUT",),
        "1200",
        "Seconds that one operation may take, its waits included.",
    ),
    Setting("preflight", ("ENTRA_PIM_PREFLIGHT",), "false", "Ask the tenant at preview what it would refuse at up."),
)

# https://learn.microsoft.com/graph/deployments
CLOUDS: Mapping[str, tuple[str, str]] = {
    "global": ("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    "usgov": ("https://graph.microsoft.us", "https://login.microsoftonline.us"),
    "usgovdod": ("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
    "china": ("https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
}

CredentialKind = Literal[
    "access token",
    "client secret",
    "certificate",
    "federated token file",
    "GitHub OIDC",
    "Azure DevOps OIDC",
    "managed identity",
    "Azure CLI",
    "person",
]


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """One way to sign in: the variables it takes, all of which must be set; further ones it may use.

    A switch has one variable, which is ``true`` or ``false``. Whose ids a way brings itself, none need be set.
    """

    kind: CredentialKind
    variables: tuple[tuple[str, ...], ...]
    optional: tuple[tuple[str, ...], ...] = ()
    is_switch: bool = False
    brings_ids: bool = False


CREDENTIALS: tuple[CredentialSource, ...] = (
    CredentialSource("access token", (("ENTRA_PIM_ACCESS_TOKEN",),), brings_ids=True),
    CredentialSource("client secret", (("AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET"),)),
    CredentialSource(
        "certificate",
        (("AZURE_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PATH"),),
        (("AZURE_CLIENT_CERTIFICATE_PASSWORD", "ARM_CLIENT_CERTIFICATE_PASSWORD"),),
    ),
    CredentialSource("federated token file", (("AZURE_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN_FILE_PATH"),)),
    CredentialSource(
        "GitHub OIDC",
        (
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "ARM_OIDC_REQUEST_URL"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ARM_OIDC_REQUEST_TOKEN"),
        ),
    ),
    CredentialSource(
        "Azure DevOps OIDC",
        (
            ("SYSTEM_OIDCREQUESTURI",),
            ("SYSTEM_ACCESSTOKEN",),
            ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"),
        ),
    ),
    CredentialSource("managed identity", (("ENTRA_PIM_USE_MSI", "ARM_USE_MSI"),), is_switch=True, brings_ids=True),
    CredentialSource("Azure CLI", (("ENTRA_PIM_USE_CLI", "ARM_USE_CLI"),), is_switch=True, brings_ids=True),
)
"""Where a credential comes from, first found first; the environment only, never the stack's configuration."""

PERSON = CredentialSource("person", (("ENTRA_PIM_SIGN_IN_CLIENT_ID",),), brings_ids=True)
"""A person who signs in to an application of the tenant; for the command, as nobody sits beside a program."""

# What people try to put into the configuration, and the variable that it belongs into.
_SECRET_KEYS: Mapping[str, str] = {
    "clientSecret": "AZURE_CLIENT_SECRET",
    "clientCertificatePassword": "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "accessToken": "ENTRA_PIM_ACCESS_TOKEN",
    "oidcToken": "AZURE_FEDERATED_TOKEN_FILE",
    "password": "AZURE_CLIENT_SECRET",
}

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_ROOT = re.compile(r"(https?)://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::([0-9]{1,5}))?/?")
_HOST_NAME = re.compile(r"([a-z0-9-]+\.)*[a-z][a-z0-9-]*")
_AN_ID = "1ed8ac56-4827-4733-8f80-86adc2e67db5"
_IDENTIFIER = re.compile(r"[A-Za-z0-9.-]*")


@dataclass(frozen=True, slots=True)
class FoundCredential:
    """A credential as the environment gives it; its values are never shown."""

    kind: CredentialKind
    values: tuple[str, ...] = field(repr=False)
    optional: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the stack's configuration and the environment say, checked."""

    tenant_id: str
    client_id: str
    graph_url: str
    authority_url: str
    ca_file: str
    max_concurrency: int
    operation_timeout: float
    preflight: bool
    credential: FoundCredential

    @classmethod
    def read(
        cls,
        configured: Callable[[str], str | None],
        environ: Mapping[str, str],
        sources: Sequence[CredentialSource] = CREDENTIALS,
    ) -> "Settings":
        """Read the table; raise SettingsError for what is missing or unfit.

        ``configured`` answers for a key of the namespace. A variable wins over the key. ``sources`` are the ways to
        sign in that will do, first found first. No I/O.
        """
        for key, variable in _SECRET_KEYS.items():
            if configured(key) is not None:
                raise SettingsError(
                    f"{NAMESPACE}:{key} is in the stack's configuration, where everyone with the state can read it:"
                    f" remove it (`pulumi config rm {NAMESPACE}:{key}`) and set {variable} in the environment"
                )
        said = {row.key: _first(environ, row.variables) or configured(row.key) or row.default for row in SETTINGS}
        if said["environment"] not in CLOUDS:
            raise SettingsError(f"{NAMESPACE}:environment is {said['environment']!r}: write one of {', '.join(CLOUDS)}")
        for key in ("tenantId", "clientId"):
            if not _IDENTIFIER.fullmatch(said[key]):
                raise SettingsError(f"{NAMESPACE}:{key} is {said[key]!r}: write an id such as {_AN_ID}")
        graph_url, authority_url = CLOUDS[said["environment"]]
        source, credential = _credential(environ, sources)
        if not source.brings_ids:
            for key in ("tenantId", "clientId"):
                if not said[key]:
                    raise SettingsError(f"no {key}: set {_row(key).variables[0]} or {NAMESPACE}:{key}")
        return cls(
            tenant_id=said["tenantId"].lower(),
            client_id=said["clientId"].lower(),
            graph_url=_root("graphUrl", said["graphUrl"] or graph_url),
            authority_url=_root("authorityUrl", said["authorityUrl"] or authority_url),
            ca_file=said["caFile"],
            max_concurrency=int(_number("maxConcurrency", said["maxConcurrency"], 1, 256)),
            operation_timeout=_number("operationTimeout", said["operationTimeout"], 1, 86_400),
            preflight=_switch("preflight", said["preflight"]),
            credential=credential,
        )


def _credential(
    environ: Mapping[str, str], sources: Sequence[CredentialSource]
) -> tuple[CredentialSource, FoundCredential]:
    for source in sources:
        values = tuple(_first(environ, names) for names in source.variables)
        if all(values) and not (source.is_switch and not _is_on(source.variables[0], values[0])):
            optional = tuple(_first(environ, names) for names in source.optional)
            return source, FoundCredential(source.kind, values, optional)
    raise SettingsError(f"no credentials: set one of {', '.join(map(_spelled, sources))} in the environment")


def _spelled(source: CredentialSource) -> str:
    return " with ".join(names[0] for names in source.variables) + ("=true" if source.is_switch else "")


def _is_on(names: tuple[str, ...], said: str) -> bool:
    if said.lower() not in ("true", "false"):
        raise SettingsError(f"{' or '.join(names)} is {said!r}: write true or false")
    return said.lower() == "true"


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


def _row(key: str) -> Setting:
    return next(row for row in SETTINGS if row.key == key)


def _root(key: str, url: str) -> str:
    found = _ROOT.fullmatch(url.lower())
    if found is None or not _is_root(*found.groups()):
        # An address with a user name in it may hold a password, too.
        said = "not a root" if "@" in url else repr(url)
        raise SettingsError(
            f"{NAMESPACE}:{key} is {said}: write the root of an https address, without a path, such as"
            f" {CLOUDS['global'][0]} (plain http for a loopback address only)"
        )
    return found[0].rstrip("/")


def _is_root(scheme: str, host: str, port: str | None) -> bool:
    if scheme == "http" and host not in _LOOPBACK:
        return False
    return _is_host(host) and int(port or 443) <= 65_535


def _is_host(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return _HOST_NAME.fullmatch(host) is not None
    return True


def _number(key: str, said: str, least: float, most: float) -> float:
    try:
        number = float(said)
    except ValueError:
        number = -1.0
    if not least <= number <= most:
        raise SettingsError(f"{NAMESPACE}:{key} is {said!r}: write a number from {least:g} to {most:g}")
    return number


def _switch(key: str, said: str) -> bool:
    if said not in ("true", "false"):
        raise SettingsError(f"{NAMESPACE}:{key} is {said!r}: write true or false")
    return said == "true"
