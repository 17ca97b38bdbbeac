"""A command that does not come to its own end: interrupted as a person does it, or killed with what it started."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.lifecycle.stack import Outcome, Stack

_PROVIDER = " -m pulumi.dynamic "
_CANCELLING = "^C received; cancelling"
_LONGEST = 120.0
"""Seconds that a command may take."""


class Run:
    """A command that goes on while the test does."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._said: list[str] = []
        self._orphans: list[int] = []

    def kill_engine(self) -> None:
        """End the CLI without a word; what it has started goes on without it."""
        # Afterwards nobody could tell them from other processes.
        self._orphans += _descendants(self._process.pid)
        self._process.kill()

    def kill_provider(self) -> None:
        """End the provider's process without a word."""
        [provider] = [pid for pid, command in _descendants(self._process.pid).items() if _PROVIDER in command]
        os.kill(provider, signal.SIGKILL)

    def kill_everything(self) -> None:
        """End the CLI, the language host, the program and the provider without a word, as when a machine stops."""
        self.kill_engine()
        self.kill_orphans()

    def kill_orphans(self) -> None:
        """End what the CLI had started when it was killed."""
        while self._orphans:
            with suppress(ProcessLookupError):
                os.kill(self._orphans.pop(), signal.SIGKILL)

    def interrupt(self) -> None:
        """Press Ctrl-C, and go on when the engine has taken it."""
        self._process.send_signal(signal.SIGINT)
        self.says(_CANCELLING)

    def interrupt_twice(self) -> None:
        """Press Ctrl-C, and once more as the engine then proposes."""
        self.interrupt()
        self._process.send_signal(signal.SIGINT)

    def says(self, words: str) -> None:
        """Wait for words on the terminal."""
        assert any(words in line for line in self._lines()), f"{words!r} was not said in:\n{''.join(self._said)}"

    def end(self) -> Outcome:
        """Wait for the CLI's end."""
        for _ in self._lines():
            pass
        return Outcome(self._process.wait(), "".join(self._said), "")

    def _lines(self) -> Iterator[str]:
        assert self._process.stdout
        for line in self._process.stdout:
            self._said.append(line)
            yield line


@contextmanager
def running(stack: Stack, *command: str) -> Iterator[Run]:
    """Begin a command; at the block's end nothing of it is left."""
    # What is ignored here is ignored by every child, and in the background of a shell Ctrl-C is.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            stack.line(*command),
            cwd=stack.folder,
            env=stack.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    run = Run(process)
    # What never says what a test waits for is ended, and the test with it.
    watchdog = threading.Timer(_LONGEST, run.kill_everything)
    watchdog.start()
    with process:
        try:
            yield run
        finally:
            watchdog.cancel()
            if process.poll() is None:
                run.kill_everything()
            run.kill_orphans()


def _descendants(pid: int) -> dict[int, str]:
    """Return the command lines of the processes that one has started, and of those that they have."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,command="], check=True, capture_output=True, text=True)
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    found: dict[int, str] = {}
    parents = {str(pid)}
    while parents:
        children = {row[0]: row[2] for row in rows if row[1] in parents}
        found |= {int(child): command for child, command in children.items()}
        parents = set(children)
    return found
