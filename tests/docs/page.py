"""A Markdown page as the tests read it: its tables, code blocks, links and headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]

_PARSER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text without marks, and the code spans in it."""

    text: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table: its headings, and its rows below them."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def column(self, heading: str) -> list[Cell]:
        """Return the cells below a heading."""
        place = self.headings.index(heading)
        return [row[place] for row in self.rows]

    def texts(self, key: str, value: str) -> dict[str, str]:
        """Return the texts below one heading by those below another."""
        return {name.text: cell.text for name, cell in zip(self.column(key), self.column(value), strict=True)}


class Page:
    """A page by its path below the repository's root."""

    def __init__(self, path: str) -> None:
        self.path = ROOT / path
        self.text = self.path.read_text()
        self._tokens = _PARSER.parse(self.text)

    def table(self, *headings: str) -> Table:
        """Return the one table that has these first headings."""
        [found] = self.tables(*headings)
        return found

    def tables(self, *headings: str) -> list[Table]:
        """Return the tables that have these first headings."""
        return [table for table in self._tables() if table.headings[: len(headings)] == headings]

    def code_blocks(self, language: str) -> list[str]:
        """Return the fenced blocks of a language."""
        return [token.content for token in self._tokens if token.type == "fence" and token.info == language]

    def links(self) -> list[str]:
        """Return where all links go."""
        inline = (child for token in self._tokens for child in token.children or ())
        return [str(child.attrs["href"]) for child in inline if child.type == "link_open"]

    def anchors(self) -> set[str]:
        """Return the fragments that lead to its headings, as GitHub spells them."""
        titles = (
            _cell(after).text
            for token, after in zip(self._tokens, self._tokens[1:], strict=False)
            if token.type == "heading_open"
        )
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}

    def _tables(self) -> Iterator[Table]:
        rows: list[tuple[Cell, ...]] = []
        cells: list[Cell] = []
        for token in self._tokens:
            if token.type == "table_open":
                rows = []
            elif token.type == "tr_open":
                cells = []
            elif token.type == "inline":
                cells.append(_cell(token))
            elif token.type == "tr_close":
                rows.append(tuple(cells))
            elif token.type == "table_close":
                yield Table(tuple(cell.text for cell in rows[0]), tuple(rows[1:]))


def _cell(inline: Token) -> Cell:
    parts = inline.children or []
    text = "".join(part.content for part in parts if part.type in ("text", "code_inline"))
    return Cell(text, tuple(part.content for part in parts if part.type == "code_inline"))
