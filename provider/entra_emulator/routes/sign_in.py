"""The login endpoint: discovery, key set, and what its other operations have in common.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from entra_emulator.directory.tenant import Tenant
from entra_emulator.exchange import Request
from entra_emulator.routes.call import Answer
from entra_emulator.sign_in.errors import SignInError, invalid_request
from entra_emulator.tokens import Signer


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
            raise invalid_request(
                90002,
                f"Tenant '{self.tenant_name}' not found. Check to make sure you have the correct tenant ID and are "
                "signing into the correct cloud. Check with your subscription administrator, this may happen if there "
                "are no active subscriptions for the tenant.",
            )
        return self.tenant

    @property
    def authority(self) -> str:
        """Where the tenant signs people in, as the caller wrote it."""
        return f"{self.request.origin}/{self.known_tenant.id}"

    @property
    def issuer(self) -> str:
        """Who issues ID tokens."""
        return f"{self.authority}/v2.0"

    @property
    def query(self) -> dict[str, str]:
        """The parameters behind the question mark."""
        return dict(parse_qsl(self.request.query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The fields of the form that was sent."""
        return dict(parse_qsl(self.request.body.decode(errors="replace"), keep_blank_values=True))


def discover(call: SignInCall) -> Answer:
    """GET /{tenant}/v2.0/.well-known/openid-configuration: what there is, and nothing else."""
    authority = call.authority
    return Answer(
        document={
            "token_endpoint": f"{authority}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{authority}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": call.issuer,
            "request_uri_parameter_supported": False,
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{authority}/oauth2/v2.0/devicecode",
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "oid", "email",
            ],
            "tenant_region_scope": "NA",
            "msgraph_host": urlsplit(call.request.origin).netloc,
        }
    )  # fmt: skip


def keys(call: SignInCall) -> Answer:
    """GET /{tenant}/discovery/v2.0/keys."""
    _ = call.known_tenant
    return Answer(document=call.signer.key_set())


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
