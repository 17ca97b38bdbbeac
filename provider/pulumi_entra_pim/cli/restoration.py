"""Taking a deleted user or group back out of the directory's bin, where it stays for 30 days.

https://learn.microsoft.com/graph/api/directory-deleteditems-restore
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..graph.client import Document, Operation
from ..graph.errors import GraphError, NotFound, OutcomeUnknown
from ..graph.paths import segment, select
from ..graph.waiting import LAG
from .endings import Unclear
from .exits import CannotBeDone
from .role_definitions import is_id

What = Literal["user", "group"]
_BIN = "/directory/deletedItems"
_HOMES: dict[What, str] = {"user": "/users", "group": "/groups"}
_SHOWN: dict[What, tuple[str, ...]] = {
    "user": ("id", "displayName", "userPrincipalName", "mailNickname", "deletedDateTime"),
    "group": ("id", "displayName", "mailNickname", "isAssignableToRole", "deletedDateTime"),
}


@dataclass(frozen=True, slots=True)
class Deleted:
    """A user or a group in the bin; ``name`` is what people call it."""

    what: What
    id: str
    name: str
    when: str
    is_role_assignable: bool = False

    def document(self) -> Document:
        """Return it as JSON."""
        return {"kind": self.what, "id": self.id, "name": self.name, "deleted": self.when or None}


def way_into_the_stack(deleted: Deleted) -> list[str]:
    """Say how what was restored comes under a stack's care again."""
    if deleted.what == "group" and not deleted.is_role_assignable:
        return ["It is not role-assignable, so no resource of entra-pim stands for it."]
    return [
        "A stack that has it in its state still: pulumi refresh, then pulumi up.",
        f"A stack that has not: entra-pim import {deleted.what} {deleted.id} --out restored",
        "  pulumi import --file restored/import.json --generate-code=false --protect=false --yes",
    ]


def find(operation: Operation, what: What, name: str) -> Deleted:
    """Find what is meant by a name or an id; raise Unclear, with the candidates, for none and for several."""
    rows = operation.pages(f"{_BIN}/microsoft.graph.{what}?{select(*_SHOWN[what])}")
    found = [_deleted(what, row) for row in rows if _is_called(row, name.casefold())]
    if not found:
        raise Unclear(f"no deleted {what} is called {name!r}: Entra keeps what is deleted for 30 days")
    if len(found) > 1:
        listed = ", ".join(f"{each.name} ({each.id}, deleted {each.when})" for each in found)
        raise Unclear(f"{name!r} may be any of {len(found)} deleted {what}s: give the id of one, {listed}")
    return found[0]


def restore(operation: Operation, deleted: Deleted) -> None:
    """Take it back, once, and wait until the directory shows it; raise CannotBeDone when its name is taken."""
    path = f"{_BIN}/{segment(deleted.id)}/restore"
    try:
        operation.post_once(path)
    except OutcomeUnknown:
        # Another restore of what was restored is refused, so look.
        if operation.find(f"{_BIN}/{segment(deleted.id)}?{select('id')}") is not None:
            raise
    except NotFound as error:
        raise CannotBeDone(f"{deleted.name} is in the bin no longer: somebody restored or purged it") from error
    except GraphError as error:
        if error.answer.status != 400:
            raise
        raise CannotBeDone(f"{deleted.name} cannot be restored: {error}") from error
    home = f"{_HOMES[deleted.what]}/{segment(deleted.id)}?{select('id')}"
    operation.waiter.until(lambda: operation.find(home), f"the directory shows {deleted.name}", LAG)


def _is_called(row: Document, wanted: str) -> bool:
    """Compare with the id and every name."""
    id_ = str(row["id"]).casefold()
    if is_id(wanted):
        return wanted == id_
    names = (_user_principal_name(row), row.get("displayName"), row.get("mailNickname"))
    return wanted in [str(name or "").casefold() for name in names]


def _user_principal_name(row: Document) -> str:
    """Return what a user was called: in the bin their name begins with their id, as answers on record have it.

    https://pnp.github.io/cli-microsoft365/cmd/entra/user/user-recyclebinitem-list/#response
    """
    return str(row.get("userPrincipalName") or "").removeprefix(str(row["id"]).replace("-", ""))


def _deleted(what: What, row: Document) -> Deleted:
    return Deleted(
        what,
        str(row["id"]).lower(),
        _user_principal_name(row) or str(row.get("displayName") or row["id"]),
        str(row.get("deletedDateTime") or ""),
        row.get("isAssignableToRole") is True,
    )
