"""The geometry of a time line: which stretch of time is drawn, and where on it a window lies, in percent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# How much is drawn, and how far apart its ticks are.
_SCALES = (
    (_DAY, timedelta(hours=4)),
    (7 * _DAY, _DAY),
    (30 * _DAY, 5 * _DAY),
    (90 * _DAY, 15 * _DAY),
    (360 * _DAY, 60 * _DAY),
)
_USUAL = _SCALES[2]
# Where now is, as a part of the whole, and how near to the edge a label would be cut off, in percent.
_NOW = 0.2
_MARGIN = 6.0
# What is shorter than can be seen is drawn this long; what goes on beyond an edge is drawn past it by as much.
_LEAST = 1.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A named moment on the axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of time with now on it; all places are percentages of its length."""

    begin: datetime
    end: datetime
    now: float
    ticks: Sequence[Tick]


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a window lies; one that goes on beyond the axis lies a little over its edge, and is cut off there."""

    at: float
    length: float


def axis(now: datetime, moments: Iterable[datetime | None]) -> Axis:
    """Choose the shortest stretch that holds the last of some moments, or the longest where none does."""
    reach = max((moment - now for moment in moments if moment is not None and moment > now), default=None)
    length, step = _USUAL
    if reach is not None:
        length, step = next((scale for scale in _SCALES if reach <= scale[0] * (1 - _NOW)), _SCALES[-1])
    begin = now - length * _NOW
    first = begin + step - (begin - _EPOCH) % step
    marks = [first + step * number for number in range(length // step)]
    ticks = (Tick(_percent(mark - begin, length), _label(mark, step)) for mark in marks)
    return Axis(begin, begin + length, _NOW * 100, [tick for tick in ticks if _MARGIN <= tick.at <= 100 - _MARGIN])


def bar(axis: Axis, start: datetime, end: datetime | None) -> Bar | None:
    """Place a window (UTC; an ``end`` of ``None`` is for good) on an axis; ``None`` where it lies beyond it."""
    length = axis.end - axis.begin
    since = _percent(start - axis.begin, length)
    until = 100.0 + _LEAST if end is None else _percent(end - axis.begin, length)
    if since > 100 or until < 0:
        return None
    at = max(since, -_LEAST)
    return Bar(at, round(max(min(until, 100 + _LEAST) - at, _LEAST), 3))


def _label(mark: datetime, step: timedelta) -> str:
    return f"{mark:%H:%M}" if step < _DAY else f"{mark.day} {mark:%b}"


def _percent(part: timedelta, whole: timedelta) -> float:
    return round(100 * (part / whole), 3)
