"""The graph as a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import names
from .graph import EdgeTone, Graph, NodeKind

_LONGEST_LINE = 60
_READ_INTO = re.compile(r"[^\w ,→-]|_|^-")
_SHAPES: Mapping[NodeKind, tuple[str, str]] = {"person": ("([", "])"), "group": ("[", "]"), "grant": ("[[", "]]")}
_ARROWS: Mapping[EdgeTone, str] = {
    "gained": "==>|gains|", "lost": "-.->|loses|", "changed": "-->|changes|", "kept": "-->", "owns": "-.->|can add|"
}  # fmt: skip
_COLOURS: Mapping[EdgeTone, str] = {"gained": "#c2410c", "lost": "#6b7280", "changed": "#b45309"}


def flowchart(graph: Graph) -> str:
    """Write a graph as Mermaid's text, without a fence; every name is letters, digits, spaces and entity codes."""
    ids = {node: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node, name in ids.items():
        opening, closing = _SHAPES[node.kind]
        label = "<br/>".join(
            [
                _harmless(names.name(node.label, _LONGEST_LINE)),
                *(_harmless(names.cut(detail, _LONGEST_LINE)) for detail in node.details),
            ]
        )
        lines.append(f'  {name}{opening}"{label}"{closing}')
    styled: dict[EdgeTone, list[int]] = {}
    for number, edge in enumerate(graph.edges):
        lines.append(f"  {ids[edge.source]} {_ARROWS[edge.tone]} {ids[edge.target]}")
        styled.setdefault(edge.tone, []).append(number)
    for tone, numbers in styled.items():
        if tone in _COLOURS:
            lines.append(f"  linkStyle {','.join(map(str, numbers))} stroke:{_COLOURS[tone]},stroke-width:2px")
    return "\n".join(lines)


def _harmless(text: str) -> str:
    """Write a text so that Mermaid reads nothing into it: https://mermaid.js.org/syntax/flowchart.html#entity-codes."""
    return _READ_INTO.sub(lambda found: f"#{ord(found[0])};", text)
