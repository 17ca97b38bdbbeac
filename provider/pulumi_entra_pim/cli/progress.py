"""What a person sees while a command works: one line on standard error, from the first second on."""

from __future__ import annotations

import os
import sys
import threading
import time
from types import TracebackType

_QUIET_SECONDS = 1.0
_SECONDS_BETWEEN_LINES = 60.0
_ERASE_LINE = "\r\033[K"


class Progress:
    """Shows what is going on: the line in place on a terminal and gone at the end, a line a minute elsewhere.

    Call it with a new line; nothing is shown of what takes less than a second.
    """

    def __init__(self, line: str = "asking Graph …") -> None:
        self._line = line
        self._shown = ""
        self._next_line = 0.0
        self._lock = threading.Lock()
        self._is_quiet = True
        self._timer = threading.Timer(_QUIET_SECONDS, self._speak)
        self._timer.daemon = True

    def __enter__(self) -> Progress:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_quiet = True
            if self._shown and sys.stderr.isatty():
                _write(_ERASE_LINE)

    def __call__(self, line: str) -> None:
        """Say what is going on now."""
        from ..graph.errors import one_line

        with self._lock:
            self._line = one_line(line)
            self._show()

    def _speak(self) -> None:
        with self._lock:
            self._is_quiet = False
            self._show()

    def _show(self) -> None:
        if self._is_quiet or self._line == self._shown:
            return
        if sys.stderr.isatty():
            # A line that wraps could not be erased.
            _write(f"{_ERASE_LINE}{self._line[: os.get_terminal_size(sys.stderr.fileno()).columns - 1]}")
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _SECONDS_BETWEEN_LINES
            _write(f"{self._line}\n")
        self._shown = self._line


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
