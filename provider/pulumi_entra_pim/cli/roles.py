"""``entra-pim roles``: the tenant's directory roles, by name."""

from __future__ import annotations

from typing import Annotated

import typer

from .exits import Exit, epilog
from .output import Output, OutputOption, print_json, print_table
from .progress import Progress
from .session import Session

EPILOG = epilog(
    "entra-pim roles                        # all of them",
    "entra-pim roles user admin             # whose names hold both words",
    "entra-pim roles helpdesk --output json",
    codes=(Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.SIGN_IN),
)
NEEDS = ("RoleManagement.Read.Directory",)


def roles(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORD]…", help="What the names hold.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Search the directory roles of the tenant, built in and its own, by name."""
    from .role_definitions import search

    session = Session.of(NEEDS)
    with Progress() as tell:
        found = search(session.operation(tell), " ".join(words or []))
    shown = [
        {
            "id": str(each["id"]).lower(),
            "name": str(each.get("displayName") or each["id"]),
            "built_in": each.get("isBuiltIn") is True,
            "description": str(each.get("description") or ""),
        }
        for each in found
    ]
    if output is Output.JSON:
        print_json({"roles": shown})
    else:
        rows = [(row["name"], row["id"], "built in" if row["built_in"] else "custom") for row in shown]
        print_table("Directory roles", ("Role", "Id", "Kind"), [tuple(map(str, row)) for row in rows])
