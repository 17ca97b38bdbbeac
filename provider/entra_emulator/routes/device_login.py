"""Device sign-in: the endpoint that a device begins at, and the page on which a person approves it.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

from entra_emulator.routes.call import Answer
from entra_emulator.routes.sign_in import SignInCall
from entra_emulator.routes.sign_in_pages import admit_form, consent, for_people, page
from entra_emulator.sign_in import claims_request, clients, device_codes, scopes
from entra_emulator.sign_in.errors import SignInError
from entra_emulator.sign_in.grants import Asked


def begin(call: SignInCall) -> Answer:
    """POST /{tenant}/oauth2/v2.0/devicecode."""
    tenant, form = call.known_tenant, call.form
    application = clients.identify_public(tenant, form)
    asked = Asked(application["id"], form.get("scope", ""), form.get("claims"))
    scopes.read(tenant, application, asked.scope)
    claims_request.read(asked.claims)
    issued = device_codes.issue(tenant, asked)
    page_for_people = f"{call.authority}/oauth2/deviceauth"
    return Answer(
        document={
            "user_code": issued.user_code,
            "device_code": issued.device_code,
            "verification_uri": page_for_people,
            "expires_in": int(device_codes.LIFETIME.total_seconds()),
            "interval": int(device_codes.INTERVAL.total_seconds()),
            "message": f"To sign in, use a web browser to open the page {page_for_people} and enter the code "
            f"{issued.user_code} to authenticate.",
        }
    )


@for_people
def show(call: SignInCall) -> Answer:
    """GET /{tenant}/oauth2/deviceauth?user_code="""
    _ = call.known_tenant
    user_code = call.query.get("user_code")
    return _ask(call, user_code) if user_code else page("code.html", message=None)


@for_people
def decide(call: SignInCall) -> Answer:
    """POST /{tenant}/oauth2/deviceauth, with ``user_code``, ``decision``, ``username`` and ``mfa``."""
    tenant, form = call.known_tenant, admit_form(call)
    user_code = form.get("user_code", "")
    try:
        if form.get("decision") == "approve":
            device_codes.approve(tenant, user_code, form.get("username", ""), multi_factor="mfa" in form)
            return page("done.html", heading="You are signed in", sentence="Go back to your device.")
        device_codes.decline(tenant, user_code)
        return page("done.html", heading="Declined", sentence="The device gets nothing.")
    except SignInError as error:
        return _ask(call, user_code, error)


def _ask(call: SignInCall, user_code: str, refused: SignInError | None = None) -> Answer:
    """Ask a person about the sign-in under a code, or for another code where none waits under it."""
    tenant, form = call.known_tenant, call.form
    try:
        asked = device_codes.awaited(tenant, user_code)
    except SignInError as error:
        message = "That code is not known, or its time is over. Look at it again."
        return page("code.html", status=error.status, message=message)
    application = clients.identify(tenant, {"client_id": asked.client_id})
    return consent(
        tenant, application, asked.scope.split(), user_code=user_code, message=refused,
        username=form.get("username", ""), mfa=refused is None or "mfa" in form,
    )  # fmt: skip
