"""Windows, kinds and counts in words, the same in every rendering. Moments are in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from ..model import Change, ChangeKind, Grant, Verdict, Window

VERDICTS: Mapping[Verdict, str] = {
    "broadened": "Access broadened",
    "narrowed": "Access narrowed",
    "moved": "Access moved",
    "unchanged": "Access unchanged",
    "unknown": "Access change unknown",
}
CHANGES: Mapping[ChangeKind, str] = {
    "gained": "+ gains",
    "lost": "- loses",
    "extended": "↑ longer",
    "shortened": "↓ shorter",
    "moved": "~ moves",
    "kept": "= keeps",
}


def moment(when: datetime) -> str:
    """Write a moment to the minute, and without its time at midnight: ``2026-12-01``."""
    return f"{when:%Y-%m-%d}" if when.time() == time() else f"{when:%Y-%m-%d %H:%M}"


def window(span: Window, as_of: datetime) -> str:
    """Write a span of time: ``2026-12-01 → 2027-11-30 (364 days)``; one that has begun begins ``now``."""
    start = "now" if span.start <= as_of else moment(span.start)
    if not span.known:
        return f"{start} → not known before up"
    if span.end is None:
        return f"{start} → no end"
    if span.end <= as_of:
        return f"ended {moment(span.end)}"
    return f"{start} → {moment(span.end)} ({_length(span.end - max(span.start, as_of))})"


def holding(grant: Grant, as_of: datetime) -> str:
    """Write how and when a grant is held: ``eligible, now → 2027-11-30 (364 days)``."""
    return f"{grant.mode}, {'; '.join(window(span, as_of) for span in grant.windows)}"


def replaced_holding(change: Change, as_of: datetime) -> str | None:
    """Write how and when a grant was held until now, where that is something else."""
    if change.before is None or change.after is None:
        return None
    before = holding(change.before, as_of)
    return None if before == holding(change.after, as_of) else f"was {before}"


def count(number: int, noun: str) -> str:
    """Count something: ``1 row``, ``1,204 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _length(span: timedelta) -> str:
    if span.days:
        return count(span.days, "day")
    hours, rest = divmod(span.seconds, 3_600)
    return count(hours, "hour") if hours else count(rest // 60, "minute")
