"""The verdict's one sentence: how many people gain what, and how many lose it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from .model import Change, Grant, Owner, Person, Role, Scope, Verdict
from .reading import Preview

# More than these and the rows below say it better.
_CLAUSES = 3

# For one and for many: who, what, and until when.
_ONE_AND_MANY = {
    "gained": ("{} becomes eligible for {}{}", "{} become eligible for {}{}"),
    "extended": ("{} keeps {} for longer{}", "{} keep {} for longer{}"),
    "enabled": ("{} can sign in again and activate {}{}", "{} can sign in again and activate {}{}"),
    "bounded": ("{} keeps {}{}", "{} keep {}{}"),
    "moved": ("{} holds {} at another time{}", "{} hold {} at another time{}"),
    "shortened": ("{} keeps {} for a shorter time{}", "{} keep {} for a shorter time{}"),
    "disabled": ("{} can no longer sign in and activate {}{}", "{} can no longer sign in and activate {}{}"),
    "lost": ("{} loses {}{}", "{} lose {}{}"),
}
_WITH_END = frozenset({"gained", "extended", "shortened"})
_ORDER = list(_ONE_AND_MANY)


def sentence(verdict: Verdict, changes: Sequence[Change], owners: Sequence[Owner], preview: Preview) -> str:
    """Return what the verdict means, with counts."""
    clauses = [*_of_grants(changes), *_of_owners(owners)]
    if preview.failed is not None:
        where = f" at {', '.join(map(repr, preview.failed))}" if preview.failed else ""
        return f"The preview failed{where}: what the change would do cannot be told."
    if verdict == "unchanged":
        return f"Nobody gains or loses access: {_what_stays(changes)}."
    if not clauses:
        return f"Whether anybody gains or loses access cannot be told: {_what_is_missing(preview)}."
    if verdict == "unknown":
        clauses.append(f"whether anybody gains access cannot be told: {_what_is_missing(preview)}")
    elif verdict == "broadened":
        clauses.append("nobody loses access" if preview.has_sames else "who loses access is not all in the preview")
    elif verdict == "narrowed":
        clauses.append("nobody gains access")
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."


def _of_grants(changes: Sequence[Change]) -> list[str]:
    """Return a clause for each kind of change, role and scope; the last says how many there are besides."""

    def key(change: Change) -> tuple[int, str, Role, Scope]:
        way = _way(change)
        return _ORDER.index(way), way, change.grant.role, change.grant.scope

    told = [change for change in changes if change.widens or change.narrows or _way(change) == "bounded"]
    clauses = [_clause(way, [*same]) for (_, way, _, _), same in groupby(sorted(told, key=key), key)]
    more = len(clauses) - _CLAUSES
    if more > 1:
        return [*clauses[:_CLAUSES], f"{more} more roles or scopes change"]
    return clauses


def _way(change: Change) -> str:
    """Return how access changes; a grant that is gained and widens nothing is what is left of a wider one."""
    if change.kind == "gained" and not change.widens:
        return "bounded"
    if change.before is not None and change.after is not None:
        could, can = change.before.person.can_sign_in, change.after.person.can_sign_in
        if could != can:
            return "enabled" if can else "disabled"
    return change.kind


def _clause(way: str, changes: list[Change]) -> str:
    grant = changes[0].grant
    who, many = _who([change.grant.person for change in changes])
    until = _until([change.grant for change in changes]) if way in _WITH_END else ""
    return _ONE_AND_MANY[way][many].format(who, f"{_called(grant.role)} over {grant.scope.name}", until)


def _of_owners(owners: Sequence[Owner]) -> list[str]:
    clauses = []
    for kind, can in (("gained", "can let others into"), ("lost", "can no longer let others into")):
        of_kind = [owner for owner in owners if owner.kind == kind and owner.matters]
        if of_kind:
            groups = sorted({repr(owner.group) for owner in of_kind})
            into = ", ".join(groups) if len(groups) <= _CLAUSES else f"{len(groups)} groups"
            clauses.append(f"{_who([owner.person for owner in of_kind])[0]} {can} {into}")
    return clauses


def _who(people: Iterable[Person]) -> tuple[str, bool]:
    """Count people, each once; and say whether they are many."""
    by_key = {person.key: person for person in people}.values()
    several = [person for person in by_key if person.kind == "unmanaged"]
    named = [person for person in by_key if person.kind not in ("nobody", "unmanaged")]
    parts = []
    if named:
        parts.append("1 person" if len(named) == 1 else f"{len(named)} people")
    if several:
        parts.append(f"the {several[0].label}" if len(several) == 1 else f"whoever is in {len(several)} other groups")
    if not parts:
        empty = len(by_key)
        return ("a group that nobody is in yet", False) if empty == 1 else (f"{empty} groups without members", True)
    return " and ".join(parts), len(named) + 2 * len(several) > 1


def _called(role: Role) -> str:
    labels = [name for name, is_so in (("privileged", role.privileged), ("CISA-listed", role.cisa)) if is_so]
    name = f"role {role.name}" if role.name == role.id else role.name
    return f"{name} ({', '.join(labels)})" if labels else name


def _until(grants: list[Grant]) -> str:
    """Say when all of them end, where they end together."""
    if any(not grant.end_is_known for grant in grants):
        return " until a day that is not known yet"
    ends = {grant.end for grant in grants}
    if len(ends) > 1:
        return ""
    end = ends.pop()
    return " for ever" if end is None else f" until {end:%Y-%m-%d}"


def _what_is_missing(preview: Preview) -> str:
    if not preview.has_sames:
        return "unchanged resources are not in the preview (--show-sames)"
    return "the people of a group change, and who they are or what they get is not in the preview"


def _what_stays(changes: Sequence[Change]) -> str:
    grants = sum(change.after is not None for change in changes)
    if not grants:
        return "this stack gives no role to anybody"
    return "1 grant stays as it is" if grants == 1 else f"{grants} grants stay as they are"
