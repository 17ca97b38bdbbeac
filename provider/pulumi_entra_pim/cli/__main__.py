"""The command ``entra-pim``."""

from __future__ import annotations

from collections.abc import Callable

import typer

from . import (
    activate,
    assignments,
    deactivate,
    doctor,
    extend,
    import_,
    login,
    requests,
    restore,
    review,
    revoke_sessions,
    roles,
)
from .exits import epilog, in_one_line

app = typer.Typer(
    name="entra-pim",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=epilog("pulumi preview --json --show-sames | entra-pim review"),
)


@app.callback()
def _command() -> None:
    """Look after access to Microsoft Entra roles: what is not desired state."""


def _add(command: Callable[..., None], epilog: str, name: str | None = None) -> None:
    app.command(name, epilog=epilog)(in_one_line()(command))


_add(login.login, login.LOGIN_EPILOG)
_add(login.logout, login.LOGOUT_EPILOG)
_add(login.whoami, login.WHOAMI_EPILOG)
_add(roles.roles, roles.EPILOG)
_add(assignments.assignments, assignments.EPILOG)
_add(requests.requests, requests.EPILOG)
_add(activate.activate, activate.EPILOG)
_add(deactivate.deactivate, deactivate.EPILOG)
_add(extend.extend, extend.EPILOG)
_add(revoke_sessions.revoke_sessions, revoke_sessions.EPILOG)
_add(restore.restore, restore.EPILOG)
_add(doctor.doctor, doctor.EPILOG)
_add(import_.import_, import_.EPILOG, "import")
_add(review.review, review.EPILOG)


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
