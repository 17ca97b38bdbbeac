"""What a tenant holds: eligibilities, the groups that have them, users that are named; read in few requests.

Nothing here decides what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ..graph.batch import collections
from ..graph.client import Document, Operation
from ..graph.errors import Denied
from ..graph.paths import equals, segment, select

Grants = tuple[Document, ...]

_PIM = "/roleManagement/directory"
_NAMES = "$expand=principal,roleDefinition"
_ROW = ("id", "principalId", "roleDefinitionId", "scheduleInfo")
_RELATIONSHIPS = ("owners", "members")
_ROLE_ASSIGNABLE = "$filter=isAssignableToRole%20eq%20true"
_GROUP = ("id", "displayName", "description", "mailNickname", "uniqueName", "isAssignableToRole")
_USER = (
    "id", "userPrincipalName", "displayName", "mailNickname", "accountEnabled", "givenName", "surname", "jobTitle",
    "department", "usageLocation", "userType", "onPremisesSyncEnabled",
)  # fmt: skip
_RELATED = select("id", "displayName")
# An expanded relationship shows so many objects and no more. https://learn.microsoft.com/graph/query-parameters#expand
_EXPANDED = 20
# A cast is an advanced query. https://learn.microsoft.com/graph/aad-advanced-queries
_ADVANCED = {"ConsistencyLevel": "eventual"}


@dataclass(frozen=True, slots=True)
class Group:
    """A group, and the display names of all its owners and members, by their ids; "" where Graph shows none."""

    document: Document
    owners: Mapping[str, str]
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Existing:
    """What was found, as Graph tells it.

    ``waiting`` are requests whose start is yet to come: nothing else tells of them. ``unseen`` says what the caller may
    not look at, and why.
    """

    tenant_id: str
    users: tuple[Document, ...] = ()
    groups: tuple[Group, ...] = ()
    schedules: Grants = ()
    waiting: Grants = ()
    assignments: Grants = ()
    unseen: tuple[str, ...] = ()


def of_tenant(operation: Operation) -> Existing:
    """Read all eligibilities, and the groups that hold them; raise Denied."""
    return _with_groups(operation, _granted(operation, {}))


def of_role(operation: Operation, role_definition_id: str) -> Existing:
    """Read the eligibilities of a role, and the groups that hold them; raise Denied."""
    return _with_groups(operation, _granted(operation, {"roleDefinitionId": role_definition_id}))


def of_group(operation: Operation, group_id: str) -> Existing:
    """Read a group, and its eligibilities; raise Denied."""
    found = _granted(operation, {"principalId": group_id})
    return replace(found, groups=_groups(operation, equals(id=group_id), {group_id}))


def of_users(operation: Operation, user_ids: Sequence[str]) -> Existing:
    """Read different users, and what each is eligible for by name; raise NotFound and Denied."""
    found = [_granted(operation, {"principalId": each}) for each in user_ids]
    return Existing(
        tenant_id=operation.caller.tenant_id,
        users=tuple(operation.get(f"/users/{segment(each)}?{select(*_USER)}") for each in user_ids),
        schedules=tuple(row for each in found for row in each.schedules),
        waiting=tuple(row for each in found for row in each.waiting),
        assignments=tuple(row for each in found for row in each.assignments),
        unseen=tuple(dict.fromkeys(doubt for each in found for doubt in each.unseen)),
    )


def _granted(operation: Operation, of: Mapping[str, str]) -> Existing:
    """Read the grants of a role, or of a principal, or all."""
    unseen: list[str] = []

    def as_far_as_allowed(what: str, path: str, conditions: Mapping[str, str]) -> Grants:
        try:
            return _rows(operation, path, conditions)
        except Denied as error:
            unseen.append(f"{what}: {error}")
            return ()

    return Existing(
        tenant_id=operation.caller.tenant_id,
        schedules=_rows(operation, f"{_PIM}/roleEligibilitySchedules", of),
        waiting=as_far_as_allowed(
            "eligibilities that are yet to begin",
            f"{_PIM}/roleEligibilityScheduleRequests",
            {**of, "status": "Granted"},
        ),
        assignments=as_far_as_allowed("active assignments", f"{_PIM}/roleAssignmentSchedules", of),
        unseen=tuple(unseen),
    )


def _rows(operation: Operation, path: str, conditions: Mapping[str, str]) -> Grants:
    query = "&".join(part for part in (equals(**conditions) if conditions else "", _NAMES) if part)
    return tuple(operation.pages(f"{path}?{query}", wants=_ROW))


def _with_groups(operation: Operation, found: Existing) -> Existing:
    holders = {str(row["principalId"]).lower() for row in (*found.schedules, *found.waiting)}
    return replace(found, groups=_groups(operation, _ROLE_ASSIGNABLE, holders))


def _groups(operation: Operation, condition: str, wanted: Collection[str]) -> tuple[Group, ...]:
    """Read the groups of some ids among those that meet a condition, with everybody related to them.

    A page expands one relationship, shows twenty of it, and of its members no service principals; the rest is asked
    for group by group, in batches.
    """
    documents: dict[str, Document] = {}
    related: dict[tuple[str, str], dict[str, str]] = {}
    for relationship in _RELATIONSHIPS:
        path = f"/groups?{condition}&{select(*_GROUP)}&$expand={relationship}({_RELATED})"
        for group in operation.pages(path):
            id_ = str(group["id"]).lower()
            if id_ in wanted:
                documents[id_] = group
                related[id_, relationship] = _names(group.get(relationship) or ())
    _complete(operation, related, lambda shown: len(shown) >= _EXPANDED, f"?{_RELATED}", {})
    cast = f"/microsoft.graph.servicePrincipal?$count=true&{_RELATED}"
    _complete(operation, related, lambda _: True, cast, _ADVANCED)
    # A group that was deleted or made between the two pages is known by half.
    return tuple(
        Group(document, related[id_, "owners"], related[id_, "members"])
        for id_, document in documents.items()
        if all((id_, each) in related for each in _RELATIONSHIPS)
    )


def _complete(
    operation: Operation,
    related: dict[tuple[str, str], dict[str, str]],
    needs: Callable[[Mapping[str, str]], bool],
    query: str,
    headers: Mapping[str, str],
) -> None:
    """Add to what is shown of each relationship that needs it what a query of its own brings."""
    keys = [key for key, shown in related.items() if needs(shown)]
    paths = [f"/groups/{segment(id_)}/{relationship}{query}" for id_, relationship in keys]
    for key, found in zip(keys, collections(operation, paths, headers), strict=True):
        related[key] |= _names(found)


def _names(found: Collection[Document]) -> dict[str, str]:
    return {str(each["id"]).lower(): str(each.get("displayName") or "") for each in found}
