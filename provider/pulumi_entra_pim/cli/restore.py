"""``entra-pim restore``: a deleted user or group back, and into the stack again."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from .exits import Exit, epilog
from .output import Output, OutputOption, print_json, print_line
from .progress import Progress
from .session import Session

EPILOG = epilog(
    "entra-pim restore user AlineD@contoso.com",
    'entra-pim restore group "IT Helpdesk (User)"',
    codes=(Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.SIGN_IN),
)


class Kind(StrEnum):
    """What can be restored."""

    USER = "user"
    GROUP = "group"


# https://learn.microsoft.com/graph/api/directory-deleteditems-restore#permissions
NEEDS = {
    Kind.USER: ("User.DeleteRestore.All", "User.Read.All"),
    Kind.GROUP: ("Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory"),
}


def restore(
    kind: Annotated[Kind, typer.Argument(metavar="user|group", help="What it is.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it was called, or its id.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Take a user or a group back that was deleted in the last 30 days, with its memberships and its id.

    A role that was taken away before stays away: pulumi up grants it again. Says how it comes into the stack again.
    """
    from . import restoration

    session = Session.of(NEEDS[kind])
    with Progress() as tell:
        operation = session.operation(tell)
        deleted = restoration.find(operation, kind.value, name)
        restoration.restore(operation, deleted)
    if output is Output.JSON:
        print_json(deleted.document())
        return
    print_line(f"The {deleted.what} {deleted.name} ({deleted.id}) is back.")
    for line in restoration.way_into_the_stack(deleted):
        print_line(line)
