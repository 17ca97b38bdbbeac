"""What goes wrong on the way between a client and Graph, for calls that are named beforehand.

What Graph itself says no with is a ``Refusal``.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from entra_emulator.early_retries import Early, RetryWatch
from entra_emulator.exchange import Loss, Response
from entra_emulator.hangs import Hangs
from entra_emulator.refusals import Refusal
from entra_emulator.sign_in import SignInError
from entra_emulator.tokens import challenge

_STATUSES = ("429", "500", "502", "503", "504")
_TOKEN = ("expired", "claims")
_GARBLED = ("malformed", "html", "half")
_SILENT = ("reset", "close", "hang")
KINDS = (*_STATUSES, *_SILENT, *_GARBLED, *_TOKEN)
WHEN = ("before", "after")
Service = Literal["graph", "token"]
METHODS = ("", "GET", "POST", "PATCH", "PUT", "DELETE")

_REMEMBERED = 10_000
_CUT_JSON = b'{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#directoryObjects/$entity","id":"8f3b0c5e-'
_PROXY_PAGE = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to the guest network</body></html>"
)
_CHALLENGE = (
    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000"'
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, before or after a call is carried out, and with which calls.

    ``method`` is empty for any; ``path`` is a pattern that is searched for in the path with its query. Of the calls
    that match, it is the ``nth`` and those after it, ``times`` in all. ``retry_after`` is a header's value.
    """

    kind: str
    when: str
    method: str
    path: str
    nth: int
    times: int
    retry_after: str | None

    def concerns(self, service: Service, method: str, path: str) -> bool:
        """Tell whether a call matches; what is wrong with a token is found by Graph, not where tokens are made."""
        if self.kind in _TOKEN and service != "graph":
            return False
        return self.method in ("", method) and re.search(self.path, path) is not None


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that happened; ``number`` is the call's in the journal, ``path`` is with its query."""

    number: int
    kind: str
    when: str
    method: str
    path: str


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0
    left: int = 0


class Faults:
    """The faults that are armed and those that happened. Safe for any thread, but for what a call tells of itself."""

    def __init__(self, turn: threading.RLock) -> None:
        """Take turns with the calls."""
        self._turn = turn
        self._armed: list[_Armed] = []
        self._fired: deque[Fired] = deque(maxlen=_REMEMBERED)
        self.hangs = Hangs()
        self.retries = RetryWatch()

    def arm(
        self, kind: str, *, when: str = "before", method: str = "", path: str = "", nth: int = 1, times: int = 1,
        retry_after: str | None = None,
    ) -> None:  # fmt: skip
        """Have something go wrong with calls to come.

        Raises:
            ValueError: what is asked makes no sense; it says what does.
        """
        fault = Fault(kind, when, method, path, nth, times, retry_after)
        _check(fault)
        with self._turn:
            self._armed.append(_Armed(fault, left=times))

    def clear(self) -> None:
        """Disarm every fault, and forget those that happened and who came back early; what hangs goes on hanging."""
        with self._turn:
            self._armed.clear()
            self._fired.clear()
            self.retries.clear()

    @property
    def armed(self) -> list[Fault]:
        """The faults that are still to happen, at least once more."""
        with self._turn:
            return [each.fault for each in self._armed]

    @property
    def fired(self) -> list[Fired]:
        """The latest 10,000 faults that happened, the oldest first."""
        with self._turn:
            return list(self._fired)

    @property
    def early(self) -> list[Early]:
        """The latest 10,000 calls of those who were told ``Retry-After`` and came back sooner, the oldest first."""
        with self._turn:
            return list(self.retries.early)

    def hanging(self, within: float) -> bool:
        """Wait for a call that hangs, for so many seconds of the machine at most; tell whether there is one."""
        return self.hangs.hanging(within)

    def release(self) -> None:
        """End every call that hangs: its connection is closed without a byte."""
        self.hangs.release()

    def strike(self, service: Service, method: str, path: str) -> Fault | None:
        """Count a call, and take the fault that happens to it: of several that are due, the one armed first."""
        struck: Fault | None = None
        for each in self._armed:
            if not each.fault.concerns(service, method, path):
                continue
            each.seen += 1
            if struck is None and each.seen >= each.fault.nth:
                each.left -= 1
                struck = each.fault
        if struck is not None:
            self._armed = [each for each in self._armed if each.left]
        return struck

    def note(self, number: int, fault: Fault, method: str, path: str) -> None:
        """Remember that a fault happened to a call of the journal."""
        self._fired.append(Fired(number, fault.kind, fault.when, method, path))


def refusal(fault: Fault, now: datetime) -> Refusal | None:
    """Say what Graph or a gateway before it answers, where a fault is an answer in Graph's form.

    ``UnknownError`` without a message is what gateways answer (recorded: microsoft-graph-docs#7867, and others); that
    500 and 502 are like 503 and 504 is (inferred).
    """
    if fault.kind == "429":
        return Refusal(429, "TooManyRequests", "Please retry again later.", headers=retry_after(fault))
    if fault.kind in _STATUSES:
        return Refusal(int(fault.kind), "UnknownError", "", headers=retry_after(fault))
    if fault.kind == "expired":
        message = "Lifetime validation failed, the token is expired."
        return Refusal(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": _CHALLENGE})
    return challenge(now) if fault.kind == "claims" else None


def sign_in_error(fault: Fault) -> SignInError | None:
    """Say what the token endpoint answers, where a fault is an answer of its own.

    https://learn.microsoft.com/entra/identity-platform/reference-error-codes#aadsts-error-codes
    """
    if fault.kind not in _STATUSES:
        return None
    message = "A transient error has occurred. Please try again."
    return SignInError(int(fault.kind), "temporarily_unavailable", 90033, message)


def retry_after(fault: Fault) -> dict[str, str]:
    """Write the header that goes with a fault, if one was asked for."""
    return {} if fault.retry_after is None else {"Retry-After": fault.retry_after}


def garbled(fault: Fault, method: str) -> Response:
    """Say what a client meets instead of an answer: something else, a part, or nothing at all."""
    if fault.kind in _SILENT:
        return Response(0, loss=Loss(fault.kind))
    if fault.kind == "html":
        return Response(200, {"Content-Type": "text/html"}, _PROXY_PAGE)
    loss = Loss.HALF if fault.kind == "half" else None
    return Response(201 if method == "POST" else 200, {"Content-Type": "application/json"}, _CUT_JSON, loss)


def _check(fault: Fault) -> None:
    if fault.kind not in KINDS:
        raise ValueError(f"there is no fault {fault.kind!r}, only {', '.join(KINDS)}")
    if fault.when not in WHEN:
        raise ValueError(f"a fault happens before or after a call is carried out, not {fault.when!r}")
    if fault.method not in METHODS:
        raise ValueError(f"method must be {', '.join(METHODS[1:])} or empty for any, not {fault.method!r}")
    for name, count in (("nth", fault.nth), ("times", fault.times)):
        if type(count) is not int or count < 1:
            raise ValueError(f"{name} must be a whole number from 1 on, not {count!r}")
    try:
        re.compile(fault.path)
    except (TypeError, re.error) as error:
        raise ValueError(f"path must be a regular expression, not {fault.path!r}: {error}") from None
    if fault.retry_after is None:
        return
    if fault.kind not in _STATUSES:
        raise ValueError(f"retry_after goes with {', '.join(_STATUSES)}, not with {fault.kind!r}")
    if not isinstance(fault.retry_after, str) or not fault.retry_after.isprintable():
        raise ValueError(f"retry_after must be a header's value in a text, not {fault.retry_after!r}")
