"""What a client asks for: permissions of Graph, and the scopes of OpenID Connect.

https://learn.microsoft.com/entra/identity-platform/scopes-oidc
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from entra_emulator.directory import applications
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.sign_in.errors import SignInError, invalid_request, missing
from entra_emulator.tokens import GRAPH_ID

_OPENID = frozenset({"openid", "profile", "email", "offline_access"})
_DEFAULT = "/.default"
_GRAPH_HOSTS = (
    "graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn",
    "127.0.0.1", "localhost", "::1",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scopes:
    """Scopes that were read.

    ``openid`` are OpenID Connect's, ``permissions`` are Graph's by their bare names, ``written`` is how the answer
    spells them all: as they were asked for, which is what a client looks its tokens up by.
    """

    openid: frozenset[str]
    permissions: frozenset[str]
    written: tuple[str, ...]


def read(tenant: Tenant, application: Document, text: str) -> Scopes:
    """Read the scopes that an application asks of a person.

    ``/.default`` stands for what the application is granted already. Any permission may be asked for by name: the
    person who signs in consents to it, except where only Microsoft can.

    Raises:
        SignInError: AADSTS900144, AADSTS70011, AADSTS500011, AADSTS65002.
    """
    if not text.strip():
        raise missing("scope")
    openid: set[str] = set()
    permissions: set[str] = set()
    written: list[str] = []
    for scope in text.split():
        if scope.casefold() in _OPENID:
            openid.add(scope.casefold())
            continue
        resource, _, name = scope.rpartition("/")
        if resource:
            _check_resource(tenant, resource)
        if name == ".default" and resource:
            permissions.update(application["permissions"])
            written += [f"{resource}/{permission}" for permission in application["permissions"]]
        elif name and not name.startswith("."):
            _check_preauthorization(application, name)
            permissions.add(name)
        else:
            raise SignInError(
                400,
                "invalid_scope",
                70011,
                "The provided request must include a 'scope' input parameter. The provided value for the input "
                f"parameter 'scope' is not valid. The scope {text} is not valid.",
            )
        written.append(scope)
    return Scopes(frozenset(openid), frozenset(permissions), (*written, *sorted(openid - {"offline_access"})))


def check_for_an_app(tenant: Tenant, text: str) -> None:
    """Let through the one scope that an app can ask for by itself: all that it is granted.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow

    Raises:
        SignInError: AADSTS1002012, AADSTS500011.
    """
    if not text.endswith(_DEFAULT):
        raise SignInError(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {text} is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier (application ID URI).",
        )
    _check_resource(tenant, text.removesuffix(_DEFAULT))


def _check_resource(tenant: Tenant, resource: str) -> None:
    if resource != GRAPH_ID and _host(resource) not in _GRAPH_HOSTS:
        raise SignInError(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {resource} was not found in the tenant named {tenant.id}.",
        )


def _host(resource: str) -> str | None:
    try:
        return urlsplit(resource).hostname
    except ValueError:
        return None


def _check_preauthorization(application: Document, permission: str) -> None:
    """https://github.com/Azure/azure-cli/issues/26471 shows it for the permissions of PIM."""
    if not applications.may_ask_for(application, permission):
        raise invalid_request(
            65002,
            f"Consent between first party application '{application['id']}' and first party resource '{GRAPH_ID}' "
            "must be configured via preauthorization - applications owned and operated by Microsoft must get approval "
            "from the API owner before requesting tokens for that API.",
        )
