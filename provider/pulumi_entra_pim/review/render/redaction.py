"""A review without people's names, for logs that anybody may read.

A person becomes ``person-`` and a digest of what identifies them: the same in every review, for as long as that is the
same. Whoever can list the directory can still tell who it is; this keeps names from readers, not from administrators.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ..model import Person, PersonKind, Review

_HOW_KNOWN: Mapping[PersonKind, str] = {
    "managed": "of this stack",
    "created": "created by this change",
    "by id": "not an object of this stack",
    "other provider": "another provider's",
}
_USER = re.compile(r"(urn:pulumi:.*:TestUser::)(.+)", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'")
_WORD = re.compile(r"\w+")


def without_people(review: Review) -> Review:
    """Put a stand-in for every person's name, id and URN, wherever in the review it stands."""
    people = [each for each in _each(review) if isinstance(each, Person) and each.kind in _HOW_KNOWN]
    stand_ins = {text: _stand_in(person.key) for person in people for text in (person.key, person.label) if text}
    users = [found for each in _each(review) if isinstance(each, str) and (found := _USER.fullmatch(each))]
    # What a program calls a user is mostly that person's name too.
    resources = {found[2]: _stand_in(found[0]) for found in users}
    urns = {found[0]: f"{found[1]}{_stand_in(found[0])}" for found in users}
    anonymous: Review = _rebuilt(review, _Redaction(stand_ins, resources, urns))
    return anonymous


class _Redaction:
    """Stand-ins for what names people: their ``names``, the ``resources`` that they are, and those resources' URNs."""

    def __init__(self, names: Mapping[str, str], resources: Mapping[str, str], urns: Mapping[str, str]) -> None:
        self._whole = {**resources, **names, **urns}
        self._resources = resources
        self._folded = {name.casefold(): self._whole[name] for name in (*names, *urns)}
        # By the first word of a name: where in the name that word begins, and how long the name is.
        self._shapes: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for name in (*names, *urns):
            if first := _WORD.search(name):
                self._shapes[first[0].casefold()].add((first.start(), len(name)))
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """Replace what is a name, and names that stand in a text as words of their own, whatever their case."""
        if text not in self._known:
            self._known[text] = self._whole.get(text) or self._replaced(text)
        return self._known[text]

    def _replaced(self, text: str) -> str:
        text = _QUOTED.sub(lambda found: f"'{self._resources.get(found[1], found[1])}'", text)
        pieces, done = [], 0
        for start, end in self._found(text):
            if start >= done:
                pieces += [text[done:start], self._folded[text[start:end].casefold()]]
                done = end
        return "".join([*pieces, text[done:]])

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """Tell where names stand in a text; of those that begin with one word the longest first."""
        for word in _WORD.finditer(text):
            for before, length in sorted(self._shapes.get(word[0].casefold(), ()), key=lambda shape: -shape[1]):
                start = word.start() - before
                if start >= 0 and text[start : start + length].casefold() in self._folded:
                    yield start, start + length


def _stand_in(key: str) -> str:
    return f"person-{hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()[:10]}"


def _each(value: Any) -> Iterator[Any]:
    """Go through everything that a review is made of."""
    yield value
    inner = [getattr(value, field.name) for field in fields(value)] if is_dataclass(value) else value
    if isinstance(inner, list | tuple):
        for each in inner:
            yield from _each(each)


def _rebuilt(value: Any, redact: Callable[[str], str]) -> Any:
    """Make the same again with other texts."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, tuple):
        return tuple(_rebuilt(each, redact) for each in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    made = replace(value, **{field.name: _rebuilt(getattr(value, field.name), redact) for field in fields(value)})
    if isinstance(made, Person) and made.kind in _HOW_KNOWN:
        return replace(made, how_known=_HOW_KNOWN[made.kind])
    return made
