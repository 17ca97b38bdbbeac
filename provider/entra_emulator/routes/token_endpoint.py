"""The token endpoint: what a client hands in, and the tokens that it gets for it.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-access-token
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from entra_emulator.directory.store import Document
from entra_emulator.routes.call import Answer
from entra_emulator.routes.sign_in import SignInCall
from entra_emulator.sign_in import (
    authorization_codes,
    claims_request,
    clients,
    device_codes,
    grants,
    id_tokens,
    refresh_tokens,
    scopes,
)
from entra_emulator.sign_in.errors import SignInError, invalid_grant, missing
from entra_emulator.sign_in.grants import Grant
from entra_emulator.tokens import LIFETIME, Principal, claims

_Form = Mapping[str, str]


def issue(call: SignInCall) -> Answer:
    """POST /{tenant}/oauth2/v2.0/token."""
    form = call.form
    grant_type = form.get("grant_type")
    if grant_type not in _GRANT_TYPES:
        raise SignInError(
            400,
            "unsupported_grant_type",
            70003,
            f"The app requested an unsupported grant type '{grant_type}'. "
            f"entra-emulator knows {', '.join(_GRANT_TYPES)}.",
        )
    document = _GRANT_TYPES[grant_type](call, form)
    return Answer(document=document, headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})


def _by_client_credentials(call: SignInCall, form: _Form) -> Document:
    tenant = call.known_tenant
    application = clients.authenticate(tenant, form, _endpoint(call))
    scopes.check_for_an_app(tenant, form.get("scope", ""))
    principal = Principal(tenant.id, application["servicePrincipalId"], application["id"], application["displayName"])
    return _access(call.signer.sign(claims(principal, application["permissions"], call.now)))


def _by_authorization_code(call: SignInCall, form: _Form) -> Document:
    application = clients.authenticate_for_a_person(call.known_tenant, form, _endpoint(call))
    grant = authorization_codes.redeem(call.known_tenant, form, application["id"])
    return _for_a_person(call, form, application, grant)


def _by_device_code(call: SignInCall, form: _Form) -> Document:
    application = clients.identify_public(call.known_tenant, form)
    if not form.get("device_code"):
        raise missing("device_code")
    grant = device_codes.redeem(call.known_tenant, form["device_code"], application["id"])
    return _for_a_person(call, form, application, grant)


def _by_refresh_token(call: SignInCall, form: _Form) -> Document:
    tenant = call.known_tenant
    application = clients.authenticate_for_a_person(tenant, form, _endpoint(call))
    if not form.get("refresh_token"):
        raise missing("refresh_token")
    grant = refresh_tokens.read(call.signer, form["refresh_token"], tenant, application["id"])
    return _for_a_person(call, form, application, grant)


_GRANT_TYPES: dict[str, Callable[[SignInCall, _Form], Document]] = {
    "client_credentials": _by_client_credentials,
    "authorization_code": _by_authorization_code,
    "refresh_token": _by_refresh_token,
    "urn:ietf:params:oauth:grant-type:device_code": _by_device_code,
}


def _for_a_person(call: SignInCall, form: _Form, application: Document, grant: Grant) -> Document:
    """Write the tokens that a grant is good for, with no more permissions than the person consented to."""
    tenant = call.known_tenant
    user = grants.admit(tenant, application, grant)
    consented = scopes.read(tenant, application, grant.scope)
    asked = scopes.read(tenant, application, form["scope"]) if form.get("scope") else consented
    if not asked.permissions <= consented.permissions | set(application["permissions"]):
        raise invalid_grant(
            65001,
            f"The user or administrator has not consented to use the application with ID '{application['id']}' named "
            f"'{application['displayName']}'. Send an interactive authorization request for this user and resource.",
        )
    request = claims_request.read(grant.claims) | claims_request.read(form.get("claims"))
    if request.contexts and not grant.multi_factor:
        raise claims_request.interaction_required()
    principal = Principal(
        tenant.id, user["id"], application["id"], application["displayName"],
        user["userPrincipalName"], user["displayName"], grant.multi_factor,
    )  # fmt: skip
    openid = consented.openid | asked.openid
    permissions = asked.permissions | (openid - {"offline_access"})
    access = claims(principal, permissions, call.now) | {"sid": grant.session, **request.claims()}
    document = {"scope": " ".join(asked.written), **_access(call.signer.sign(access))}
    if "offline_access" in openid:
        document["refresh_token"] = refresh_tokens.write(call.signer, grant, call.now)
    if "openid" in openid:
        document["id_token"] = call.signer.sign(id_tokens.claims(grant, user, openid, call.issuer, call.now))
    if form.get("client_info") == "1":
        document["client_info"] = id_tokens.client_info(grant)
    return document


def _access(token: str) -> Document:
    seconds = int(LIFETIME.total_seconds())
    return {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}


def _endpoint(call: SignInCall) -> str:
    """Where the client thinks that it is: what its assertion must be for."""
    return f"{call.request.origin}{call.request.path}"
