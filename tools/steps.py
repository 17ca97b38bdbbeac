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
    """Run a command out of sight and return what it printed.

    The label and the elapsed time are shown from the first second on; `timeout` is in seconds.
    Raises StepError when the command cannot start, fails or is out of time; what it started is ended with it.
    """
    with tempfile.TemporaryFile() as captured:

        def output() -> str:
            captured.seek(0)
            return captured.read().decode(errors="replace").strip()

        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=captured,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise StepError(label, str(error), "") from None
        try:
            _wait(process, label, timeout)
        except subprocess.TimeoutExpired:
            raise StepError(label, f"not done after {timeout} s", output()) from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        text = output()
        if process.returncode != 0:
            raise StepError(label, _last_line(text) or f"exit status {process.returncode}", text)
        return text


def watch(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> int:
    """Run a command for the person to watch and return its exit status.

    Ctrl-C reaches the command too, and it may end in its own time: Pulumi finishes and stores the running step.
    """
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(command, check=False, cwd=cwd, env=env, stdin=subprocess.DEVNULL).returncode
    finally:
        signal.signal(signal.SIGINT, previous)


def exit_status(main: Callable[[], int]) -> int:
    """Run a main function; a SetupError becomes one line on stderr and status 1."""
    try:
        return main()
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _wait(process: subprocess.Popen[bytes], label: str, timeout: int | None) -> None:
    started = time.monotonic()
    terminal = sys.stdout.isatty()
    for seconds in itertools.count(1):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(started + seconds - time.monotonic())
            break
        if terminal:
            print(f"{_ERASE_LINE}{label} … {seconds} s", end="", flush=True)
        elif seconds % _SECONDS_BETWEEN_LINES == 1:
            say(f"{label} … {seconds} s")
        if timeout is not None and seconds >= timeout:
            raise subprocess.TimeoutExpired(process.args, timeout)
    if terminal:
        print(_ERASE_LINE, end="", flush=True)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
