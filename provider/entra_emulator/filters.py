"""``$filter``: from its text to a predicate over stored documents.

https://learn.microsoft.com/graph/filter-query-parameter
https://learn.microsoft.com/graph/aad-advanced-queries
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from entra_emulator.directory import moments
from entra_emulator.directory.store import Document
from entra_emulator.odata import EntityType
from entra_emulator.refusals import Refusal, not_emulated

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<moment>\d{4}-\d\d-\d\dT[\w:.+-]+)|(?P<number>-?\d+(?:\.\d+)?(?![\w-]))"
    r"|(?P<name>[A-Za-z_][\w./]*)|(?P<sign>[(),:])|(?P<end>$))"
)
_ORDERINGS = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
_FUNCTIONS = {"startswith": str.startswith, "endswith": str.endswith}
_LITERALS: Mapping[str, bool | None] = {"null": None, "true": True, "false": False}
_ADVANCED = {"ne", "not", "endswith"}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was understood.

    ``equal`` holds what every match must be equal to, for a look-up by a key; ``advanced`` tells whether directory
    objects answer it only with ``ConsistencyLevel: eventual``.
    """

    matches: Callable[[Document], bool]
    equal: Mapping[str, str] = field(default_factory=dict)
    advanced: bool = False


def parse(text: str, entity: EntityType) -> Filter:
    """Read a filter over entities of a type.

    Raises:
        Refusal: 400 BadRequest for a syntax error or an unknown property; 400 Request_UnsupportedQuery for a property
            that cannot be asked by.
    """
    return _Parser(text, entity).whole()


class _Parser:
    """A recursive descent, one method a level of precedence."""

    def __init__(self, text: str, entity: EntityType) -> None:
        self._text = text
        self._entity = entity
        self._place = 0
        self._next()

    def whole(self) -> Filter:
        found = self._alternatives()
        if self._kind != "end":
            raise self._error()
        return found

    def _alternatives(self) -> Filter:
        parts = [self._conditions()]
        while self._take("or"):
            parts.append(self._conditions())
        if len(parts) == 1:
            return parts[0]
        return Filter(lambda document: any(part.matches(document) for part in parts), {}, _advanced(parts))

    def _conditions(self) -> Filter:
        parts = [self._negation()]
        while self._take("and"):
            parts.append(self._negation())
        if len(parts) == 1:
            return parts[0]
        equal = {name: value for part in parts for name, value in part.equal.items()}
        return Filter(lambda document: all(part.matches(document) for part in parts), equal, _advanced(parts))

    def _negation(self) -> Filter:
        if not self._take("not"):
            return self._primary()
        part = self._negation()
        return Filter(lambda document: not part.matches(document), {}, advanced=True)

    def _primary(self) -> Filter:
        if self._take("("):
            found = self._alternatives()
            self._expect(")")
            return found
        name = self._name()
        if name.casefold() in _FUNCTIONS:
            return self._function(name.casefold())
        if name.casefold().endswith("/any"):
            return self._any(name[: -len("/any")])
        if "/" in name or self._value == "(":
            raise not_emulated(f"'{name}' in a $filter")
        return self._comparison(self._property(name))

    def _function(self, function: str) -> Filter:
        self._expect("(")
        name = self._property(self._name())
        self._expect(",")
        wanted = self._literal()
        self._expect(")")
        if not isinstance(wanted, str):
            raise self._error()
        test = _FUNCTIONS[function]
        return Filter(
            lambda document: isinstance(document.get(name), str) and test(self._fold(document[name]), wanted),
            advanced=function in _ADVANCED,
        )

    def _any(self, collection: str) -> Filter:
        """Read ``groupTypes/any(type:type eq 'Unified')``, the one form of a lambda that is emulated."""
        self._expect("(")
        name = self._property(collection)
        variable = self._name()
        self._expect(":")
        if self._name() != variable or self._name() != "eq":
            raise not_emulated("an any() in a $filter that does more than compare with eq")
        wanted = self._literal()
        self._expect(")")
        return Filter(lambda document: wanted in [self._fold(item) for item in document.get(name) or []])

    def _comparison(self, name: str) -> Filter:
        comparison = self._name().casefold()
        if comparison == "in":
            wanted = self._literals()
            return Filter(lambda document: self._fold(document.get(name)) in wanted)
        literal = self._literal()
        if comparison == "eq":
            equal = {name: literal} if isinstance(literal, str) else {}
            return Filter(lambda document: self._fold(document.get(name)) == literal, equal)
        if comparison == "ne":
            return Filter(lambda document: self._fold(document.get(name)) != literal, advanced=True)
        if comparison in _ORDERINGS:
            holds = _ORDERINGS[comparison]
            return Filter(
                lambda document: (
                    document.get(name) is not None
                    and type(found := self._like(document[name], literal)) is type(literal)
                    and holds(found, literal)
                )
            )
        raise self._error()

    def _like(self, value: Any, literal: object) -> Any:
        return moments.read(value) if isinstance(literal, datetime) else self._fold(value)

    def _literals(self) -> list[Any]:
        self._expect("(")
        found = [self._literal()]
        while self._take(","):
            found.append(self._literal())
        self._expect(")")
        return found

    def _literal(self) -> Any:
        kind, value = self._kind, self._value
        self._next()
        if kind == "text":
            return str(self._fold(value[1:-1].replace("''", "'")))
        if kind == "moment":
            return moments.read(value)
        if kind == "number":
            return float(value)
        if value in _LITERALS:
            return _LITERALS[value]
        raise self._error()

    def _fold(self, value: Any) -> Any:
        return value.casefold() if isinstance(value, str) and self._entity.is_directory_object else value

    def _property(self, name: str) -> str:
        if name not in self._entity.properties:
            raise self._entity.no_property(name)
        if name not in self._entity.filterable:
            raise Refusal(400, "Request_UnsupportedQuery", "The request uses a filter property that is not indexed.")
        return name

    def _name(self) -> str:
        if self._kind != "name":
            raise self._error()
        name = self._value
        self._next()
        return name

    def _take(self, word: str) -> bool:
        if self._kind not in ("name", "sign") or self._value.casefold() != word:
            return False
        self._next()
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._error()

    def _next(self) -> None:
        found = _TOKEN.match(self._text, self._place)
        if found is None:
            raise self._error()
        self._kind, self._value = str(found.lastgroup), found[found.lastgroup or 0]
        self._place = found.end()

    def _error(self) -> Refusal:
        return Refusal(
            400, "BadRequest", f"Invalid filter clause: Syntax error at position {self._place} in '{self._text}'."
        )


def _advanced(parts: list[Filter]) -> bool:
    return any(part.advanced for part in parts)
