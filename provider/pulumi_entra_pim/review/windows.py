"""Spans of time: what window a grant will have, and whether one set of windows covers another.

The provider's rules: a duration that is changed counts from where it counted; a grant that goes on keeps its start;
one that has ended begins anew when its window changes; a start in the past means the moment of the grant.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from .declared import Eligibility, Held, Hidden, Spelling
from .model import Window

_FOR_EVER = datetime.max.replace(tzinfo=UTC)


def window_of(eligibility: Eligibility, as_of: datetime) -> Window | None:
    """Return the window that an eligibility has, or will have when it is granted at a moment; None once it is over.

    What is hidden is taken as far as it could go: from now, and for ever.
    """
    if not eligibility.in_force:
        return None
    window = _planned(eligibility.spelling, eligibility.held, as_of)
    return None if window.end is not None and window.end <= as_of else window


def merged(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Join the windows that touch; they come apart from each other and in order."""
    joined: list[Window] = []
    for window in sorted(windows, key=lambda each: (each.start, _end(each), each.known)):
        last = joined[-1] if joined else None
        if last is None or window.start > _end(last):
            joined.append(window)
        elif _end(window) > _end(last) or (window.end == last.end and last.known < window.known):
            joined[-1] = Window(last.start, window.end, window.known)
    return tuple(joined)


def covers(whole: tuple[Window, ...], part: tuple[Window, ...], as_of: datetime) -> bool:
    """Say whether every moment from now on in some windows lies in others, too; both are merged."""
    return all(
        any(each.start <= max(window.start, as_of) and _end(window) <= _end(each) for each in whole)
        for window in part
        if _end(window) > as_of
    )


def _planned(spelling: Spelling, held: Held | None, as_of: datetime) -> Window:
    if held is not None and spelling == held.spelling and not _may_differ(spelling):
        return Window(held.start, held.end)
    if held is None or (held.end is not None and held.end <= as_of):
        start = max(_known(spelling.start, as_of), as_of)
        return _window(spelling, start, counted_from=start)
    start = counted_from = held.start
    if spelling.start is not None and not _same_start(spelling, held):
        start = counted_from = _known(spelling.start, as_of)
    elif held.end is not None and isinstance(held.spelling.duration, timedelta):
        counted_from = held.end - held.spelling.duration
    return _window(spelling, start, counted_from)


def _window(spelling: Spelling, start: datetime, counted_from: datetime) -> Window:
    known = not _is_hidden(spelling)
    if isinstance(spelling.end, datetime):
        return Window(start, spelling.end, known)
    if isinstance(spelling.duration, timedelta):
        return Window(start, counted_from + spelling.duration, known)
    return Window(start, None, known)


def _same_start(spelling: Spelling, held: Held) -> bool:
    """Say whether a start means the one that took effect: a start in the past means the moment of the grant."""
    before, wanted = held.spelling.start, spelling.start
    if wanted == before:
        return True
    if not isinstance(wanted, datetime):
        return False
    was_past = not isinstance(before, datetime) or before < held.start
    return wanted == held.start or (wanted < held.start and was_past)


def _known(moment: datetime | Hidden | None, otherwise: datetime) -> datetime:
    return moment if isinstance(moment, datetime) else otherwise


def _is_hidden(spelling: Spelling) -> bool:
    return bool(_hidden(spelling))


def _may_differ(spelling: Spelling) -> bool:
    """Say whether two equal spellings may mean two windows: what is not known may turn out as anything."""
    return any(each.why == "not known before up" for each in _hidden(spelling))


def _hidden(spelling: Spelling) -> list[Hidden]:
    values = (spelling.start, spelling.end, spelling.duration, spelling.permanent)
    return [each for each in values if isinstance(each, Hidden)]


def _end(window: Window) -> datetime:
    return window.end or _FOR_EVER
