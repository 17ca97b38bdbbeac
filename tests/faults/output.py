"""All that a person, a log or a file could get to read of a run, searched for secrets."""

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from pulumi_entra_pim.resources import _engine

# What a JSON Web Token begins with: `{"` in base64.
_TOKEN = re.compile(r"eyJ[\w-]{8,}")


class _Lines(logging.Handler):
    """Keeps each record as the line that a log would have."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        self._lines.append(self.format(record))


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Collect what is logged within the block, at its most talkative, and what is said on the rows of resources."""
    lines: list[str] = []
    root = logging.getLogger()
    level = root.level

    def on_row(_severity: Any, message: str, *, ephemeral: bool) -> None:
        lines.append(message)

    root.setLevel(logging.DEBUG)
    try:
        with patch.object(root, "handlers", [_Lines(lines)]), patch.object(_engine, "_log", on_row):
            yield lines
    finally:
        root.setLevel(level)


def secrets_in(texts: Iterable[str], secrets: Iterable[str]) -> list[str]:
    """Return the texts that hold one of the secrets, or a token."""
    wanted = tuple(secrets)
    return [text for text in texts if _TOKEN.search(text) or any(secret in text for secret in wanted)]
