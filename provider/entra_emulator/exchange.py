"""One request and one response, as plain data: what every door turns its own protocol into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request.

    ``origin`` is scheme and authority as the client wrote them (``https://127.0.0.1:8443``), ``path`` is still
    percent-encoded, ``query`` is without its question mark, header names are in lower case.
    """

    method: str
    origin: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """The path with its query, as a client writes it."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def is_of_a_foreign_page(self) -> bool:
        """Whether a page from elsewhere sent this, from the browser of somebody who has the emulator running.

        Any page can send a form to a loopback port, but not say that it comes from there: browsers write these headers
        themselves, and other clients do not. https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Origin
        """
        site = self.headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        return self.headers.get("origin", self.origin) != self.origin


class Loss(Enum):
    """How a door loses a response: what its client meets in the response's place."""

    RESET = "reset"
    """The connection is reset: TCP's RST."""
    CLOSE = "close"
    """The connection ends without a byte: TCP's FIN."""
    HALF = "half"
    """The head comes, and half of the body that it announces."""
    HANG = "hang"
    """Nothing comes, and the connection stays."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; an empty body stands for none. Of a lost one, a status of 0 says that no byte arrives."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    loss: Loss | None = None
