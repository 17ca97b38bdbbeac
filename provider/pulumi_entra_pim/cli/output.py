"""What a command prints on standard output: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 120
"""Columns of what is piped, which has no width of its own."""


class Output(StrEnum):
    """For whom a command prints."""

    TABLE = "table"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("--output", help="A table for people, or JSON for programs.")]


def console() -> Console:
    """Return where tables are printed: as wide as the terminal, and plain in a pipe."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH
    return Console(file=sys.stdout, width=width, markup=False, emoji=False, highlight=False)


def print_json(document: Any) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(document, indent=2))


def print_line(line: str) -> None:
    """Print a line; names in it cannot steer the terminal."""
    from ..graph.errors import one_line

    typer.echo(one_line(line))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table that fits the terminal; no names in it are markup, or steer the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from ..graph.errors import one_line

    out = console()
    out.print(Text(f"{title} ({len(rows):,})" if rows else f"{title}: none", style="bold"))
    if not rows:
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    out.print(table)
