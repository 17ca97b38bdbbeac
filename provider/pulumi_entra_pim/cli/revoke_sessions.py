"""``entra-pim revoke-sessions``: end the sign-in sessions of people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .endings import Interrupted, PartlyDone
from .exits import CannotBeDone, Exit, epilog
from .files import text
from .output import Output, OutputOption, print_json, print_table
from .progress import Progress
from .session import Session

if TYPE_CHECKING:
    from .revocation import Revocation

EPILOG = epilog(
    "entra-pim revoke-sessions AlineD@contoso.com",
    "entra-pim revoke-sessions --file people.txt --yes        # one a line, # begins a comment",
    'entra-pim revoke-sessions --all-in-group "IT Helpdesk (User)" --yes --output json',
    codes=(Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.SIGN_IN, Exit.PARTLY_DONE, Exit.INTERRUPTED),
)
NEEDS = ("User.RevokeSessions.All",)
NEEDS_OF_GROUPS = ("GroupMember.Read.All", "User.ReadBasic.All")


def revoke_sessions(
    people: Annotated[list[str] | None, typer.Argument(metavar="[UPN]…", help="Whose: names or ids.")] = None,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="Whose: a file of names, one a line.")] = None,
    all_in_group: Annotated[
        str | None, typer.Option(metavar="GROUP", help="Whose: everybody's in this group, by its name or id.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before more than one person.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """End people's sign-in sessions: their refresh tokens are good no longer, and they have to sign in again.

    It takes some minutes, and access tokens that were given before are good until their end, of an hour or so. A
    failure for one person does not stop it; the table at the end names everybody.
    """
    from . import revocation

    if not (people or file or all_in_group):
        raise typer.BadParameter("name people, a --file or --all-in-group")
    session = Session.of((*NEEDS, *(NEEDS_OF_GROUPS if all_in_group else ())))
    named = [*(people or []), *(revocation.people_of_file(text(file)) if file else [])]
    if all_in_group:
        with Progress() as tell:
            named += revocation.people_of_group(session.operation(tell), all_in_group)
    everybody = revocation.in_order(named, session.identity)
    if not everybody:
        raise CannotBeDone("there is nobody whose sessions could be ended")
    if len(everybody) > 1 and not yes:
        _confirm(everybody)
    done: list[Revocation] = []
    try:
        with Progress() as tell:
            revocation.revoke(session.client, everybody, tell, done.append)
    except KeyboardInterrupt:
        _print(revocation.interrupted(everybody, done), output)
        raise Interrupted(f"interrupted: {len(done)} of {len(everybody)} were dealt with") from None
    _print(done, output)
    failed = sum(each.outcome != "revoked" for each in done)
    if failed:
        raise PartlyDone(f"the sessions of {failed} of {len(everybody)} were not ended")


def _confirm(people: list[str]) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise typer.BadParameter(f"these are {len(people)} people, and there is nobody to ask: say --yes")
    from ..graph.errors import one_line

    first = one_line(people[0])
    typer.confirm(f"End the sign-in sessions of {len(people)} people, {first} the first of them?", abort=True, err=True)


def _print(done: list[Revocation], output: Output) -> None:
    if output is Output.JSON:
        print_json({"sessions": [each.document() for each in done]})
    else:
        print_table("Sessions", ("Who", "Outcome", "Why"), [(each.person, each.outcome, each.why) for each in done])
