"""Callers that were told when to come back, and came sooner.

https://learn.microsoft.com/graph/throttling#best-practices-to-handle-throttling
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_REMEMBERED = 10_000
_SECONDS = re.compile(r"\d+(\.\d+)?")
App = tuple[str, str]
"""An app in a tenant: the ids of the tenant and of the app."""


@dataclass(frozen=True, slots=True)
class Early:
    """A call that came at ``at``, before ``allowed_at`` when its caller was to come back; ``path`` has its query."""

    method: str
    path: str
    at: datetime
    allowed_at: datetime


class RetryWatch:
    """Remembers who was told to wait, and who did not.

    A 429 holds for every call of Graph by the same app in the same tenant; any other status for the same call.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self._allowed: dict[object, datetime] = {}
        self.early: deque[Early] = deque(maxlen=_REMEMBERED)

    def arrive(self, method: str, path: str, app: Callable[[], App | None], now: datetime) -> None:
        """Note a call that is early; ``app`` is asked only while somebody has to wait."""
        if not self._allowed:
            return
        self._allowed = {waiting: until for waiting, until in self._allowed.items() if until > now}
        told = [self._allowed[key] for key in ((method, path), app()) if key in self._allowed]
        if told:
            self.early.append(Early(method, path, now, max(told)))

    def tell(self, status: int, retry_after: str, method: str, path: str, app: App | None, now: datetime) -> None:
        """Remember that a caller was told ``Retry-After``; what is none of its spellings tells nothing."""
        until = _until(retry_after, now)
        if until is not None:
            waiting = app if status == 429 and app is not None else (method, path)
            self._allowed[waiting] = max(until, self._allowed.get(waiting, until))

    def forget(self) -> None:
        """Let everybody come back at once; who was early stays noted."""
        self._allowed.clear()

    def clear(self) -> None:
        """Forget everybody."""
        self.forget()
        self.early.clear()


def _until(retry_after: str, now: datetime) -> datetime | None:
    """Read seconds, as Graph also writes them with a fraction, or an HTTP date.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    try:
        if _SECONDS.fullmatch(retry_after):
            return now + timedelta(seconds=float(retry_after))
        moment = parsedate_to_datetime(retry_after)
    except (OverflowError, ValueError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
