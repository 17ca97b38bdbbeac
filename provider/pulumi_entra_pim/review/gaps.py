"""What a review cannot tell: who and what is not known yet, and what no preview holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from . import privilege
from .declared import Declared, Eligibility, Group, Hidden
from .model import Exemption, Grant
from .principals import label, principal
from .reading import Preview
from .urns import name_of, type_of


def unseen(preview: Preview) -> dict[str, str]:
    """Say of which groups the people change in a way that cannot be told, or for roles that are given elsewhere."""
    used = {
        found.urn
        for declared in (preview.before, preview.after)
        for eligibility in declared.eligibilities
        for found in principal(eligibility.principal, declared, eligibility.urn)
        if isinstance(found, Group)
    }
    found = {}
    for step in preview.steps:
        before, after = step.before, step.after
        if not isinstance(before, Group) or not isinstance(after, Group) or step.op == "same":
            continue
        if (before.owners, before.members) == (after.owners, after.members):
            continue
        if not used & {before.urn, after.urn}:
            found[after.urn] = f"who is in {label(after)!r} changes; which roles it holds is not in this preview"
        elif isinstance(after.owners, Hidden) or isinstance(after.members, Hidden):
            found[after.urn] = f"who is in {label(after)!r} changes, and is not told"
    return found


def unknowns(grants: Iterable[Grant], declared: Declared) -> tuple[str, ...]:
    """Say who and what cannot be told by name, and why."""
    people = {f"{each.person.label}: {each.person.how_known}" for each in grants if each.person.kind != "managed"}
    lists = {
        f"the {relationship} of {label(group)!r} are {listed.why}{_from(listed)}: others than named may be among them"
        for group in declared.groups
        for relationship, listed in (("owners", group.owners), ("members", group.members))
        if isinstance(listed, Hidden)
    }
    parts = {line for each in declared.eligibilities for line in _hidden_parts(each)}
    return tuple(sorted(people | lists | parts))


def _hidden_parts(eligibility: Eligibility) -> Iterator[str]:
    spelling = eligibility.spelling
    parts = {
        "role": eligibility.role.id,
        "scope": eligibility.scope.id,
        "start": spelling.start,
        "end": spelling.end,
        "duration": spelling.duration,
        "permanent": spelling.permanent,
    }
    for name, value in parts.items():
        if isinstance(value, Hidden):
            yield f"the {name} of {eligibility.name!r} is {value.why}{_from(value)}"


def _from(hidden: Hidden) -> str:
    names = ", ".join(repr(name_of(urn)) for urn in hidden.sources)
    return f" (from {names})" if names else ""


def unchecked(
    preview: Preview, grants: tuple[Grant, ...], as_of: datetime, unused: tuple[Exemption, ...]
) -> Iterator[str]:
    """Say what this review does not tell."""
    if preview.failed is not None:
        yield f"the preview failed{_at(preview.failed)}: what it says is not all of the change"
    if not preview.has_sames:
        yield "unchanged resources are not in the preview (--show-sames), so nothing is called unchanged"
    if preview.skipped:
        yield f"left out by this run (--target): {', '.join(map(repr, preview.skipped))}"
    yield from unseen(preview).values()
    by_id = {grant.person.key for grant in grants if grant.person.kind == "by id"}
    if by_id:
        yield f"what {_count(len(by_id), 'object id')} of no resource stands for: a person, or a group of people"
    for type_, number in sorted(Counter(type_of(urn) for urn in preview.others).items()):
        yield f"what {_count(number, 'resource')} of type {type_} do: other providers' are not read"
    yield "what the tenant knows: policies, licences, and grants that this stack does not declare"
    old = privilege.age_of_table(as_of)
    if old is not None:
        yield old
    for exemption in unused:
        yield f"the exception from {exemption.rule} for {exemption.subject!r} is not needed: the rule is kept there"


def _at(names: tuple[str, ...]) -> str:
    return f" at {', '.join(map(repr, names))}" if names else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
