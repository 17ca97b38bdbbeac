"""Who owns a group and who is in it: read whole, written in portions, owners never without an owner between."""

from collections.abc import Iterator, Sequence
from typing import Literal

from ..graph.client import Operation
from ..graph.errors import AlreadyExists, NotFound, Refused
from ..graph.paths import segment
from ._fields import id_set
from ._objects import settle

Relationship = Literal["owners", "members"]

# Relationships that Graph takes in one write. https://learn.microsoft.com/graph/api/group-post-groups
AT_ONCE = 20

# A cast is an advanced query. https://learn.microsoft.com/graph/aad-advanced-queries
_ADVANCED = {"ConsistencyLevel": "eventual"}


def related(operation: Operation, group_id: str, relationship: Relationship) -> set[str]:
    """Return the ids of all owners or members.

    To an application the plain list may leave service principals out, so they are asked for by themselves.
    https://learn.microsoft.com/graph/api/group-list-owners
    """
    path = f"/groups/{segment(group_id)}/{relationship}"
    plain = operation.pages(f"{path}?$select=id")
    applications = operation.pages(f"{path}/microsoft.graph.servicePrincipal?$count=true&$select=id", _ADVANCED)
    return {str(each["id"]).lower() for found in (plain, applications) for each in found}


def relate(
    operation: Operation,
    group_id: str,
    relationship: Relationship,
    wanted: Sequence[str],
    known: Sequence[str] = (),
) -> None:
    """Make exactly these the owners or members: all additions first, then the removals, the caller's own last.

    ``known`` are those of whom the state knows, whom Graph may not list yet; they go too when they are not wanted.
    Begins anew, from what is there then, when the directory does not show the group or one of them yet.
    """
    settle(operation, lambda: _relate(operation, group_id, relationship, wanted, known))


def references(operation: Operation, ids: Sequence[str]) -> list[str]:
    """Return ids as the addresses that ``@odata.bind`` wants."""
    return [f"{operation.client.graph_url}/v1.0/directoryObjects/{segment(each)}" for each in ids]


def _relate(
    operation: Operation, group_id: str, relationship: Relationship, wanted: Sequence[str], known: Sequence[str]
) -> None:
    live, target = related(operation, group_id, relationship), id_set(list(wanted))
    if relationship == "owners" and live and not target:
        raise Refused(
            f"group {group_id} would lose its last owner, which Graph does not let go; name one, or leave owners out"
        )
    missing = [each.lower() for each in wanted if each.lower() not in live]
    caller = operation.caller.object_id
    surplus = sorted((live | id_set(list(known))) - target, key=lambda each: (each == caller, each))
    if relationship == "members":
        for portion in _portions(missing):
            _add_members(operation, group_id, portion)
    else:
        for each in missing:
            _add(operation, group_id, relationship, each)
    for each in surplus:
        _remove(operation, group_id, relationship, each)


def _add_members(operation: Operation, group_id: str, ids: Sequence[str]) -> None:
    """Add up to 20 members at once; one by one when Graph says that some are members already."""
    try:
        operation.patch(f"/groups/{segment(group_id)}", {"members@odata.bind": references(operation, ids)})
    except AlreadyExists:
        for each in ids:
            _add(operation, group_id, "members", each)


def _add(operation: Operation, group_id: str, relationship: Relationship, id_: str) -> None:
    [reference] = references(operation, [id_])
    try:
        operation.post(f"/groups/{segment(group_id)}/{relationship}/$ref", {"@odata.id": reference})
    except AlreadyExists:
        return


def _remove(operation: Operation, group_id: str, relationship: Relationship, id_: str) -> None:
    try:
        operation.delete(f"/groups/{segment(group_id)}/{relationship}/{segment(id_)}/$ref")
    except NotFound:
        return


def _portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
