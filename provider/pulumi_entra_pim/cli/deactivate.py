"""``entra-pim deactivate``: give an activated role back."""

from __future__ import annotations

from typing import Annotated

import typer

from .exits import Exit, epilog
from .output import Output, OutputOption, print_json, print_line
from .progress import Progress
from .session import Session

EPILOG = epilog(
    'entra-pim deactivate "User Administrator"',
    "entra-pim deactivate helpdesk --wait      # until the five minutes are over for which PIM keeps it",
    codes=(Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.NOT_ALLOWED, Exit.SIGN_IN),
)
NEEDS = ("RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.Read.Directory")


def deactivate(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Its name, part of it, or its id.")],
    scope: Annotated[str, typer.Option(metavar="SCOPE", help="Over what, if over several: its name or id.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="While it has not been active for five minutes.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Give back a role that you activated, before its time is over; one that is not active is a success."""
    from . import deactivation

    session = Session.of(NEEDS, person=True)
    with Progress() as tell:
        done = deactivation.deactivate(session.operation(tell), role, scope, wait=wait)
    if output is Output.JSON:
        print_json(done.document())
    elif done.outcome == "deactivated":
        print_line(f"{done.role.name} over {done.scope} is given back.")
    else:
        print_line(f"{done.role.name} over {done.scope} is not active: there is nothing to give back.")
