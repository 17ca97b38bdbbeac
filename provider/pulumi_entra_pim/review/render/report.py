"""What a report consists of, whatever it is rendered as: words, names, tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .graph import Graph

Style = Literal["plain", "strong", "quiet", "name", "mark"]
"""``name`` is somebody else's choice, to be told from our words; ``mark`` is a label such as PRIVILEGED."""
Tone = Literal["gained", "lost", "changed", "kept", "danger", "warning", "quiet"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one style; ``href`` makes it a link, and is never taken from what is reviewed."""

    text: str
    style: Style = "plain"
    href: str | None = None


Line = tuple[Span, ...]
Cell = tuple[Line, ...]
"""One or more lines, the first of them what matters most."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, or an item of a list."""

    tone: Tone
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title, or a list where there are no columns; what is ``folded`` is of use to few and comes last."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a reader must not miss."""

    tone: Tone
    line: Line


@dataclass(frozen=True, slots=True)
class Report:
    """A review in words: the verdict first, then what there is to know, then what is not known."""

    verdict: str
    tone: Tone
    sentence: str
    notices: tuple[Notice, ...]
    changes: Table
    graph: Graph
    tables: tuple[Table, ...]
    footnote: str
