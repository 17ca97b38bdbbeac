"""Moments as Graph writes them, for people to read."""

from __future__ import annotations

from datetime import UTC, datetime

from .lengths import spoken


def shown(moment: str | None) -> str:
    """Show a moment in UTC; "" for none."""
    if moment is None:
        return ""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def until(moment: str | None, now: datetime) -> str:
    """Show an end, and how far away it is; no end is for ever."""
    if moment is None:
        return "for ever"
    return f"until {shown(moment)} (in {spoken(datetime.fromisoformat(moment) - now)})"
