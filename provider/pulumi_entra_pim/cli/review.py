"""``entra-pim review``: who can become what, that could not before."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..review.model import Review
from ..review.render.markdown import Platform
from .exits import CannotBeDone, Exit, epilog, tell
from .output import WIDTH

EPILOG = epilog(
    "pulumi preview --json --show-sames | entra-pim review",
    "entra-pim review --stack dev                                # runs the preview itself",
    "entra-pim review --preview preview.json --format html --out review.html",
    "entra-pim review --stack prod --format markdown --redact people --fail-on broadened --fail-on mandatory",
    codes=(Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.FOUND),
)


class Format(StrEnum):
    """What a review is written as."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


class Redacted(StrEnum):
    """What is left out of a review."""

    PEOPLE = "people"


class Condition(StrEnum):
    """What makes the command end with ``Exit.FOUND``."""

    BROADENED = "broadened"
    NARROWED = "narrowed"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    UNCHECKED = "unchecked"


# What cannot be told is no reason to let a change pass: an unknown verdict may be any of them.
CONDITIONS: Mapping[Condition, Callable[[Review], bool]] = {
    Condition.BROADENED: lambda review: review.verdict in ("broadened", "moved", "unknown"),
    Condition.NARROWED: lambda review: review.verdict in ("narrowed", "moved", "unknown"),
    Condition.CHANGED: lambda review: review.verdict != "unchanged",
    Condition.UNKNOWN: lambda review: review.verdict == "unknown",
    Condition.MANDATORY: lambda review: any(finding.level == "mandatory" for finding in review.broken),
    Condition.ADVISORY: lambda review: bool(review.broken),
    Condition.UNCHECKED: lambda review: any(
        finding.level == "mandatory" and finding.outcome == "not checked" for finding in review.findings
    ),
}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date and no time in ISO 8601, such as 2026-12-01") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def review(
    preview: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What pulumi preview --json --show-sames wrote; standard input if not given."
        ),
    ] = None,
    stack: Annotated[
        str | None, typer.Option(metavar="NAME", help="Run the preview of this stack here, with the pulumi on PATH.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="What to write the review as.")] = Format.TERMINAL,
    platform: Annotated[Platform, typer.Option(help="Where the Markdown is to be read.")] = Platform.GITHUB,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write there, not to standard output.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(metavar="TIME", parser=_moment, help="The moment of the review, UTC unless it says else; now."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rules and exceptions; entra-pim.toml if there is one.")
    ] = None,
    redact: Annotated[
        Redacted | None, typer.Option(help="Put a stable stand-in in the place of everybody's name, for public logs.")
    ] = None,
    fail_on: Annotated[
        list[Condition] | None, typer.Option(help="End with exit code 3 if this is so; again for each.")
    ] = None,
) -> None:
    """Say who can become what, over which scope and for how long, that could not before.

    Reads a preview, and neither the tenant nor the program. Needs --show-sames to say what stays the same.
    """
    if preview is not None and stack is not None:
        raise typer.BadParameter("give --preview or --stack, not both")
    made = _review(_read(preview, stack), as_of or datetime.now(UTC), config)
    met = [condition for condition in fail_on or [] if CONDITIONS[condition](made)]
    _write(made, format_, platform, redact, out)
    if met:
        tell(f"found what --fail-on names: {', '.join(dict.fromkeys(met))}")
        raise typer.Exit(Exit.FOUND)


def _read(preview: Path | None, stack: str | None) -> str:
    if stack is not None:
        return _run_preview(stack)
    if preview is not None:
        return _decoded(preview.read_bytes(), str(preview))
    if sys.stdin.isatty():
        raise CannotBeDone("pipe in what pulumi preview --json --show-sames writes, or name --preview or --stack")
    return _decoded(sys.stdin.buffer.read(), "standard input")


def _decoded(content: bytes, source: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise CannotBeDone(f"{source} is not UTF-8 text") from None


def _run_preview(stack: str) -> str:
    """Run a preview; one that failed is told by its own document.

    Raises CannotBeDone where there is none.
    """
    if sys.stderr.isatty():
        tell("running pulumi preview …")
    command = ["pulumi", "preview", "--json", "--show-sames", "--non-interactive", "--stack", stack]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except FileNotFoundError:
        raise CannotBeDone("there is no pulumi on PATH: https://www.pulumi.com/docs/iac/download-install/") from None
    if not done.stdout.strip():
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise CannotBeDone(f"pulumi preview ended with {done.returncode}: {said[-1]}")
    return _decoded(done.stdout, "what pulumi preview wrote")


def _review(document: str, as_of: datetime, config: Path | None) -> Review:
    from ..review.config import FILE, Config, read_config
    from ..review.reading import read_preview
    from ..review.verdict import review

    preview = read_preview(document)
    file = config or (Path(FILE) if Path(FILE).exists() else None)
    settings = Config() if file is None else read_config(_decoded(file.read_bytes(), str(file)), preview.stack)
    return review(preview, as_of, settings)


def _write(made: Review, form: Format, platform: Platform, redact: Redacted | None, out: Path | None) -> None:
    from ..review.render import contents, redaction, terminal

    if redact is Redacted.PEOPLE:
        made = redaction.without_people(made)
    if form is Format.TERMINAL and out is None and sys.stdout.isatty():
        terminal.show(contents.report(made), sys.stdout)
        return
    text = _text(made, form, platform).encode()
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_bytes(text)


def _text(made: Review, form: Format, platform: Platform) -> str:
    from ..review.render import contents, document, html, markdown, terminal

    if form is Format.JSON:
        return document.render(made)
    report = contents.report(made)
    if form is Format.MARKDOWN:
        return markdown.render(report, platform)
    if form is Format.HTML:
        return html.render(report)
    written = io.StringIO()
    terminal.show(report, written, WIDTH)
    return written.getvalue()
