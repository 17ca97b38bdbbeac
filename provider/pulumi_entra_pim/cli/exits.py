"""How a command ends: its exit code, and one line on standard error where it could not be done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import ClassVar

import typer


class Exit(IntEnum):
    """Every exit code of every command."""

    DONE = 0
    IMPOSSIBLE = 1
    WRONG_CALL = 2
    FOUND = 3
    NOT_ALLOWED = 4
    SIGN_IN = 5
    WAITS = 6
    PARTLY_DONE = 7
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What a script may take it for."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.DONE: "done",
    Exit.IMPOSSIBLE: "it cannot be done, and one line on standard error says why",
    Exit.WRONG_CALL: "a wrong call",
    Exit.FOUND: "done, and what the call asked to fail on is there",
    Exit.NOT_ALLOWED: "Privileged Identity Management does not allow it",
    Exit.SIGN_IN: "somebody has to sign in, or sign in anew",
    Exit.WAITS: "asked for, and waiting for somebody's decision",
    Exit.PARTLY_DONE: "some of it was not done, and what is said names it",
    Exit.INTERRUPTED: "interrupted, and what is said names what was done",
}


class CannotBeDone(Exception):
    """What was asked cannot be done; the message is for the person who asked. A subclass may have its own exit code."""

    exit: ClassVar[Exit] = Exit.IMPOSSIBLE


def epilog(*examples: str, codes: tuple[Exit, ...] = (Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL)) -> str:
    """Write what stands under a command's help: its examples, and its exit codes."""
    listed = "; ".join(f"{code.value} {code.meaning}" for code in sorted(codes))
    return "\n\n".join(("Examples:", "\b\n" + "\n".join(f"  {line}" for line in examples), f"Exit codes: {listed}."))


@contextmanager
def in_one_line() -> Iterator[None]:
    """Tell an expected error in one line and end with its exit code; a bug keeps its traceback."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, _expected()):
            raise
        tell(_message(error))
        raise typer.Exit(_code(error)) from None


def tell(line: str) -> None:
    """Say something on standard error: one line, whatever is in it."""
    words = "".join(c if c.isprintable() else " " if c.isspace() else f"\\u{ord(c):04x}" for c in line).split()
    typer.echo(f"entra-pim: {' '.join(words)}", file=sys.stderr)


def _expected() -> tuple[type[Exception], ...]:
    """Return what a command may fail with; loaded when one did, so that ``--help`` loads nothing."""
    from ..graph.errors import EntraError
    from ..review.model import ReviewError
    from ..settings import SettingsError

    return CannotBeDone, OSError, EntraError, ReviewError, SettingsError


def _code(error: Exception) -> Exit:
    from ..graph.errors import Answer, AuthError, GraphError

    match error:
        case CannotBeDone():
            return error.exit
        # 401 is of a token that has expired, or is good no longer.
        case AuthError() | GraphError(answer=Answer(status=401)):
            return Exit.SIGN_IN
        case _:
            return Exit.IMPOSSIBLE


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror is not None:
        return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    return str(error)
