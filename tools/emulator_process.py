"""The emulator in the background: started, found again, restarted with its data after a crash, and stopped."""

from __future__ import annotations

import os
import shlex
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import httpx

from tools import file_lock
from tools.isolation import write_private
from tools.steps import SetupError, say

_URL = "ENTRA_PIM_GRAPH_URL"
_CA_FILE = "ENTRA_PIM_CA_FILE"
_EXPORTS = {_URL, _CA_FILE, "ENTRA_PIM_AUTHORITY_URL", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"}
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05


class EmulatorProcess:
    """One emulator per folder; its data, log and process are there.

    The process holds a lock on a file as long as it lives, and so a process id is never taken for ours after a
    crash, when the system may have given it to somebody else.
    """

    def __init__(self, folder: Path) -> None:
        self._data = folder / "emulator"
        self._log = folder / "emulator.log"
        self._lock = folder / "emulator.lock"
        self._pid = folder / "emulator.pid"
        self._exports = folder / "emulator.exports"

    def ensure(self) -> dict[str, str]:
        """Return the variables for a running emulator's clients, starting it first if it does not answer.

        A restart takes the same port if that is still free. Raises SetupError when it does not start.
        """
        if not self.answers():
            self.stop()
            self._start()
        variables = self._variables()
        say(f"Emulator: {variables[_URL]}")
        return variables

    def answers(self) -> bool:
        """Tell whether the emulator that was started here answers over TLS."""
        variables = self._variables()
        if not variables or not self._runs():
            return False
        try:
            tls = ssl.create_default_context(cafile=variables[_CA_FILE])
            with httpx.Client(verify=tls, trust_env=False) as client:
                return client.get(f"{variables[_URL]}/_emulator/health").is_success
        except (httpx.TransportError, OSError):
            return False

    def stop(self) -> None:
        """Stop the emulator if it runs; its data stay."""
        if not self._runs():
            return
        pid = int(self._pid.read_text())
        for ending in (signal.SIGTERM, signal.SIGKILL):
            os.kill(pid, ending)
            if _within(_STOP_SECONDS, lambda: not self._runs()):
                return
        raise SetupError(f"the emulator, process {pid}, cannot be stopped")

    def _start(self) -> None:
        remembered = self._variables().get(_URL)
        ports = [httpx.URL(remembered).port, 0] if remembered else [0]
        for port in ports:
            lock = file_lock.try_lock(self._lock)
            if lock is None:
                raise SetupError("another run is starting the emulator: try again when it is done")
            with lock:
                said = self._spawn(port, lock)
            if said is None:
                return
        raise SetupError(f"the emulator does not start: {said} (its log: {self._log})")

    def _spawn(self, port: int | None, lock: IO[str]) -> str | None:
        """Start the process and wait until it is ready; return what it said last if it ended or was too slow."""
        # Before a new process there is no process: a crash between these lines leaves no wrong id behind.
        self._pid.unlink(missing_ok=True)
        self._log.touch(mode=0o600)
        with self._log.open("ab") as log:
            start_of_this = log.tell()
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "entra_emulator", "serve"),
                    *("--port", str(port), "--data", str(self._data), "--seed", "contoso"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
        self._pid.write_text(str(process.pid))

        def said() -> str:
            return self._log.read_bytes()[start_of_this:].decode(errors="replace")

        def is_ready() -> bool:
            return _exports(said()).keys() >= _EXPORTS

        _within(_START_SECONDS, lambda: is_ready() or process.poll() is not None)
        if is_ready():
            write_private(self._exports, said())
            return None
        process.kill()
        process.wait()
        return (said().strip().splitlines() or [f"exit status {process.returncode}"])[-1]

    def _runs(self) -> bool:
        lock = file_lock.try_lock(self._lock)
        if lock is None:
            return True
        lock.close()
        return False

    def _variables(self) -> dict[str, str]:
        return _exports(self._exports.read_text()) if self._exports.exists() else {}


def _exports(text: str) -> dict[str, str]:
    """Read the `export NAME=value` lines of what the emulator printed."""
    words = [word for line in text.splitlines() if line.startswith("export ") for word in shlex.split(line)[1:]]
    return dict(word.split("=", 1) for word in words if "=" in word)


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
