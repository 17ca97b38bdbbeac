"""Who comes to which role by which group, as a graph: people, then groups, then what is granted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from ..model import ChangeKind, Grant, Person, Review
from . import words

NodeKind = Literal["person", "group", "grant"]
EdgeTone = Literal["gained", "lost", "changed", "kept", "owns"]

MOST_EDGES = 150
"""More than that is no picture any more; GitHub's Mermaid draws up to 500."""
_MOST_ALIKE = 6

_TONES: Mapping[ChangeKind, EdgeTone] = {
    "gained": "gained", "lost": "lost", "extended": "changed", "shortened": "changed", "moved": "changed",
    "kept": "kept",
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """A box: a name, and lines that say more about it; ``key`` tells people of one name apart."""

    kind: NodeKind
    label: str
    details: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A line from a person to a group, from either to what is granted, or from an owner to a group (``owns``)."""

    source: Node
    target: Node
    tone: EdgeTone


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order in which they are drawn, and edges; ``is_too_large`` is a graph that is not drawn at all."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    is_too_large: bool = False


def graph(review: Review) -> Graph:
    """Draw every row of a review; of many people with the same lines some are drawn and the rest are counted."""
    tones: dict[tuple[Node, Node], set[EdgeTone]] = defaultdict(set)
    for change in review.changes:
        person, granted = _person(change.grant.person), _granted(change.grant, review.as_of)
        for route in change.grant.routes:
            stops = [person, granted] if route.group is None else [person, Node("group", route.group), granted]
            for pair in pairwise(stops):
                tones[pair].add(_TONES[change.kind])
    edges = {Edge(source, target, _together(found)) for (source, target), found in tones.items()}
    edges |= {Edge(_person(owner.person), Node("group", owner.group), "owns") for owner in review.owners}
    drawn = _bundled(edges)
    if len(drawn) > MOST_EDGES:
        return Graph((), (), is_too_large=True)
    return Graph(_in_columns(drawn), tuple(sorted(drawn)))


def _person(person: Person) -> Node:
    return Node("person", person.label, (person.how_known,) if person.how_known else (), person.key)


def _granted(grant: Grant, as_of: datetime) -> Node:
    what = f"{grant.mode} over {grant.scope.name}"
    marked = f"{what} · PRIVILEGED" if grant.role.privileged else what
    return Node("grant", grant.role.name, (marked, *(words.window(span, as_of) for span in grant.windows)))


def _together(tones: set[EdgeTone]) -> EdgeTone:
    """Tell the tone of a line that stands for several grants: it is new, or goes, only if all of them do."""
    if len(tones) == 1:
        return next(iter(tones))
    return "changed" if "changed" in tones else "kept"


def _bundled(edges: set[Edge]) -> set[Edge]:
    """Draw a few of the people whose lines are all alike, and one box for the others."""
    lines: dict[Node, set[tuple[Node, EdgeTone]]] = defaultdict(set)
    for edge in edges:
        if edge.source.kind == "person":
            lines[edge.source].add((edge.target, edge.tone))
    alike: dict[frozenset[tuple[Node, EdgeTone]], list[Node]] = defaultdict(list)
    for person in sorted(lines):
        alike[frozenset(lines[person])].append(person)
    drawn = {edge for edge in edges if edge.source.kind != "person"}
    for common, people in alike.items():
        shown = people if len(people) <= _MOST_ALIKE else people[: _MOST_ALIKE - 1]
        others = len(people) - len(shown)
        nodes = [*shown, Node("person", f"{others:,} others", (f"like {people[0].label}",))] if others else shown
        drawn |= {Edge(node, target, tone) for node in nodes for target, tone in common}
    return drawn


def _in_columns(edges: Iterable[Edge]) -> tuple[Node, ...]:
    """Put nodes in columns, and within one each near what it is joined to on its left."""
    nodes = {node for edge in edges for node in (edge.source, edge.target)}
    columns = [sorted(node for node in nodes if node.kind == kind) for kind in ("person", "group", "grant")]
    ordered = list(columns[0])
    for column in columns[1:]:
        places = {node: index for index, node in enumerate(ordered)}
        sources: dict[Node, list[int]] = defaultdict(list)
        for edge in edges:
            if edge.source in places:
                sources[edge.target].append(places[edge.source])
        ordered += sorted(column, key=lambda node: (sum(sources[node]) / max(len(sources[node]), 1), node))
    return tuple(ordered)
