"""Moments and durations as Graph writes and reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

# OData's Edm.Duration, which is XML Schema's dayTimeDuration: no years, months or weeks, fractions of seconds only.
_DURATION = re.compile(
    r"P(?!$)(?:(?P<days>\d+)D)?(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def write(moment: datetime) -> str:
    """Write a moment as the directory does, to the second: ``2026-11-23T18:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_precise(moment: datetime) -> str:
    """Write a moment as PIM does, with its fraction where it has one: ``2026-11-23T18:00:00.25Z``."""
    moment = moment.astimezone(UTC)
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def read(text: str) -> datetime:
    """Read an ISO 8601 moment, as OData's Edm.DateTimeOffset has it.

    Raises:
        ValueError: it is no moment, or has no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a zone: {text}")
    return moment.astimezone(UTC)


def read_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of days, hours, minutes and seconds.

    Raises:
        ValueError: it is no such duration; ``P1Y``, ``P6M`` and ``P2W`` are none.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"not a duration of days, hours, minutes and seconds: {text}")
    return timedelta(**{unit: float(number) for unit, number in found.groupdict(default="0").items()})
