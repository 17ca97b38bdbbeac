"""Moments and spans of time in words, for people."""

from __future__ import annotations

from datetime import datetime, timedelta

_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def moment(when: datetime) -> str:
    """Write a moment (UTC) to the minute: ``24 Nov 2026, 02:15``."""
    return f"{when.day} {when:%b %Y, %H:%M}"


def distance(now: datetime, when: datetime) -> str:
    """Tell how far off a moment is, in its largest whole unit: ``in 8 hours``, ``3 days ago``, ``now``."""
    span = abs(when - now)
    for unit, length in _UNITS:
        number = span // length
        if number:
            amount = f"{number:,} {unit}{'' if number == 1 else 's'}"
            return f"in {amount}" if when > now else f"{amount} ago"
    return "now"


def sentence(text: str) -> str:
    """Write an error's message as a sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
