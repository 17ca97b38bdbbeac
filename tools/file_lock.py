"""One run at a time: a lock that the operating system drops when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tools.steps import say


def try_lock(path: Path) -> IO[str] | None:
    """Lock a file, made if missing, and return it open; None when somebody else holds it.

    The lock lives as long as any process has the returned file open.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


@contextlib.contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the lock on a file, waiting for another run to end first."""
    file = try_lock(path)
    if file is None:
        say(f"Waiting for another run to finish (it holds {path}) …")
        file = path.open("a")
        fcntl.flock(file, fcntl.LOCK_EX)
    with file:
        yield
