"""What was asked and answered, without any secret."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

BLANK = "[blanked]"
_KEPT = 10_000
# Of bodies, as they were sent: a directory of a hundred thousand is listed in pages of half a megabyte.
_KEPT_BYTES = 16 * 2**20
# Names of JSON properties, form fields and headers whose values nobody may read later.
_SECRET = re.compile(r".*password|(client_?)?secret|client_?assertion|.*token|authorization|device_code", re.IGNORECASE)

# At the token endpoint; a code of Graph's is what its errors are called.
_SECRET_AT_SIGN_IN = re.compile("code|code_verifier", re.IGNORECASE)

Kind = Literal["graph", "token", "control"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and its answer; bodies are JSON values, ``None`` for none, and ``path`` is with its query.

    ``status`` is what the client saw, 0 where it saw none. ``applied`` tells whether what was asked for was carried
    out, whatever the client was told; ``fault`` is the kind of what went wrong on the way.
    """

    number: int
    time: datetime
    kind: Kind
    method: str
    path: str
    status: int
    request_headers: dict[str, str]
    request_body: Any
    response_body: Any
    applied: bool
    fault: str | None


class Journal:
    """The latest requests and answers, numbered from 1, the oldest first."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept: deque[tuple[int, Entry]] = deque()
        self._size = 0
        self._number = 0

    def record(
        self,
        *,
        time: datetime,
        kind: Kind,
        method: str,
        path: str,
        status: int,
        request_headers: dict[str, str],
        request_body: Any,
        response_body: Any,
        applied: bool,
        fault: str | None,
        size: int,
    ) -> int:
        """Write down a request and its answer, with its secrets blanked; tell its number.

        ``size`` is what their bodies had in bytes.
        """
        self._number += 1
        if kind == "token":
            request_body = blank(request_body, _SECRET_AT_SIGN_IN)
        entry = Entry(
            self._number, time, kind, method, path, status,
            blank(request_headers), blank(request_body), blank(response_body), applied, fault,
        )  # fmt: skip
        self._kept.append((size, entry))
        self._size += size
        while len(self._kept) > _KEPT or (self._size > _KEPT_BYTES and len(self._kept) > 1):
            dropped, _ = self._kept.popleft()
            self._size -= dropped
        return self._number

    def entries(self, since: int = 0) -> list[Entry]:
        """List the entries after a number that are still kept."""
        return [entry for _, entry in list(self._kept) if entry.number > since]

    def clear(self) -> None:
        """Forget the entries; numbers go on."""
        self._kept.clear()
        self._size = 0


def blank(value: Any, secret: re.Pattern[str] = _SECRET) -> Any:
    """Copy a JSON value with everything in it replaced that has the name of a secret."""
    if isinstance(value, dict):
        return {
            name: BLANK if _holds_text(inner) and secret.fullmatch(name) else blank(inner, secret)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [blank(item, secret) for item in value]
    return value


def _holds_text(value: Any) -> bool:
    return value is not None and not isinstance(value, dict | bool)
