"""Calls that hang: their clients wait for an answer that does not come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Hangs:
    """The calls that hang now. Safe for any thread."""

    def __init__(self) -> None:
        """Begin with none."""
        self._changed = threading.Condition()
        self._calls: dict[object, Callable[[], object]] = {}

    @contextmanager
    def hold(self, end: Callable[[], object]) -> Iterator[None]:
        """Count a call as hanging within the block; ``end`` must not block, and is called from any thread."""
        call = object()
        with self._changed:
            self._calls[call] = end
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._calls.pop(call, None)

    def hanging(self, within: float) -> bool:
        """Wait for a call that hangs, for so many seconds of the machine at most; tell whether there is one."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._calls), within)

    def release(self) -> None:
        """End every call that hangs."""
        with self._changed:
            for end in self._calls.values():
                end()
            self._calls.clear()
