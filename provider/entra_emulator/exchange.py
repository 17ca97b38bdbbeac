"""One request and one response, as plain data: what every door turns its own protocol into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; an empty body stands for none."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
