"""Where the boxes and lines of the graph stand on a page: people on the left, groups, what is granted on the right."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from . import names
from .graph import EdgeTone, Graph, Node, NodeKind

_WIDTHS: Mapping[NodeKind, int] = {"person": 290, "group": 220, "grant": 340}
_BETWEEN_COLUMNS = 72
_BETWEEN_BOXES = 14
_LINE = 18
_PADDING = 12
_MARGIN = 2
# How far under the middle of a box the line of an owner ends, who may be joined to the same group as a member.
_UNDER = 9
# What a character of common text takes in the first line, and in the others; a box cuts off what takes more.
_CHARACTERS = (7.2, 6.2)


@dataclass(frozen=True, slots=True)
class Box:
    """A box and the lines in it, in pixels; ``whole`` says it all to whoever points at it."""

    kind: NodeKind
    x: int
    y: int
    width: int
    height: int
    lines: tuple[tuple[int, str], ...]
    whole: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line between two boxes, as an SVG path."""

    tone: EdgeTone
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything on a canvas of a width and a height."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    tones: tuple[EdgeTone, ...]


def draw(graph: Graph) -> Drawing:
    """Place the nodes of a graph in columns, each in the middle of the height."""
    columns = [column for kind in _WIDTHS if (column := [node for node in graph.nodes if node.kind == kind])]
    tallest = max((_height(column) for column in columns), default=0)
    boxes: dict[Node, Box] = {}
    x = _MARGIN
    for column in columns:
        y = _MARGIN + (tallest - _height(column)) // 2
        for node in column:
            boxes[node] = _box(node, x, y)
            y += boxes[node].height + _BETWEEN_BOXES
        x += _WIDTHS[column[0].kind] + _BETWEEN_COLUMNS
    curves = tuple(
        Curve(edge.tone, _path(boxes[edge.source], boxes[edge.target], _UNDER if edge.tone == "owns" else 0))
        for edge in graph.edges
    )
    tones = tuple(tone for tone in _ORDER if any(curve.tone == tone for curve in curves))
    return Drawing(x - _BETWEEN_COLUMNS + _MARGIN, tallest + 2 * _MARGIN, tuple(boxes.values()), curves, tones)


_ORDER: tuple[EdgeTone, ...] = ("gained", "lost", "changed", "kept", "owns")


def _height(column: list[Node]) -> int:
    return sum(_box_height(node) for node in column) + _BETWEEN_BOXES * (len(column) - 1)


def _box_height(node: Node) -> int:
    return 2 * _PADDING + _LINE * (1 + len(node.details)) - 4


def _box(node: Node, x: int, y: int) -> Box:
    width = _WIDTHS[node.kind]
    texts = [names.name(node.label), *map(names.sentence, node.details)]
    rooms = [int((width - 2 * _PADDING) / _CHARACTERS[number > 0]) for number in range(len(texts))]
    lines = tuple(
        (_PADDING + 10 + number * _LINE, _cut(text, room))
        for number, (text, room) in enumerate(zip(texts, rooms, strict=True))
    )
    return Box(node.kind, x, y, width, _box_height(node), lines, "\n".join(texts))


def _cut(text: str, room: int) -> str:
    """Cut a text to what fits, in places of which a wide character takes two and a combining one none."""
    taken = 0
    for index, character in enumerate(text):
        if not unicodedata.combining(character):
            taken += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if taken > room:
            return f"{text[: index - 1]}…"
    return text


def _path(source: Box, target: Box, under: int) -> str:
    start, end = source.x + source.width, target.x
    from_y, to_y = (box.y + box.height // 2 + under for box in (source, target))
    bend = (end - start) // 2
    return f"M{start},{from_y} C{start + bend},{from_y} {end - bend},{to_y} {end},{to_y}"
