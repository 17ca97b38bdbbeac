"""The authorization endpoint: the page on which a person signs in, and the way back to the client with a code.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from entra_emulator.directory.store import Document
from entra_emulator.routes import sign_in
from entra_emulator.routes.call import Answer
from entra_emulator.routes.sign_in import SignInCall
from entra_emulator.routes.sign_in_pages import admit_form, consent, for_people, page
from entra_emulator.sign_in import authorization_codes, claims_request, clients, grants, scopes
from entra_emulator.sign_in.authorization_codes import Challenge
from entra_emulator.sign_in.errors import SignInError, invalid_request, missing
from entra_emulator.sign_in.grants import Asked

# Any port and path: https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions
_LOOPBACK = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?([/?][!-\"$-~]*)?")


@dataclass(frozen=True, slots=True)
class _Client:
    """Who asks, and how they get their answer."""

    application: Document
    redirect_uri: str
    response_mode: str
    state: str | None


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked of the person, and what the client will prove itself with."""

    asked: Asked
    challenge: Challenge | None


@for_people
def show(call: SignInCall) -> Answer:
    """GET /{tenant}/oauth2/v2.0/authorize."""
    return _answer(call, _ask)


@for_people
def decide(call: SignInCall) -> Answer:
    """POST /{tenant}/oauth2/v2.0/authorize, with ``decision``, ``username`` and ``mfa``."""
    admit_form(call)
    return _answer(call, _decide)


def _answer(call: SignInCall, operation: Callable[[SignInCall, _Client, _Wish], Answer]) -> Answer:
    """Carry out an operation; once it is known where the client is, it is told of what is refused."""
    client = _read_client(call)
    try:
        return operation(call, client, _read_wish(call, client))
    except SignInError as error:
        refused = sign_in.refuse(error, call.now).document
        return _send(client, {name: refused[name] for name in ("error", "error_description", "error_uri")})


def _read_client(call: SignInCall) -> _Client:
    """Find out who asks; whom the emulator does not know, or not on this machine, it sends nothing.

    Raises:
        SignInError: AADSTS900144, AADSTS700016, AADSTS50011, AADSTS70007.
    """
    query = call.query
    application = clients.identify(call.known_tenant, query)
    redirect_uri, response_mode = query.get("redirect_uri", ""), query.get("response_mode", "query")
    if not redirect_uri:
        raise missing("redirect_uri")
    if _LOOPBACK.fullmatch(redirect_uri) is None:
        raise invalid_request(
            50011,
            f"The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured "
            f"for the application '{application['id']}'. entra-emulator answers to loopback addresses only.",
        )
    if response_mode not in ("query", "fragment", "form_post"):
        raise invalid_request(70007, f"'{response_mode}' is not a supported value for 'response_mode'.")
    return _Client(application, redirect_uri, response_mode, query.get("state"))


def _read_wish(call: SignInCall, client: _Client) -> _Wish:
    """Find out what is asked.

    Raises:
        SignInError: AADSTS700054, AADSTS50058, and what scopes, claims and challenges are refused with.
    """
    query = call.query
    if query.get("response_type") != "code":
        raise SignInError(
            400,
            "unsupported_response_type",
            700054,
            f"response_type '{query.get('response_type')}' is not enabled for the application.",
        )
    asked = Asked(client.application["id"], query.get("scope", ""), query.get("claims"), query.get("nonce"))
    scopes.read(call.known_tenant, client.application, asked.scope)
    claims_request.read(asked.claims)
    challenge = authorization_codes.read_challenge(query)
    if query.get("prompt") == "none":
        # No browser stays signed in to the emulator.
        raise SignInError(400, "login_required", 50058, "A silent sign-in request was sent but no user is signed in.")
    return _Wish(asked, challenge)


def _ask(call: SignInCall, client: _Client, wish: _Wish) -> Answer:
    hint = call.query.get("login_hint", "")
    return consent(call.known_tenant, client.application, wish.asked.scope.split(), username=hint)


def _decide(call: SignInCall, client: _Client, wish: _Wish) -> Answer:
    tenant, form = call.known_tenant, call.form
    if form.get("decision") != "approve":
        raise SignInError(400, "access_denied", 65004, "User declined to consent to access the app.")
    username, multi_factor = form.get("username", ""), "mfa" in form
    try:
        grant = grants.give(tenant, client.application, wish.asked, username, multi_factor=multi_factor)
    except SignInError as error:
        scopes_asked = wish.asked.scope.split()
        return consent(tenant, client.application, scopes_asked, username=username, mfa=multi_factor, message=error)
    return _send(client, {"code": authorization_codes.issue(tenant, grant, client.redirect_uri, wish.challenge)})


def _send(client: _Client, fields: dict[str, str]) -> Answer:
    """Send the browser back to the client with an answer."""
    if client.state is not None:
        fields = {**fields, "state": client.state}
    if client.response_mode == "form_post":
        return page("form_post.html", redirect_uri=client.redirect_uri, fields=fields)
    query_goes_on = "&" if "?" in client.redirect_uri else "?"
    mark = "#" if client.response_mode == "fragment" else query_goes_on
    return Answer(
        302, headers={"Location": f"{client.redirect_uri}{mark}{urlencode(fields)}", "Cache-Control": "no-store"}
    )
