"""Who holds which role by what is declared at one time, and who can let others in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Literal

from . import principals, privilege
from .declared import Declared, Eligibility, Group, Hidden, Reference, Told
from .model import Grant, Mode, Owner, Person, Role, Route, Scope, Window
from .urns import name_of
from .windows import merged, window_of

_MODE: Mode = "eligible"
TENANT = "/"
"""The scope of the whole directory."""

_UNITS = "/administrativeUnits/"


@dataclass(frozen=True, slots=True)
class Holding:
    """A grant by one route; ``group_key`` is the group's that it comes through, "" for none."""

    person: Person
    role: Role
    scope: Scope
    window: Window
    route: Route
    group_key: str

    @property
    def place(self) -> tuple[str, str, str]:
        """The group, role and scope: what is the same for all who are in the group."""
        return self.group_key, self.role.id, self.scope.id


@dataclass(frozen=True)
class Side:
    """One side of a change: what is declared, and who holds what by it at a moment."""

    declared: Declared
    as_of: datetime

    @cached_property
    def holdings(self) -> list[Holding]:
        """Every person's every way to a role that is not over yet."""
        return holdings(self.declared, self.as_of)


def holdings(declared: Declared, as_of: datetime) -> list[Holding]:
    """Return every person's every way to a role that is not over yet."""
    found: list[Holding] = []
    for eligibility in declared.eligibilities:
        window = window_of(eligibility, as_of)
        if window is not None:
            found += _of_eligibility(eligibility, window, declared)
    return found


def without_empty_places(holdings: list[Holding], other_side: list[Holding]) -> list[Holding]:
    """Leave out "nobody yet" where people hold the same on the other side: the first to come are the change."""
    peopled = {each.place for each in other_side if each.person.kind != "nobody"}
    return [each for each in holdings if each.person.kind != "nobody" or each.place not in peopled]


def grants(holdings: Iterable[Holding]) -> tuple[Grant, ...]:
    """Join the ways of each person to one grant for each role and scope, in a fixed order."""

    def key(holding: Holding) -> tuple[str, str, str]:
        return holding.person.key, holding.role.id, holding.scope.id

    joined = [_joined(list(same)) for _, same in groupby(sorted(holdings, key=key), key)]
    return tuple(sorted(joined, key=lambda grant: (grant.role, grant.scope, grant.person)))


def triple(eligibility: Eligibility, declared: Declared) -> tuple[str, str, str] | None:
    """Return principal, role and scope, which PIM lets nobody give twice; None while one of them is not known."""
    found = list(principals.principal(eligibility.principal, declared, eligibility.urn))
    role, scope = eligibility.role.id, eligibility.scope.id
    if len(found) != 1 or isinstance(role, Hidden) or isinstance(scope, Hidden):
        return None
    if isinstance(found[0], Person) and found[0].kind == "unknown":
        return None
    return found[0].key, role, scope


def owners(before: Side, after: Side) -> tuple[Owner, ...]:
    """Return who can put others into a group that holds roles, and what the change does to that."""
    was, will = _owners(before), _owners(after)
    could, can = _can_give(was.values()), _can_give(will.values())
    gained = [_changed(will[key], "gained", could) for key in will.keys() - was.keys()]
    lost = [_changed(was[key], "lost", can) for key in was.keys() - will.keys()]
    kept = [will[key] for key in will.keys() & was.keys()]
    return tuple(sorted(gained + lost + kept, key=lambda owner: (owner.group, owner.group_urn, owner.person)))


def _can_give(owners: Iterable[Owner]) -> set[tuple[str, str]]:
    return {(owner.person.key, role.id) for owner in owners for role in owner.roles}


def _changed(owner: Owner, kind: Literal["gained", "lost"], other_side: set[tuple[str, str]]) -> Owner:
    matters = any((owner.person.key, role.id) not in other_side for role in owner.roles)
    return replace(owner, kind=kind, matters=matters)


def _of_eligibility(eligibility: Eligibility, window: Window, declared: Declared) -> Iterator[Holding]:
    role, scope = _role(eligibility), _scope(eligibility)
    for found in principals.principal(eligibility.principal, declared, eligibility.urn):
        group = found if isinstance(found, Group) else None
        route = Route(
            group=principals.label(group) if group else None,
            declared_by=eligibility.urn,
            justification=_shown(eligibility.justification),
            ticket=_shown(eligibility.ticket_number),
        )
        if group is not None:
            who = members(group, declared)
        else:
            who = [found if isinstance(found, Person) else principals.person(found, declared)]
        for person in who:
            yield Holding(person, role, scope, window, route, group.key if group else "")


def members(group: Group, declared: Declared) -> list[Person]:
    """Return who is in a group; what stands for them where nobody is, or where the stack does not say."""
    if group.members is None:
        return [principals.whoever(group, "members", managed=False)]
    found = principals.people(group.members, declared, group, "members")
    return found or [principals.whoever(group, "members", managed=True)]


def _owners(side: Side) -> dict[tuple[str, str], Owner]:
    """Return the owners of groups that hold roles, as if all of them stayed, by person and group."""
    roles: dict[str, set[Role]] = {}
    for holding in side.holdings:
        roles.setdefault(holding.group_key, set()).add(holding.role)
    found: dict[tuple[str, str], Owner] = {}
    for group in side.declared.groups:
        if group.key not in roles:
            continue
        for person in _owners_of(group, side.declared):
            held = tuple(sorted(roles[group.key]))
            found[person.key, group.key] = Owner(
                person, principals.label(group), group.urn, held, "kept", matters=False
            )
    return found


def _owners_of(group: Group, declared: Declared) -> list[Person]:
    if group.owners is None:
        return [principals.whoever(group, "owners", managed=False)]
    return principals.people(group.owners, declared, group, "owners")


def _role(eligibility: Eligibility) -> Role:
    told = eligibility.role.id
    if isinstance(told, str):
        return privilege.role(told)
    return Role(f"a role {told.why}", f"unknown:{eligibility.urn}#role", privileged=None, cisa=False)


def _scope(eligibility: Eligibility) -> Scope:
    told = eligibility.scope.id
    if isinstance(told, Hidden):
        return Scope(f"unknown:{eligibility.urn}#scope", f"a scope {told.why}{_named(eligibility.scope)}")
    if told == TENANT:
        return Scope(told, "the whole directory")
    if told.startswith(_UNITS.lower()):
        id_ = told[len(_UNITS) :]
        return Scope(_UNITS + id_, f"administrative unit {id_}{_named(eligibility.scope)}")
    return Scope(told, f"application {told.removeprefix('/')}{_named(eligibility.scope)}")


def _named(reference: Reference) -> str:
    names = ", ".join(repr(name_of(urn)) for urn in reference.sources)
    return f" ({names})" if names else ""


def _shown(value: Told | None) -> str | None:
    return value.why if isinstance(value, Hidden) else value


def _joined(same: list[Holding]) -> Grant:
    return Grant(
        person=min(each.person for each in same),
        role=same[0].role,
        scope=min(each.scope for each in same),
        mode=_MODE,
        windows=merged(each.window for each in same),
        routes=tuple(sorted({each.route for each in same}, key=lambda route: (route.declared_by, route.group or ""))),
    )
