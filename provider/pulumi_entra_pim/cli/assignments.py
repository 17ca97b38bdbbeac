"""``entra-pim assignments``: who holds which role, who may activate it, and what no stack owns."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .exits import Exit, epilog
from .files import text
from .moments import shown, until
from .output import Output, OutputOption, print_json, print_line, print_table
from .progress import Progress
from .session import Session

if TYPE_CHECKING:
    from ..graph.client import Operation
    from .access import Access, Holdings

EPILOG = epilog(
    "entra-pim assignments                              # your own",
    "entra-pim assignments --user AlineD@contoso.com",
    "pulumi stack export --file dev.json",
    "entra-pim assignments --unmanaged --stack dev.json --output json   # for a nightly job",
    'entra-pim assignments --unmanaged --role "User Administrator"',
    codes=(Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.FOUND, Exit.SIGN_IN),
)
NEEDS = ("RoleManagement.Read.Directory", "User.Read.All", "GroupMember.Read.All")


def assignments(
    user: Annotated[str | None, typer.Option(metavar="UPN", help="Of this user.")] = None,
    principal: Annotated[
        str | None, typer.Option(metavar="ID", help="Of this user, group or service principal.")
    ] = None,
    me: Annotated[bool, typer.Option("--me", help="Of yourself; so it is if nobody is named.")] = False,
    unmanaged: Annotated[
        bool, typer.Option("--unmanaged", help="Of the whole tenant: what no stack owns; then the exit code is 3.")
    ] = False,
    stack: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="What `pulumi stack export` wrote; again for each stack. With --unmanaged."),
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this role; again for each. With --unmanaged.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the roles that somebody holds and may activate: through which group, over what, until when.

    With --unmanaged: every eligibility and active assignment of the tenant that no given stack owns.
    """
    if sum((user is not None, principal is not None, me, unmanaged)) > 1:
        raise typer.BadParameter("say one of --user, --principal, --me and --unmanaged")
    if unmanaged:
        _unmanaged(stack or [], role or [], output)
        return
    if stack or role:
        raise typer.BadParameter("--stack and --role go with --unmanaged")
    from . import access

    session = Session.of(NEEDS, person=user is None and principal is None)
    with Progress() as tell:
        operation = session.operation(tell)
        if user is not None:
            held = access.of_person(operation, access.person(operation, user))
        elif principal is not None:
            held = access.of_id(operation, principal)
        else:
            held = access.of_me(operation)
    _print(held, operation.now(), output)


def _print(held: Holdings, now: datetime, output: Output) -> None:
    if output is Output.JSON:
        print_json(
            {
                "principal": held.principal.document(),
                "active": [_row(held, row) for row in held.of("active")],
                "eligible": [_row(held, row) for row in held.of("eligible")],
                "doubt": held.doubt or None,
            }
        )
        return
    print_line(held.principal.name)
    columns = ("Role", "Over", "Through", "Until")
    for title, rows in (("Active roles", held.of("active")), ("Eligible roles", held.of("eligible"))):
        cells = [(row.role, row.scope, held.through(row) or _origin(row), until(row.end, now)) for row in rows]
        print_table(title, columns, cells)
    if held.doubt:
        print_line(f"Not seen: {held.doubt}.")


def _origin(row: Access) -> str:
    return "activated" if row.how == "Activated" else "by name"


def _row(held: Holdings, row: Access) -> dict[str, object]:
    return {**row.document(), "through": held.through(row) or None}


def _unmanaged(files: list[Path], names: list[str], output: Output) -> None:
    from .access import of_tenant
    from .stack_state import owned, refuse_other_tenants, unmanaged

    stacks = [owned(text(file), str(file)) for file in files]
    session = Session.of(NEEDS)
    refuse_other_tenants(stacks, session.identity.tenant_id)
    with Progress() as tell:
        operation = session.operation(tell)
        wanted = _roles(operation, names)
        found = [row for row in unmanaged(of_tenant(operation), stacks) if not wanted or row.role_id in wanted]
    if output is Output.JSON:
        print_json({"unmanaged": [row.document() for row in found], "stacks": [str(file) for file in files]})
    else:
        columns = ("Who", "What", "Role", "Over", "Since", "Until")
        cells = [
            (row.principal.name, row.state, row.role, row.scope, shown(row.start), shown(row.end) or "for ever")
            for row in found
        ]
        print_table("Grants that no stack owns", columns, cells)
    if found:
        raise typer.Exit(Exit.FOUND)


def _roles(operation: Operation, names: list[str]) -> set[str]:
    from .role_definitions import role

    return {role(operation, name).id for name in names}
