"""Text files that a command is given."""

from __future__ import annotations

from pathlib import Path

from .exits import CannotBeDone


def text(file: Path) -> str:
    """Return what is in a file; raise CannotBeDone when it is no text, and OSError."""
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise CannotBeDone(f"{file} is not UTF-8 text") from None
