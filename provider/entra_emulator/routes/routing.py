"""From a method and a path to a row of the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote

Row = TypeVar("Row")
_PARAMETER = re.compile(r"\\\{(\w+)\\\}")
# A key in parentheses is the same as one behind a slash: users('x') and users/x.
_KEY = re.compile(r"([\w.]+)\('((?:[^']|'')*)'\)")
_CAST = "microsoft.graph."
# No id reads like this: it is a function of the collection, and without a row of its own a gap.
_VALUE = r"(?!(?:\$count|(?:graph\.)?delta(?:\(.*\))?)$)(.+)"


@dataclass(slots=True)
class _Node(Generic[Row]):
    literals: dict[str, _Node[Row]] = field(default_factory=dict)
    patterns: list[tuple[re.Pattern[str], _Node[Row]]] = field(default_factory=list)
    rows: dict[str, tuple[Row, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found(Generic[Row]):
    """A row, and the values of its path's parameters."""

    row: Row
    parameters: dict[str, str]


class Router(Generic[Row]):
    """A tree over the segments of the table's paths, so that a look-up does not grow with the table."""

    def __init__(self, rows: Iterable[tuple[str, str, Row]]) -> None:
        """Take rows of method, path and what is to be found there; Graph compares paths without case."""
        self._root: _Node[Row] = _Node()
        for method, path, row in rows:
            node, names = self._root, []
            for segment in path.strip("/").split("/"):
                found = _PARAMETER.findall(re.escape(segment))
                names.extend(found)
                node = _child(node, segment, has_parameter=bool(found))
            node.rows[method] = row, tuple(names)

    def find(self, method: str, path: str) -> Found[Row] | None:
        """Look up a row; more literal paths come first."""
        return _search(self._root, method, list(_segments(path)), ())


def _child(node: _Node[Row], segment: str, *, has_parameter: bool) -> _Node[Row]:
    if not has_parameter:
        return node.literals.setdefault(segment.casefold(), _Node())
    pattern = re.compile(_PARAMETER.sub(lambda _: _VALUE, re.escape(segment)), re.IGNORECASE)
    for known, child in node.patterns:
        if known == pattern:
            return child
    made: _Node[Row] = _Node()
    node.patterns.append((pattern, made))
    # users(userPrincipalName='{name}') before {id}.
    node.patterns.sort(key=lambda each: -len(each[0].pattern))
    return made


def _search(node: _Node[Row], method: str, segments: list[str], values: tuple[str, ...]) -> Found[Row] | None:
    if not segments:
        if method not in node.rows:
            return None
        row, names = node.rows[method]
        return Found(row, dict(zip(names, values, strict=True)))
    segment, rest = segments[0], segments[1:]
    literal = node.literals.get(segment.casefold())
    found = _search(literal, method, rest, values) if literal else None
    for pattern, child in node.patterns if found is None else ():
        matched = pattern.fullmatch(segment)
        if matched:
            texts = (text.replace("''", "'") for text in matched.groups())
            found = _search(child, method, rest, (*values, *texts))
            if found is not None:
                break
    return found


def _segments(path: str) -> Iterator[str]:
    for raw in path.strip("/").split("/"):
        segment = unquote(raw)
        if segment.startswith(_CAST):
            segment = "graph." + segment.removeprefix(_CAST)
        keyed = _KEY.fullmatch(segment)
        yield from keyed.groups() if keyed else (segment,)
