"""``entra-pim import``: a program and an import document for what the tenant has already."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .endings import Unclear
from .exits import CannotBeDone, Exit, epilog
from .output import Output, OutputOption, print_json, print_line, print_table
from .progress import Progress
from .session import Session

if TYPE_CHECKING:
    from ..graph.client import Operation
    from ..importing.declarations import Declarations
    from ..importing.existing import Existing

EPILOG = epilog(
    'entra-pim import role "User Administrator" --out user-administrators',
    'entra-pim import group "IT Helpdesk" --out helpdesk',
    "entra-pim import user AlineD@contoso.com BobK@contoso.com --out people",
    "entra-pim import all --out tenant",
    codes=(Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.SIGN_IN),
)
NEEDS = (
    "Group.Read.All",
    "RoleAssignmentSchedule.Read.Directory",
    # Graph has no permission that only reads requests, and a start that is yet to come is told by nothing else.
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "User.Read.All",
)
PROGRAM, DOCUMENT = "__main__.py", "import.json"


class What(StrEnum):
    """What can be imported."""

    ROLE = "role"
    GROUP = "group"
    USER = "user"
    ALL = "all"


def import_(
    what: Annotated[What, typer.Argument(metavar="role|group|user|all", help="What it is.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="What it is called, or its id; users may be several."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write; nothing there is overwritten.")] = Path(),
    output: OutputOption = Output.TABLE,
) -> None:
    """Write a program, and a document for pulumi import, of what exists: then pulumi up changes nothing.

    A role brings its eligibilities and the groups that hold them; a group and a user bring what they are eligible for;
    all is every role's. People are named by id: only import user makes a user the stack's own. Reads, changes nothing.
    """
    _check_names(what, names or [])
    files = out / PROGRAM, out / DOCUMENT
    _refuse_overwriting(files)
    session = Session.of(NEEDS)
    from ..importing.declarations import declare

    with Progress() as tell:
        found = _read(session.operation(tell), what, names or [])
    declarations = declare(found)
    _write(declarations, *files)
    if output is Output.JSON:
        print_json(_document(declarations, found.unseen, files))
    else:
        _print(declarations, found.unseen, files)


def _check_names(what: What, names: Sequence[str]) -> None:
    if what is What.ALL and names:
        raise typer.BadParameter("all takes no name")
    if what is not What.ALL and not names:
        raise typer.BadParameter(f"name the {what}")
    if what in (What.ROLE, What.GROUP) and len(names) > 1:
        raise typer.BadParameter(f"name one {what}: a name of several words stands in quotes")


def _refuse_overwriting(files: Sequence[Path]) -> None:
    for file in files:
        if file.exists():
            raise CannotBeDone(f"{file} is there already, and is not overwritten: name another folder with --out")


def _read(operation: Operation, what: What, names: Sequence[str]) -> Existing:
    from ..importing import existing
    from .role_definitions import role

    match what:
        case What.ALL:
            return existing.of_tenant(operation)
        case What.ROLE:
            return existing.of_role(operation, role(operation, names[0]).id)
        case What.GROUP:
            return existing.of_group(operation, _group_id(operation, names[0]))
        case _:
            return existing.of_users(operation, sorted({_user_id(operation, name) for name in names}))


def _group_id(operation: Operation, name: str) -> str:
    from ..graph.paths import equals, select
    from .role_definitions import is_id

    condition = equals(id=name) if is_id(name) else equals(displayName=name)
    found = list(operation.pages(f"/groups?{condition}&{select('id', 'displayName')}"))
    if not found:
        raise Unclear(f"there is no group {name!r} in the tenant: check the name, and the tenant")
    if len(found) > 1:
        listed = ", ".join(str(each["id"]) for each in found)
        raise Unclear(f"{len(found)} groups are called {name!r}: give the id of one, {listed}")
    return str(found[0]["id"]).lower()


def _user_id(operation: Operation, name: str) -> str:
    from ..graph.paths import segment, select

    found = operation.find(f"/users/{segment(name)}?{select('id')}")
    if found is None:
        raise Unclear(f"there is no user {name!r} in the tenant: check the name, and the tenant")
    return str(found["id"]).lower()


def _write(declarations: Declarations, program_file: Path, document_file: Path) -> None:
    import json

    from ..importing.document import document
    from ..importing.program import program

    if not declarations.resources:
        return
    program_file.parent.mkdir(parents=True, exist_ok=True)
    for file, text in (
        (program_file, program(declarations)),
        (document_file, json.dumps(document(declarations), indent=2) + "\n"),
    ):
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)


def _document(declarations: Declarations, unseen: Sequence[str], files: Sequence[Path]) -> dict[str, object]:
    return {
        "files": [str(file) for file in files] if declarations.resources else [],
        "imported": [{"kind": each.kind, "name": each.name, "id": each.id} for each in declarations.resources],
        "not_imported": [{"what": each.what, "why": each.why} for each in declarations.left],
        "not_looked_at": list(unseen),
    }


def _print(declarations: Declarations, unseen: Sequence[str], files: Sequence[Path]) -> None:
    rows = [(each.kind, each.name, each.title) for each in declarations.resources]
    print_table("Imported", ("Resource", "Name", "What it is"), rows)
    if declarations.left:
        print_table("Not imported", ("What", "Why"), [(each.what, each.why) for each in declarations.left])
    for line in unseen:
        print_line(f"Not looked at: {line}")
    if not rows:
        print_line("Nothing was written.")
        return
    program, document = files
    for line in (
        f"{program} declares it. With that program in the stack's project:",
        f"  pulumi import --file {document} --generate-code=false --protect=false --yes",
        "  pulumi preview --expect-no-changes",
        "  pulumi up",
        "From then on the stack owns it: taking it out of the program, and pulumi destroy, delete it.",
    ):
        typer.echo(line)
