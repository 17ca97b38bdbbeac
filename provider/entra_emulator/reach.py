"""How the command reaches an emulator's controls: over its port, or in a folder on which none runs."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from entra_emulator.certificates import CA_FILE
from entra_emulator.data_folder import DataFolder, holds_directory
from entra_emulator.emulator import Emulator, Served
from entra_emulator.exchange import Request

READY_FILE = "ready.json"
_PATH = "/_emulator/"
_SECONDS = 60.0


class Control(Protocol):
    """Calls a control by its name behind ``/_emulator/`` and gives its answer."""

    def __call__(self, method: str, name: str, body: object = None, /) -> Any:
        """Call it.

        Raises:
            ReachError: it says no, or nothing answers.
        """


class ReachError(Exception):
    """An emulator is not reached, or says no; the message says why, in one line."""


@contextmanager
def announced(data: str, served: Served) -> Iterator[None]:
    """Say in the folder where the emulator runs on it, until the block ends."""
    folder = DataFolder(data)
    folder.keep(READY_FILE, json.dumps(asdict(served), default=str, indent=2).encode())
    try:
        yield
    finally:
        folder.drop(READY_FILE)


def at(url: str, ca_file: Path | None) -> Control:
    """Reach the emulator that serves a URL; behind ``https`` it is believed by its authority's certificate.

    Raises:
        ReachError: the certificate cannot be read.
    """
    try:
        trust = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ReachError(f"{ca_file} is no certificate that can be read: {error.strerror or error}") from error

    def control(method: str, name: str, body: object = None, /) -> Any:
        # Serving must not wait for a client that it does not use.
        import httpx

        try:
            response = httpx.request(
                method, url + _PATH + name, content=_written(body), verify=trust, trust_env=False, timeout=_SECONDS
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ReachError(f"no emulator answers at {url}: {error}") from error
        return _outcome(response.status_code, response.content)

    return control


@contextmanager
def in_folder(data: str, *, make: bool = False) -> Iterator[Control]:
    """Reach the emulator that runs on a folder, or else be it for as long as the block lasts.

    ``make`` begins a directory where there is none.

    Raises:
        ReachError: there is no directory in the folder.
        StoreError: the folder cannot be used.
    """
    if not make and not holds_directory(data):
        raise ReachError(f"there is no directory in {data}: entra-emulator serve --data {data} begins one")
    running = _running_on(DataFolder(data))
    if running is not None:
        yield running
        return
    with Emulator(data) as emulator:

        def control(method: str, name: str, body: object = None, /) -> Any:
            response = emulator.handle(Request(method, "https://127.0.0.1", _PATH + name, body=_written(body)))
            return _outcome(response.status, response.body)

        yield control


def _running_on(folder: DataFolder) -> Control | None:
    """Find the emulator that runs on a folder; after a kill its announcement is there, and it is not.

    Whoever else got its port by then has no certificate of this folder's authority.
    """
    announcement = folder.read(READY_FILE)
    if announcement is None:
        return None
    try:
        control = at(json.loads(announcement)["url"], folder.path_of(CA_FILE))
        control("GET", "health")
    except ReachError:
        return None
    return control


def _written(body: object) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def _outcome(status: int, content: bytes) -> Any:
    try:
        answer = json.loads(content or b"null")
    except ValueError:
        raise ReachError(f"what answers is no emulator (status {status})") from None
    if status >= 400:
        raise ReachError(answer["error"])
    return answer
