"""A review for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from io import TextIOWrapper
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from . import names, words
from .report import Cell, Line, Report, Row, Span, Style, Table, Tone

MOST_ROWS = 100
"""Rows of a table that are shown: nobody scrolls through more, and the other formats have them all."""

_STYLES: Mapping[Style, str] = {"plain": "", "strong": "bold", "quiet": "dim", "name": "cyan", "mark": "bold magenta"}
_TONES: Mapping[Tone, str] = {
    "gained": "bold red", "lost": "bold yellow", "changed": "bold yellow", "kept": "bold green", "danger": "bold red",
    "warning": "bold yellow", "quiet": "",
}  # fmt: skip


def show(report: Report, file: TextIO, width: int | None = None) -> None:
    """Print a report in the colours that the file takes, as wide as it is unless a width is given.

    Names are text to the console, never its markup.
    """
    if isinstance(file, TextIOWrapper):
        file.reconfigure(errors="replace")
    console = Console(file=file, width=width, markup=False, emoji=False, highlight=False)
    console.print(Text(names.sentence(report.verdict), style=_TONES[report.tone]))
    console.print(Text(names.sentence(report.sentence)))
    for notice in report.notices:
        console.print(Text("! ", style=_TONES[notice.tone]).append_text(_line(notice.line)))
    tables = [table for table in (report.changes, *report.tables) if table.rows]
    for table in tables:
        if not table.folded:
            console.print(_table(table))
    console.print()
    folded = [f"{table.title}: {len(table.rows):,}." for table in tables if table.folded]
    if folded:
        console.print(Text(" ".join([*folded, "The other formats show them."])))
    console.print(Text(report.footnote, style="dim"))


def _table(table: Table) -> RenderableType:
    title = Text(f"\n{table.title} ({len(table.rows):,})", style="bold")
    rows, others = table.rows[:MOST_ROWS], len(table.rows) - MOST_ROWS
    more = [Text(f"… and {words.count(others, 'more row')}: the other formats show them.")] if others > 0 else []
    if not table.columns:
        return Group(title, *(Padding(_cell(row.cells[0]), (0, 0, 0, 2)) for row in rows), *more)
    grid = Grid(box=SIMPLE_HEAD, pad_edge=False, header_style="dim", leading=1)
    for column in table.columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*_cells(row))
    return Group(title, grid, *more)


def _cells(row: Row) -> list[Text]:
    first, *rest = map(_cell, row.cells)
    first.stylize(_TONES[row.tone])
    return [first, *rest]


def _cell(cell: Cell) -> Text:
    return Text("\n").join(_line(line) for line in cell)


def _line(line: Line) -> Text:
    return Text(" ").join(_span(span) for span in line)


def _span(span: Span) -> Text:
    shown = names.name(span.text) if span.style == "name" else names.sentence(span.text)
    return Text(shown, style=_STYLES[span.style])
