"""How fast the emulator answers: a process of its own that keeps a folder, asked over one TLS connection that stays."""

from __future__ import annotations

import json
import shlex
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entra_emulator import Emulator
from entra_emulator.exchange import Request

MANY = 100_000
_CALLS = 2_000
_STARTS = 5
_JOURNAL = 10_000
_ELIGIBILITIES = "/v1.0/roleManagement/directory/roleEligibilitySchedules"


@dataclass(frozen=True)
class Calls:
    """Seconds: the median and the 99th percentile of a call, and the processor time the client itself spent on one."""

    median: float
    p99: float
    client: float


class Process:
    """A served emulator and a connection to it; ``ready`` is how many seconds it took to its ready line."""

    def __init__(self, folder: str) -> None:
        started = time.perf_counter()
        command = [sys.executable, "-m", "entra_emulator", "serve", "--data", folder]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()
        self.ready = time.perf_counter() - started
        words = [shlex.split(self._process.stdout.readline())[1].partition("=") for _ in range(6)]
        variables = {name: value for name, _, value in words}
        port = int(variables["ENTRA_PIM_GRAPH_URL"].rpartition(":")[2])
        self._head = f"Host: 127.0.0.1:{port}\r\nContent-Type: application/json"
        trust = ssl.create_default_context(cafile=variables["ENTRA_PIM_CA_FILE"])
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = trust.wrap_socket(connection, server_hostname="127.0.0.1")
        token = self.call("POST", "/_emulator/token", {})["access_token"]
        self._head += f"\r\nAuthorization: Bearer {token}"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the emulator, and fail at anything but a good answer."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self._head}\r\nContent-Length: {len(content)}\r\n\r\n"
        self._connection.sendall(head.encode() + content)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._connection.recv(65_536)
        found, _, rest = received.partition(b"\r\n\r\n")
        lines = found.decode().lower().split("\r\n")
        length = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
        while len(rest) < length:
            rest += self._connection.recv(65_536)
        assert lines[0].split()[1].startswith("2"), received
        return json.loads(rest) if rest else None

    def resident(self) -> float:
        """Tell the process's resident memory in MiB."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        [kibibytes] = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
        return int(kibibytes) / 1024

    def stop(self) -> None:
        """End it."""
        self._connection.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def process(folder: str | None = None) -> Iterator[Process]:
    """Serve a folder, or a new one, until the block ends."""
    with tempfile.TemporaryDirectory() as new:
        running = Process(folder or new)
        try:
            yield running
        finally:
            running.stop()


def starts() -> list[float]:
    """Time some starts to the ready line, in seconds: the first makes the folder's keys, the others find them."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for _ in range(_STARTS):
            with process(folder) as running:
                found.append(running.ready)
        return found


def calls() -> tuple[dict[str, Calls], float]:
    """Time calls by their kind, one after the other, and tell how many users a second are kept."""
    with process() as running:
        made: list[str] = []

        def create(number: int) -> None:
            made.append(running.call("POST", "/v1.0/users", _user(number))["id"])

        began = time.perf_counter()
        found = {"POST user": _timed(create)}
        rate = _CALLS / (time.perf_counter() - began)
        user = made[0]
        condition = f"$filter=principalId%20eq%20'{user}'"
        found |= {
            "PATCH user": _timed(
                lambda number: running.call("PATCH", f"/v1.0/users/{user}", {"jobTitle": str(number)})
            ),
            "GET user by id": _timed_read(running, f"/v1.0/users/{user}"),
            "GET user by name": _timed_read(running, "/v1.0/users/u7@contoso.com"),
            "GET 20 of the users": _timed_read(running, "/v1.0/users?$top=20"),
            "GET eligibilities of a user": _timed_read(running, f"{_ELIGIBILITIES}?{condition}"),
        }
        return found, rate


def point_reads() -> dict[str, tuple[float, float]]:
    """Time reads of one user, median seconds: in a directory of a few, and in one of a hundred thousand."""
    with tempfile.TemporaryDirectory() as folder:
        medians: list[dict[str, float]] = []
        for first, behind_last in ((0, 10), (10, MANY)):
            with Emulator(folder) as emulator:
                authorization = {"authorization": f"Bearer {emulator.token()}"}
                for number in range(first, behind_last):
                    content = json.dumps(_user(number)).encode()
                    emulator.handle(Request("POST", "https://127.0.0.1", "/v1.0/users", "", authorization, content))
            with process(folder) as running:
                medians.append(_point_reads(running))
        few, many = medians
        return {name: (few[name], many[name]) for name in few}


def _point_reads(running: Process) -> dict[str, float]:
    by_name = "/v1.0/users/u5@contoso.com"
    by_id = f"/v1.0/users/{running.call('GET', by_name)['id']}"
    return {"by id": _timed_read(running, by_id).median, "by name": _timed_read(running, by_name).median}


def memory() -> tuple[float, float]:
    """Weigh the process, MiB: when its journal is full, and after twice as many calls again."""
    with process() as running:
        found = []
        for count in (_JOURNAL, 2 * _JOURNAL):
            for _ in range(count):
                running.call("GET", "/v1.0/users?$top=1")
            found.append(running.resident())
        full, later = found
        return full, later


def _timed(call: Callable[[int], object]) -> Calls:
    taken = []
    spent = time.process_time()
    for number in range(_CALLS):
        began = time.perf_counter()
        call(number)
        taken.append(time.perf_counter() - began)
    spent = time.process_time() - spent
    return Calls(statistics.median(taken), statistics.quantiles(taken, n=100)[98], spent / _CALLS)


def _timed_read(running: Process, path: str) -> Calls:
    return _timed(lambda _: running.call("GET", path))


def _user(number: int) -> dict[str, object]:
    return {
        "accountEnabled": True,
        "displayName": f"u{number}",
        "mailNickname": f"u{number}",
        "userPrincipalName": f"u{number}@contoso.com",
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
    }
