"""Who is meant: from the ids and references of a declaration to people, whether their ids are known yet or not.

Where a preview leaves a choice, everybody who may be meant is named: a review may say too much, never too little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .declared import GROUP, USER, AnyResource, Declared, Eligibility, Group, Hidden, Reference, Told, User
from .model import Person
from .urns import name_of, type_of


def label(resource: AnyResource) -> str:
    """Return what a reader calls a user or a group: its name in the directory, or else in the program."""
    if isinstance(resource, User):
        told = (resource.user_principal_name, resource.display_name)
    elif isinstance(resource, Group):
        told = (resource.display_name, None)
    else:
        told = (None, None)
    return next((each for each in told if isinstance(each, str) and each), resource.name)


def principal(reference: Reference, declared: Declared, urn: str) -> Iterator[User | Group | Person]:
    """Return who an eligibility is for: users and groups of the stack as such, anybody else as a person."""
    if isinstance(reference.id, str):
        yield from _of_id(reference.id, reference.sources, declared)
        return
    found = [each for each in _declared(reference.sources, declared) if isinstance(each, User | Group)]
    yield from found
    if not found:
        yield _unknown(f"{urn}#principal_id", reference.id, reference.sources)


def people(listed: tuple[Told, ...] | Hidden, declared: Declared, group: Group, relationship: str) -> list[Person]:
    """Return who is in a list of owners or members."""
    place = f"{group.key}#{relationship}"
    if isinstance(listed, Hidden):
        stay = [_may_stay(each) for each in people(listed.previous, declared, group, relationship)]
        from_sources = [person(each, declared) for each in _principals(listed.sources, declared)]
        sure = {each.key for each in from_sources}
        some = from_sources + [each for each in stay if each.key not in sure]
        return some or [_unknown(place, listed, listed.sources)]
    known = [each for each in listed if isinstance(each, str)]
    hidden = [each for each in listed if isinstance(each, Hidden)]
    found = [_person(each, declared) for id_ in known for each in _of_id(id_, (), declared)]
    return found + (_behind(hidden, set(known), declared, place) if hidden else [])


def person(resource: User | Group, declared: Declared) -> Person:
    """Return a user of the stack as a person; a group, which Entra lets no role-assignable group contain, likewise."""
    what = "TestUser" if isinstance(resource, User) else "group"
    can_sign_in = not (isinstance(resource, User) and resource.account_enabled is False)
    if resource.id is not None:
        how = f"{what} {resource.name!r} of this stack"
        return Person(label(resource), resource.key, "managed", how, can_sign_in)
    made = "made anew" if resource.urn in (declared.replaced or ()) else "created"
    how = f"{what} {resource.name!r}, {made} by this change"
    return Person(label(resource), resource.key, "created", how, can_sign_in)


def whoever(group: Group, relationship: str, *, managed: bool) -> Person:
    """Return what stands for the people of a group whom the stack does not name."""
    key = f"{group.key}#{relationship}"
    if managed:
        return Person(f"nobody yet ({label(group)})", key, "nobody", f"{label(group)!r} has no {relationship}")
    how = f"this stack does not manage the {relationship} of {label(group)!r}"
    return Person(f"{relationship} of {label(group)}", key, "unmanaged", how)


def _behind(hidden: list[Hidden], known: set[str], declared: Declared, place: str) -> list[Person]:
    """Return who is meant by the elements of a list that are not told, from what the list comes from."""
    sources = hidden[0].sources
    possible = [each for each in _principals(sources, declared) if each.id not in known]
    unmade = [each for each in possible if each.id is None]
    if len(unmade) == len(hidden):
        return [person(each, declared) for each in unmade]
    others = [urn for urn in sources if urn not in declared.by_urn and _may_be_a_principal(urn)]
    named = [person(each, declared) for each in possible] + [_of_other_provider(urn) for urn in others]
    if len(named) >= len(hidden):
        return named
    more = range(len(named), len(hidden))
    return named + [_unknown(f"{place}[{number}]", hidden[0], sources) for number in more]


def _of_id(id_: str, sources: tuple[str, ...], declared: Declared) -> Iterator[User | Group | Person]:
    resource = declared.by_id.get(id_)
    if isinstance(resource, User | Group):
        yield resource
    elif id_ not in declared.gone:
        yield _not_in_this_preview(id_, sources[0]) if len(sources) == 1 else _stranger(id_)


def _not_in_this_preview(id_: str, urn: str) -> Person:
    """Return who is behind the id of a resource that the preview leaves out."""
    name, how = name_of(urn), f"{name_of(urn)!r} is not in this preview"
    if type_of(urn) == GROUP:
        return Person(f"members of {name}", f"{id_}#members", "unmanaged", how)
    if type_of(urn) == USER:
        return Person(name, id_, "managed", how)
    return Person(name, id_, "other provider", f"{type_of(urn)} {name!r}")


def _stranger(id_: str) -> Person:
    return Person(id_, id_, "by id", "not an object of this stack")


def _person(found: User | Group | Person, declared: Declared) -> Person:
    return found if isinstance(found, Person) else person(found, declared)


def _declared(sources: Iterable[str], declared: Declared) -> list[AnyResource]:
    return [declared.by_urn[urn] for urn in sources if urn in declared.by_urn]


def _principals(sources: Iterable[str], declared: Declared) -> list[User | Group]:
    return [each for each in _declared(sources, declared) if not isinstance(each, Eligibility)]


def _may_be_a_principal(urn: str) -> bool:
    """Say whether a resource that is not ours may be a person: the engine's own, such as stacks, are not."""
    return not type_of(urn).startswith("pulumi:")


def _of_other_provider(urn: str) -> Person:
    return Person(name_of(urn), urn, "other provider", f"{type_of(urn)} {name_of(urn)!r}, not known before up")


def _may_stay(previous: Person) -> Person:
    how = f"{previous.how_known}; is there now and may stay"
    return replace(previous, how_known=how)


def _unknown(place: str, hidden: Hidden, sources: tuple[str, ...]) -> Person:
    from_ = f", comes from {', '.join(repr(name_of(urn)) for urn in sources)}" if sources else ""
    return Person("somebody not known", f"unknown:{place}", "unknown", f"{hidden.why}{from_}")
