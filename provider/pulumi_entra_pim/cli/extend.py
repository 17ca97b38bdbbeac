"""``entra-pim extend``: ask for more time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from .endings import Waits
from .exits import Exit, epilog
from .lengths import length
from .output import Output, OutputOption, print_json, print_line
from .progress import Progress
from .session import Session

if TYPE_CHECKING:
    from .own_requests import Kind

EPILOG = epilog(
    'entra-pim extend "User Administrator" --for 180d --justification "Still at the helpdesk"',
    "entra-pim extend helpdesk --for 30d --active       # an assigned role rather than an eligibility",
    codes=(Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.NOT_ALLOWED, Exit.SIGN_IN, Exit.WAITS, Exit.DONE),
)
NEEDS = (
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
)


def extend(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Its name, part of it, or its id.")],
    for_: Annotated[
        timedelta, typer.Option("--for", metavar="LENGTH", parser=length, help="From now on: 180d, P180D.")
    ],
    justification: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    scope: Annotated[str, typer.Option(metavar="SCOPE", help="Over what, if over several: its name or id.")] = "",
    active: Annotated[
        bool, typer.Option("--active", help="An active assignment, not the eligibility for the role.")
    ] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Ask for more time for what is granted to you by name, or has ended in the last 30 days; an administrator decides.

    A role that you activated is not extended: activate it again.
    """
    from .activation_rules import ADMINISTRATORS
    from .extension import extend

    session = Session.of(NEEDS, person=True)
    kind: Kind = "Assignment" if active else "Eligibility"
    with Progress() as tell:
        asked = extend(session.operation(tell), kind, role, scope, for_, justification)
    if output is Output.JSON:
        print_json(asked.document())
    else:
        begun = "was open already" if asked.was_open else "is made"
        print_line(f"The request {asked.request_id} for {asked.role.name} {begun}: {asked.document()['meaning']}.")
    if asked.waits:
        raise Waits(f"{asked.role.name} is as it was until {ADMINISTRATORS} decides about request {asked.request_id}")
