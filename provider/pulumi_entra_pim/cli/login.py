"""``entra-pim login``, ``logout`` and ``whoami``: who a person is to the other commands."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from ..settings import PERSON
from .endings import SignInNeeded
from .exits import Exit, epilog
from .output import Output, OutputOption, print_json, print_line
from .session import Session, Way, open_store, read_settings, way_to_sign_in

_CODES = (Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.SIGN_IN)
LOGIN_EPILOG = epilog(
    "entra-pim login                       # at the browser, or with a code where there is none",
    "entra-pim login --device-code --tenant contoso.com",
    codes=_CODES,
)
LOGOUT_EPILOG = epilog("entra-pim logout", codes=(Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL))
WHOAMI_EPILOG = epilog("entra-pim whoami", "entra-pim whoami --output json", codes=_CODES)


def login(
    device_code: Annotated[
        bool, typer.Option("--device-code", help="Sign in with a code, at a browser of another machine.")
    ] = False,
    browser: Annotated[bool, typer.Option("--browser", help="Sign in at the browser of this machine.")] = False,
    tenant: Annotated[
        str, typer.Option(metavar="ID", help="The tenant's id, or one of its domains; AZURE_TENANT_ID, or your own.")
    ] = "",
) -> None:
    """Sign in as a person, in the place of whoever was signed in before.

    Tokens are kept encrypted by the platform (DPAPI, the keychain, the keyring), or end with the command.
    """
    if device_code and browser:
        raise typer.BadParameter("give --device-code or --browser, not both")
    settings = read_settings([PERSON], {**os.environ, **({"AZURE_TENANT_ID": tenant} if tenant else {})})
    store = open_store()
    way = way_to_sign_in(store, Way.DEVICE_CODE if device_code else Way.BROWSER if browser else None)
    if way is None:
        raise SignInNeeded("signing in takes a person at a terminal, and standard error is none")
    store.forget(settings.authority_url)
    identity = Session.of_person(settings, (), store, way).identity
    print_line(f"You are {identity.user_principal_name} in the tenant {identity.tenant_id}.")


def logout() -> None:
    """Forget every sign-in that is kept on this machine.

    Tokens that were handed out live to their end: entra-pim revoke-sessions ends those.
    """
    names = open_store().forget()
    print_line(f"Signed out: {', '.join(names)}." if names else "Nobody was signed in.")


def whoami(output: OutputOption = Output.TABLE) -> None:
    """Say who the other commands run as, by the token's own claims; ask nobody to sign in."""
    session = Session.of((), may_ask=False)
    identity = session.identity
    said = {
        "kind": "application" if identity.is_application else "person",
        "user_principal_name": identity.user_principal_name,
        "object_id": identity.object_id,
        "tenant_id": identity.tenant_id,
        "client_id": identity.client_id,
        "credential": session.settings.credential.kind,
        "permissions": sorted(identity.permissions),
    }
    if output is Output.JSON:
        print_json(said)
        return
    for name, value in said.items():
        words = value if isinstance(value, str) else ", ".join(value)
        print_line(f"{name.replace('_', ' ')}: {words or 'none'}")
