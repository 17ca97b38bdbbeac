"""The login endpoint: discovery, key set, tokens.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from entra_emulator.directory.tenant import Tenant
from entra_emulator.exchange import Request
from entra_emulator.routes.call import Answer
from entra_emulator.sign_in import SignInError, authenticate
from entra_emulator.tokens import LIFETIME, Principal, Signer, claims

_GRAPH_HOSTS = (
    "graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn",
    "127.0.0.1", "localhost", "::1",
)  # fmt: skip
_DEFAULT = "/.default"


@dataclass(frozen=True, slots=True)
class SignInCall:
    """One call of the login endpoint; ``tenant`` is ``None`` where the path names none that there is."""

    request: Request
    tenant_name: str
    tenant: Tenant | None
    now: datetime
    signer: Signer

    @property
    def known_tenant(self) -> Tenant:
        """The tenant of the path.

        Raises:
            SignInError: AADSTS90002.
        """
        if self.tenant is None:
            raise SignInError(
                400,
                "invalid_request",
                90002,
                f"Tenant '{self.tenant_name}' not found. Check to make sure you have the correct tenant ID and are "
                "signing into the correct cloud. Check with your subscription administrator, this may happen if there "
                "are no active subscriptions for the tenant.",
            )
        return self.tenant


def discover(call: SignInCall) -> Answer:
    """GET /{tenant}/v2.0/.well-known/openid-configuration."""
    authority = f"{call.request.origin}/{call.known_tenant.id}"
    return Answer(
        document={
            "token_endpoint": f"{authority}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{authority}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{authority}/v2.0",
            "request_uri_parameter_supported": False,
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver", "oid"],
            "tenant_region_scope": "NA",
            "msgraph_host": urlsplit(call.request.origin).netloc,
        }
    )


def keys(call: SignInCall) -> Answer:
    """GET /{tenant}/discovery/v2.0/keys."""
    _ = call.known_tenant
    return Answer(document=call.signer.key_set())


def token(call: SignInCall) -> Answer:
    """POST /{tenant}/oauth2/v2.0/token."""
    tenant = call.known_tenant
    form = dict(parse_qsl(call.request.body.decode(errors="replace"), keep_blank_values=True))
    if form.get("grant_type") != "client_credentials":
        raise SignInError(
            400,
            "unsupported_grant_type",
            70003,
            f"The app requested an unsupported grant type '{form.get('grant_type')}'. "
            "entra-emulator knows client_credentials only.",
        )
    application = authenticate(tenant, form, f"{call.request.origin}{call.request.path}")
    _check_scope(form.get("scope", ""), tenant)
    principal = Principal(tenant.id, application["servicePrincipalId"], application["id"], application["displayName"])
    return Answer(
        document={
            "token_type": "Bearer",
            "expires_in": int(LIFETIME.total_seconds()),
            "ext_expires_in": int(LIFETIME.total_seconds()),
            "access_token": call.signer.sign(claims(principal, application["permissions"], call.now)),
        },
        headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"},
    )


def refuse(error: SignInError, now: datetime) -> Answer:
    """Answer with an OAuth error as Entra writes it."""
    trace_id, correlation_id = str(uuid.uuid4()), str(uuid.uuid4())
    stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
    return Answer(
        error.status,
        {
            "error": error.error,
            "error_description": f"{error} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {stamp}",
            "error_codes": [error.number],
            "timestamp": stamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"https://login.microsoftonline.com/error?code={error.number}",
        },
    )


def _check_scope(scope: str, tenant: Tenant) -> None:
    if not scope.endswith(_DEFAULT):
        raise SignInError(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier (application ID URI).",
        )
    resource = scope.removesuffix(_DEFAULT)
    if urlsplit(resource).hostname not in _GRAPH_HOSTS:
        raise SignInError(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {resource} was not found in the tenant named {tenant.id}.",
        )
