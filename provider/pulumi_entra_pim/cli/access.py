"""Who holds which role, over what and until when, as PIM lists it: for one principal, or for the whole tenant.

A person holds what is granted to them, and what is granted to a role-assignable group that they are in.
https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..graph.batch import collections
from ..graph.client import Document, Operation
from ..graph.errors import Denied, EntraError
from ..graph.paths import equals, segment, select
from ..graph.shapes import lacks
from ..roles import role_name
from .endings import Unclear

State = Literal["active", "eligible"]
_LISTS: dict[State, str] = {
    "active": "/roleManagement/directory/roleAssignmentScheduleInstances",
    "eligible": "/roleManagement/directory/roleEligibilityScheduleInstances",
}
_OWN = "/filterByCurrentUser(on='principal')?"
_NAMES = "$expand=principal,roleDefinition,directoryScope"
_ROW = ("id", "principalId", "roleDefinitionId")
# An expanded relationship shows so many objects and no more. https://learn.microsoft.com/graph/query-parameters#expand
_EXPANDED = 20
_GROUP = ("id", "displayName", "isAssignableToRole")
_NOT_SEEN = (
    "what is granted to {} is listed to directory readers only; entra-pim activate ROLE --dry-run tells whether you can"
    " activate a role"
)
_PERSON = f"{select('id', 'displayName', 'userPrincipalName')}&$expand=memberOf({select(*_GROUP)})"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever can hold a role; ``name`` is a user principal name, or what it is called, or its id."""

    id: str
    name: str
    kind: str

    def document(self) -> Document:
        """Return it as JSON."""
        return {"id": self.id, "name": self.name, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Person:
    """A user, and the groups of theirs that can hold roles."""

    principal: Principal
    groups: tuple[Principal, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """One row of PIM's lists: a role that its principal holds (``active``) or may activate (``eligible``).

    ``start`` and ``end`` are as Graph writes them; no end is for ever. ``how`` is Assigned, Activated, or "".
    """

    state: State
    principal: Principal
    role_id: str
    role: str
    scope_id: str
    scope: str
    start: str | None
    end: str | None
    how: str
    member_type: str

    @property
    def key(self) -> tuple[State, str, str, str]:
        """Return what no two rows have in common, in lower case."""
        return self.state, self.scope_id.lower(), self.role_id, self.principal.id

    def document(self) -> Document:
        """Return it as JSON."""
        return {
            "state": self.state,
            "role": {"id": self.role_id, "name": self.role},
            "scope": {"id": self.scope_id, "name": self.scope},
            "principal": self.principal.document(),
            "start": self.start,
            "end": self.end,
            "how": self.how.lower() or None,
        }


@dataclass(frozen=True, slots=True)
class Holdings:
    """What one principal holds and may activate; ``doubt`` says what could not be seen, "" when all was."""

    principal: Principal
    rows: tuple[Access, ...]
    doubt: str = ""

    def of(self, state: State) -> list[Access]:
        """Return the rows of one state."""
        return [row for row in self.rows if row.state == state]

    def through(self, row: Access) -> str:
        """Return the group that a row is held through; "" for one of the principal's own."""
        if row.principal.id != self.principal.id:
            return row.principal.name
        return "a group" if row.member_type == "Group" else ""


def person(operation: Operation, name: str) -> Person:
    """Look a user up by name or id, with their role-assignable groups; raise Unclear when there is none."""
    found = operation.find(f"/users/{segment(name)}?{_PERSON}")
    if found is None:
        raise Unclear(f"there is no user {name!r} in the tenant: check the name, and the tenant")
    return _person(operation, found)


def me(operation: Operation) -> Person:
    """Look up the signed-in user."""
    return _person(operation, operation.get(f"/me?{_PERSON}"))


def of_person(operation: Operation, who: Person) -> Holdings:
    """Read what a person holds, for a caller who may read PIM; raise Denied."""
    return Holdings(who.principal, _sorted(_once(_read(operation, _queries(who.principal, *who.groups)))))


def of_id(operation: Operation, principal_id: str) -> Holdings:
    """Read what a principal of any kind holds, by its id."""
    found = operation.find(f"/users/{segment(principal_id)}?{_PERSON}")
    if found is not None:
        return of_person(operation, _person(operation, found))
    unnamed = Principal(principal_id.lower(), principal_id, "principal")
    rows = _sorted(_read(operation, _queries(unnamed)))
    return Holdings(next((row.principal for row in rows), unnamed), rows)


def of_me(operation: Operation) -> Holdings:
    """Read what the signed-in person holds; whoever may not read PIM sees their own rows, and a doubt.

    Graph lists to such a person what is granted to them, and not always what is granted to their groups.
    """
    who = me(operation)
    queries = [(state, _OWN) for state in _LISTS]
    rows: list[Access] = []
    try:
        for portion in _portions(operation, [*queries, *_queries(*who.groups)]):
            rows += portion
    except Denied:
        if not who.groups:
            raise
        groups = " and ".join(group.name for group in who.groups)
        return Holdings(who.principal, _sorted(rows), _NOT_SEEN.format(groups))
    return Holdings(who.principal, _sorted(_once(rows)))


def of_tenant(operation: Operation) -> tuple[Access, ...]:
    """Read every eligibility and active role of the tenant."""
    return _sorted(row for state in _LISTS for row in _rows(operation, state, "?"))


def over(rows: Iterable[Access], scope: str) -> list[Access]:
    """Return the rows over a scope, by its name or id; all of them for ""."""
    return [row for row in rows if scope.casefold() in ("", row.scope_id.casefold(), row.scope.casefold())]


def the_one(rows: Sequence[Access], what: str) -> Access | None:
    """Return the only row, None where there is none; raise Unclear, with the scopes, for several."""
    if len(rows) > 1:
        listed = ", ".join(f"{row.scope} ({row.scope_id})" for row in rows)
        raise Unclear(f"{what} over several scopes: say --scope with one of {listed}")
    return rows[0] if rows else None


def own(operation: Operation, state: State) -> tuple[Access, ...]:
    """Read the caller's own rows of one state."""
    return _sorted(_rows(operation, state, _OWN))


def _queries(*principals: Principal) -> list[tuple[State, str]]:
    """Return the questions about what principals hold: one a principal and state, as no filter takes several."""
    return [(state, f"?{equals(principalId=each.id)}&") for each in principals for state in _LISTS]


def _read(operation: Operation, queries: Sequence[tuple[State, str]]) -> list[Access]:
    return [row for portion in _portions(operation, queries) for row in portion]


def _once(rows: Sequence[Access]) -> Iterator[Access]:
    """Leave out what Graph shows of a group among somebody's own rows, where the group's own row is there."""
    for row in rows:
        what = row.state, row.role_id, row.scope_id
        others = (each for each in rows if each.principal.id != row.principal.id)
        if row.member_type != "Group" or all((each.state, each.role_id, each.scope_id) != what for each in others):
            yield row


def _portions(operation: Operation, queries: Sequence[tuple[State, str]]) -> Iterator[list[Access]]:
    """Yield the rows that answer each question; raise Denied at the first that the caller may not ask."""
    answers = collections(operation, [f"{_LISTS[state]}{query}{_NAMES}" for state, query in queries])
    for (state, _), rows in zip(queries, answers, strict=True):
        yield [_access(state, row) for row in rows]


def _rows(operation: Operation, state: State, query: str) -> Iterator[Access]:
    return (_access(state, row) for row in operation.pages(f"{_LISTS[state]}{query}{_NAMES}"))


def _sorted(rows: Iterable[Access]) -> tuple[Access, ...]:
    return tuple(sorted(rows, key=lambda row: (row.principal.name.casefold(), row.role.casefold(), row.scope_id)))


def _access(state: State, row: Document) -> Access:
    missing = lacks(row, _ROW)
    if missing is not None:
        raise EntraError(f"a row of {_LISTS[state]} has no {missing}: nothing is done on its strength")
    role_id = str(row["roleDefinitionId"]).lower()
    scope_id = str(row.get("directoryScopeId") or row.get("appScopeId") or "/")
    return Access(
        state=state,
        principal=_principal(str(row["principalId"]).lower(), row.get("principal")),
        role_id=role_id,
        role=_called(row.get("roleDefinition")) or role_name(role_id),
        scope_id=scope_id,
        scope="the whole directory" if scope_id == "/" else _called(row.get("directoryScope")) or scope_id,
        start=row.get("startDateTime"),
        end=row.get("endDateTime"),
        how=str(row.get("assignmentType") or ""),
        member_type=str(row.get("memberType") or ""),
    )


def _person(operation: Operation, user: Document) -> Person:
    found: Sequence[Any] = user.get("memberOf") or ()
    if len(found) >= _EXPANDED:
        found = list(operation.pages(f"/users/{segment(str(user['id']))}/memberOf?{select(*_GROUP)}"))
    return Person(_principal(str(user["id"]).lower(), {**user, "@odata.type": "#microsoft.graph.user"}), _groups(found))


def _groups(found: Iterable[Any]) -> tuple[Principal, ...]:
    return tuple(
        Principal(str(group["id"]).lower(), _called(group) or str(group["id"]), "group")
        for group in found
        if isinstance(group, dict) and group.get("isAssignableToRole") is True
    )


def _principal(id_: str, document: Any) -> Principal:
    """Name a principal; one that Graph does not show is deleted, or hidden from the caller."""
    if not isinstance(document, dict):
        return Principal(id_, f"{id_} (not shown: deleted?)", "unknown")
    kind = str(document.get("@odata.type") or "").rpartition(".")[2] or "principal"
    return Principal(id_, str(document.get("userPrincipalName") or _called(document) or id_), kind)


def _called(document: Any) -> str:
    return str(document.get("displayName") or "") if isinstance(document, dict) else ""
