"""What becomes of each grant: one row for a person, a role and a scope, from before to after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from .access import TENANT
from .declared import Group
from .model import Change, ChangeKind, Grant, Mode, Person, Reach, Role, Route, Scope
from .principals import label
from .reading import Op, Preview
from .urns import name_of
from .windows import covers, merged

_Holder: TypeAlias = tuple[str, str, Mode]

_DONE: Mapping[Op | None, str] = {
    "create": "created",
    "delete": "deleted",
    "replace": "replaced",
    "import": "imported",
}
_ORDER: tuple[ChangeKind, ...] = ("gained", "extended", "moved", "shortened", "lost", "kept")


def changes(
    before: tuple[Grant, ...], after: tuple[Grant, ...], preview: Preview, as_of: datetime
) -> tuple[Change, ...]:
    """Return one row for every grant of either side, what is gained first."""
    was, will = {grant.key: grant for grant in before}, {grant.key: grant for grant in after}
    had, has = _by_holder(before), _by_holder(after)
    steps = _Steps(preview)
    found = []
    for key in was.keys() | will.keys():
        old, new = was.get(key), will.get(key)
        kind = _kind(old, new, as_of)
        widens = new is not None and not _is_covered(new, had, as_of)
        narrows = old is not None and not _is_covered(old, has, as_of)
        change = Change(kind, old, new, "", widens, narrows)
        found.append(replace(change, why=_why(change, steps)))
    return tuple(sorted(found, key=lambda change: (_ORDER.index(change.kind), _place(change.grant))))


def _by_holder(grants: Iterable[Grant]) -> Mapping[_Holder, list[Grant]]:
    found: dict[_Holder, list[Grant]] = {}
    for grant in grants:
        found.setdefault(_holder(grant), []).append(grant)
    return found


def _holder(grant: Grant) -> _Holder:
    return grant.person.key, grant.role.id, grant.mode


def _is_covered(grant: Grant, others: Mapping[_Holder, list[Grant]], as_of: datetime) -> bool:
    """Say whether other grants of the person let them do all that this one does, from now on."""
    wide_enough = [each for each in others.get(_holder(grant), ()) if each.scope.id in (grant.scope.id, TENANT)]
    if grant.person.can_sign_in and not any(each.person.can_sign_in for each in wide_enough):
        return False
    return covers(merged(window for each in wide_enough for window in each.windows), grant.windows, as_of)


def _kind(before: Grant | None, after: Grant | None, as_of: datetime) -> ChangeKind:
    if before is None:
        return "gained"
    if after is None:
        return "lost"
    more = not covers(before.windows, after.windows, as_of) or before.person.can_sign_in < after.person.can_sign_in
    less = not covers(after.windows, before.windows, as_of) or after.person.can_sign_in < before.person.can_sign_in
    if more:
        return "moved" if less else "extended"
    return "shortened" if less else "kept"


class _Steps:
    """The steps that grants come from: by the URNs of eligibilities, and of which groups the people change."""

    def __init__(self, preview: Preview) -> None:
        self.ops = {step.resource.urn: step.op for step in preview.steps}
        self.withdrawn = {step.resource.urn for step in preview.steps if step.op == "replace" and not step.released}
        self.edited = {
            label(step.resource) for step in preview.steps if isinstance(step.resource, Group) and step.op != "same"
        }


def _why(change: Change, steps: _Steps) -> str:
    """Say what in the program makes the change."""
    before, after = change.before, change.after
    if before is not None and after is not None and before.person.can_sign_in != after.person.can_sign_in:
        return "the account is enabled" if after.person.can_sign_in else "the account is disabled"
    reasons = {_reason(change.kind, route, steps) for route in change.grant.routes}
    if change.kind in ("extended", "shortened", "moved"):
        reasons = {reason or "its window changes" for reason in reasons}
    return "; ".join(sorted(reasons - {""}))


def _reason(kind: ChangeKind, route: Route, steps: _Steps) -> str:
    op, name = steps.ops.get(route.declared_by), repr(name_of(route.declared_by))
    if kind in ("gained", "lost"):
        if op in _DONE:
            return f"{name} is {_DONE[op]}"
        verb = "comes into" if kind == "gained" else "leaves"
        return f"{verb} {route.group!r}" if route.group in steps.edited else f"{name} is changed"
    if route.declared_by in steps.withdrawn:
        return f"{name} is withdrawn and given anew" + ("" if kind == "kept" else ", its duration counted from then")
    return ""


def reach(before: Iterable[Grant], after: Iterable[Grant]) -> Iterator[Reach]:
    """Count the people of each role and scope on both sides; a group that nobody is in counts as none."""
    was, will = _people_by_place(before), _people_by_place(after)
    for role, scope in sorted(was.keys() | will.keys()):
        yield Reach(role, scope, was[role, scope], will[role, scope])


def _people_by_place(grants: Iterable[Grant]) -> Counter[tuple[Role, Scope]]:
    return Counter((grant.role, grant.scope) for grant in grants if grant.person.kind != "nobody")


def _place(grant: Grant) -> tuple[Role, Scope, Person]:
    return grant.role, grant.scope, grant.person
