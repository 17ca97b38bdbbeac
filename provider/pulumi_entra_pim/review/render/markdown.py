"""A review as Markdown for a pull request on GitHub, GitLab or Azure DevOps.

Names stand in code spans, where no platform looks for mentions, links or markup. Our own words, which may quote a name,
are escaped, and what a platform would turn into a mention or a link after that is broken up by a zero-width space.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from . import mermaid, names, words
from .report import Line, Notice, Report, Row, Span, Table, Tone

LIMIT = 60_000
"""Characters of a report: GitHub refuses a comment of more than 65,536, and others say something around it."""


class Platform(StrEnum):
    """Where the Markdown is to be read."""

    GITHUB = "github"
    GITLAB = "gitlab"
    AZURE_DEVOPS = "azure-devops"


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What a platform understands beyond GitHub-flavoured tables and emphasis."""

    graph: tuple[str, str]
    line_break: str
    folds: bool
    alerts: bool


_FENCE = ("```mermaid", "```")
_DIALECTS = {
    # https://docs.github.com/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#alerts
    Platform.GITHUB: _Dialect(_FENCE, "<br>", folds=True, alerts=True),
    # https://docs.gitlab.com/user/markdown/#alerts
    Platform.GITLAB: _Dialect(_FENCE, "<br>", folds=True, alerts=True),
    # A pull request has tables, but no line breaks in them and nothing that folds:
    # https://learn.microsoft.com/azure/devops/project/wiki/markdown-guidance
    Platform.AZURE_DEVOPS: _Dialect(("::: mermaid", ":::"), " · ", folds=False, alerts=False),
}
_ALERTS: dict[Tone, str] = {"danger": "CAUTION", "warning": "WARNING"}
_SIGNS: dict[Tone, str] = {
    "gained": "🔺", "lost": "🔻", "changed": "🔶", "kept": "", "danger": "🛑", "warning": "⚠️", "quiet": ""
}  # fmt: skip
_GRAPH_LEFT_OUT = "The graph is left out: it is too large."
_ZERO_WIDTH_SPACE = "&#8203;"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&$])")
_MENTION = re.compile(r"([@#!%^]|(?<=\\[~&$]))(?=[^\s&])|(?<=:)(?=//|[\w+-]+:)|(?<=www)(?=\.)", re.IGNORECASE)
_LIST = re.compile(r"^(\d*)([-+=#:.)])")


def render(report: Report, platform: Platform = Platform.GITHUB) -> str:
    """Write a report in at most ``LIMIT`` characters: whole rows are left out of what is longer, and counted."""
    dialect = _DIALECTS[platform]
    head = [_headline(report), *(_notice(notice, dialect) for notice in report.notices)]
    changes = _Written(report.changes, dialect)
    graph = _graph(report, dialect)
    tables = [_Written(table, dialect) for table in report.tables]
    foot = f"<sub>{prose(report.footnote)}</sub>" if dialect.folds else prose(report.footnote)
    fixed = [*head, changes.text(), _GRAPH_LEFT_OUT, *(table.text() for table in tables), foot]
    left = LIMIT - sum(len(block) + 2 for block in fixed)
    left = _fill([changes, *(table for table in tables if not table.folded)], left)
    if len(graph) > left:
        graph = _GRAPH_LEFT_OUT
    _fill([table for table in tables if table.folded], left - len(graph))
    blocks = [*head, changes.text(), graph, *(table.text() for table in tables), foot]
    return "\n\n".join(block for block in blocks if block) + "\n"


def prose(text: str) -> str:
    """Escape words of ours that may quote a name; no platform makes a mention, link or markup of the result."""
    escaped = _SPECIAL.sub(r"\\\1", names.sentence(text))
    broken = _MENTION.sub(lambda found: f"{found[0]}{_ZERO_WIDTH_SPACE}", escaped)
    return _LIST.sub(r"\1\\\2", broken)


def code(text: str) -> str:
    """Write a name as a code span, for a paragraph or a table's cell alike."""
    name = names.name(text)
    longest = max((len(run) for run in re.findall("`+", name)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if name.startswith("`") or name.endswith("`") else ""
    # A table's cells are told apart before its code spans are seen: https://github.github.com/gfm/#tables-extension-
    return f"{fence}{pad}{name}{pad}{fence}".replace("|", r"\|")


def _headline(report: Report) -> str:
    return f"### {_SIGNS[report.tone]} {prose(report.verdict)}\n\n{prose(report.sentence)}"


def _notice(notice: Notice, dialect: _Dialect) -> str:
    text = _line(notice.line)
    if dialect.alerts:
        return f"> [!{_ALERTS[notice.tone]}]\n> {text}"
    return f"> {_SIGNS[notice.tone]} {text}"


def _graph(report: Report, dialect: _Dialect) -> str:
    if report.graph.is_too_large:
        return _GRAPH_LEFT_OUT
    if not report.graph.edges:
        return ""
    opening, closing = dialect.graph
    return f"{opening}\n{mermaid.flowchart(report.graph)}\n{closing}"


class _Written:
    """A table whose rows are let in one by one."""

    def __init__(self, table: Table, dialect: _Dialect) -> None:
        self.folded = table.folded
        self._title = f"{prose(table.title)} ({len(table.rows):,})"
        self._folds = table.folded and dialect.folds
        self._columns = table.columns
        self._rows = [_row(row, dialect, is_of_table=bool(table.columns)) for row in table.rows]
        self._shown = 0

    def next_row(self) -> str | None:
        """Return the row that would come next."""
        return self._rows[self._shown] if self._shown < len(self._rows) else None

    def let_in(self) -> None:
        """Show one more row."""
        self._shown += 1

    def text(self) -> str:
        """Write the table with the rows that were let in, and say how many were not; one without rows is nothing."""
        if not self._rows:
            return ""
        lines = list(self._rows[: self._shown])
        if self._columns:
            lines = [f"| {' | '.join(self._columns)} |", f"|{'---|' * len(self._columns)}", *lines]
        left_out = len(self._rows) - self._shown
        if left_out:
            lines += ["", f"_… and {words.count(left_out, 'more row')}, left out for length._"]
        body = "\n".join(lines)
        if self._folds:
            return f"<details><summary>{self._title}</summary>\n\n{body}\n\n</details>"
        return f"#### {self._title}\n\n{body}"


def _fill(tables: Sequence[_Written], left: int) -> int:
    """Let rows in, one of each table in turn, for as long as the next one fits; return how many characters are left."""
    open_tables = list(tables)
    while open_tables:
        for table in tuple(open_tables):
            row = table.next_row()
            if row is None or len(row) + 1 > left:
                open_tables.remove(table)
            else:
                table.let_in()
                left -= len(row) + 1
    return left


def _row(row: Row, dialect: _Dialect, *, is_of_table: bool) -> str:
    cells = [dialect.line_break.join(_line(line) for line in cell) for cell in row.cells]
    if not is_of_table:
        return f"- {' '.join(cells)}"
    return f"| {' | '.join([f'{_SIGNS[row.tone]} {cells[0]}'.strip(), *cells[1:]])} |"


def _line(line: Line) -> str:
    return " ".join(_span(span) for span in line)


def _span(span: Span) -> str:
    if span.style == "name":
        return code(span.text)
    text = prose(span.text)
    if span.style in ("strong", "mark"):
        text = f"**{text}**"
    return text if span.href is None else f"[{text}]({span.href})"
