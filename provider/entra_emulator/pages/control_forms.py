"""The clock and the faults as forms. Each form leads back to the page that holds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from entra_emulator import faults
from entra_emulator.pages import rendering
from entra_emulator.pages.visit import ROOT, Visit
from entra_emulator.routes.call import Answer

ADDRESS = f"{ROOT}/controls"
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_UNITS = ("days", "hours", "minutes", "seconds")
_KINDS = {
    "429": "429 Too Many Requests",
    "500": "500 Internal Server Error",
    "502": "502 Bad Gateway",
    "503": "503 Service Unavailable",
    "504": "504 Gateway Timeout",
    "reset": "the connection is reset",
    "close": "the connection is closed without a byte",
    "hang": "no answer at all",
    "malformed": "JSON that is cut off",
    "html": "a proxy's page in place of the answer",
    "half": "half of the answer, then closed",
    "expired": "401, the token has expired",
    "claims": "401, a claims challenge",
}
_DONE = {
    "advance": "The clock was advanced.",
    "freeze": "The clock stands still.",
    "resume": "The clock runs.",
    "arm": "The fault is armed.",
    "clear": "No fault is armed any more.",
    "release": "Every call that hung was closed.",
}


def show(visit: Visit) -> Answer:
    """GET /_emulator/pages/controls?done=action."""
    return _page(visit, done=_DONE.get(visit.query.get("done", "")))


def advance(visit: Visit) -> Answer:
    """POST /_emulator/pages/controls/advance: days, hours, minutes, seconds."""
    return _do(visit, "advance", lambda: visit.emulator.clock.advance(**_jump(visit.form)))


def freeze(visit: Visit) -> Answer:
    """POST /_emulator/pages/controls/freeze."""
    return _do(visit, "freeze", visit.emulator.clock.freeze)


def resume(visit: Visit) -> Answer:
    """POST /_emulator/pages/controls/resume."""
    return _do(visit, "resume", visit.emulator.clock.resume)


def arm(visit: Visit) -> Answer:
    """POST /_emulator/pages/controls/arm: kind, when, method, path, nth, times, retry_after."""
    form = visit.form
    return _do(
        visit,
        "arm",
        lambda: visit.emulator.faults.arm(
            form.get("kind", ""),
            when=form.get("when", "before"),
            method=form.get("method", ""),
            path=form.get("path", ""),
            nth=_whole(form, "nth"),
            times=_whole(form, "times"),
            retry_after=form.get("retry_after") or None,
        ),
    )


def clear(visit: Visit) -> Answer:
    """POST /_emulator/pages/controls/clear."""
    return _do(visit, "clear", visit.emulator.faults.clear)


def release(visit: Visit) -> Answer:
    """POST /_emulator/pages/controls/release."""
    return _do(visit, "release", visit.emulator.faults.release)


def _do(visit: Visit, action: str, carry_out: Callable[[], object]) -> Answer:
    """Carry out a form, or show it again with what is wrong with it."""
    try:
        carry_out()
    except ValueError as error:
        return _page(visit, status=400, wrong=action, reason=str(error))
    return rendering.see(f"{ADDRESS}?done={action}")


def _page(
    visit: Visit, *, status: int = 200, done: str | None = None, wrong: str | None = None, reason: str | None = None
) -> Answer:
    found = visit.emulator.faults
    return rendering.page(
        visit,
        "controls.html",
        status=status,
        section="controls",
        done=done,
        wrong=wrong,
        reason=reason,
        form=visit.form,
        units=_UNITS,
        kinds=[(kind, _KINDS[kind]) for kind in faults.KINDS],
        methods=faults.METHODS,
        armed=found.armed,
        fired=list(reversed(found.fired)),
    )


def _jump(form: Mapping[str, str]) -> dict[str, float]:
    """Read how far to jump; what is left empty counts for nothing.

    Raises:
        ValueError: it is no number.
    """
    jump: dict[str, float] = {}
    for unit in _UNITS:
        text = form.get(unit, "").strip()
        if _NUMBER.fullmatch(text or "0") is None:
            raise ValueError(f"{unit} must be a number, not {text!r}")
        jump[unit] = float(text or "0")
    return jump


def _whole(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "1").strip()
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{name} must be a whole number from 1 on, not {text!r}")
    return int(text)
