"""Steps on the terminal: what runs and for how long, and one line when it fails."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_SECONDS_BETWEEN_LINES = 30
_ERASE_LINE = "\r\033[K"


class SetupError(Exception):
    """A failure the person can act on; the message is one line: what is missing and how to get it."""


class StepError(SetupError):
    """A command of the set-up failed; `reason` is the end of what it said, `output` the whole."""

    def __init__(self, label: str, reason: str, output: str) -> None:
        super().__init__(f"{label}: {reason}")
        self.reason = reason
        self.output = output


def say(text: str) -> None:
    """Print a line at once, also where the output is a pipe."""
    print(text, flush=True)


def run_step(
    label: str,
    command: Sequence[str | Path],
    *,
    timeout: int | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a command out of sight and return what it printed on stdout.

    The label and the elapsed time are shown from the first second on; `timeout` is in seconds.
    Raises StepError when the command cannot start, fails or is out of time; what it started is ended with it.
    """
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        except OSError as error:
            raise StepError(label, str(error), "") from None
        try:
            in_time = _wait(process, label, timeout)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        printed = _text(stdout)
        everything = f"{printed}\n{_text(stderr)}".strip()
        if not in_time:
            raise StepError(label, f"not done after {timeout} s", everything)
        if process.returncode != 0:
            raise StepError(label, everything.rpartition("\n")[2] or f"exit status {process.returncode}", everything)
        return printed


def watch(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> int:
    """Run a command for the person to watch and return its exit status.

    Ctrl-C reaches the command too, and it may end in its own time: Pulumi finishes and stores the running step.
    """
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(command, check=False, cwd=cwd, env=env).returncode
    finally:
        signal.signal(signal.SIGINT, previous)


def exit_status(main: Callable[[], None]) -> int:
    """Run a main function; a SetupError becomes one line on stderr and status 1."""
    try:
        main()
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _wait(process: subprocess.Popen[bytes], label: str, timeout: int | None) -> bool:
    """Wait for a process, showing the time; tell whether it ended within `timeout` seconds."""
    started = time.monotonic()
    terminal = sys.stdout.isatty()
    try:
        for seconds in itertools.count(1):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(started + seconds - time.monotonic())
                return True
            if terminal:
                print(f"{_ERASE_LINE}{label} … {seconds} s", end="", flush=True)
            elif seconds % _SECONDS_BETWEEN_LINES == 1:
                say(f"{label} … {seconds} s")
            if seconds == timeout:
                break
        return False
    finally:
        if terminal:
            print(_ERASE_LINE, end="", flush=True)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace").strip()
