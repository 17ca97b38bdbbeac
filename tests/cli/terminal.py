"""A person at a terminal: what they see of the command, and what they type."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_PATIENCE = 60.0
# Ctrl-C reaches the processes of the session that controls the terminal, and ends what a shell starts there; who runs
# the tests in the background has it ignored, which a process inherits.
_WITH_CONTROL = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "pulumi_entra_pim.cli", *sys.argv[1:]])
"""


class Terminal:
    """One run of the command in a terminal of its own."""

    def __init__(self, main: int, process: "subprocess.Popen[bytes]") -> None:
        self._main = main
        self._process = process
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read until something is shown."""
        while text not in self.seen:
            self.read_on()

    def read_on(self) -> None:
        """Read more; there has to be more within a minute."""
        assert self._read(), f"nothing more was shown: {self.seen!r}"

    def type(self, text: str) -> None:
        """Type what the command reads; "\\x03" is Ctrl-C."""
        os.write(self._main, text.encode())

    def interrupt(self) -> int:
        """Press Ctrl-C; return the exit code."""
        self.type("\x03")
        return self.end()

    def end(self) -> int:
        """Read to the end; return the exit code."""
        while self._read():
            pass
        return self._process.wait(_PATIENCE)

    @property
    def plain(self) -> str:
        """Return what was shown without what steers the terminal."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._main], [], [], _PATIENCE)
        try:
            said = os.read(self._main, 65_536) if ready else b""
        except OSError:
            # Linux says so when the last process at the other side has gone.
            said = b""
        self.seen += said.decode(errors="replace")
        return bool(said)


def _own() -> dict[str, str]:
    """Return the environment without what tells programs the size of another terminal."""
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}


@contextmanager
def terminal(*words: str, environment: Mapping[str, str], columns: int = 120) -> Iterator[Terminal]:
    """Run the command in a terminal of a width."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", _WITH_CONTROL, *words],
        stdin=side,
        stdout=side,
        stderr=side,
        env={**_own(), "TERM": "xterm-256color", **environment},
        start_new_session=True,
    )
    os.close(side)
    try:
        yield Terminal(main, process)
    finally:
        process.kill()
        process.wait()
        os.close(main)
