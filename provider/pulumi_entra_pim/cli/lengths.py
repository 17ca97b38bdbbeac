"""Lengths of time, as a person says them and as Graph writes them (ISO 8601)."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

import typer

_SHORT = re.compile(r"(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?", re.ASCII | re.IGNORECASE)
# OData's durations have no years and months, whose length nobody can tell.
# https://docs.oasis-open.org/odata/odata-csdl-json/v4.01/odata-csdl-json-v4.01.html#sec_PrimitiveTypes
_ISO = re.compile(r"P(?=[\dT])(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?", re.ASCII)
_LONGEST = timedelta(days=3_650)


class _Unit(NamedTuple):
    name: str
    seconds: int


_UNITS = (_Unit("d", 86_400), _Unit("h", 3_600), _Unit("min", 60), _Unit("s", 1))


def length(text: str) -> timedelta:
    """Read ``5h``, ``1h30m``, ``90d`` or ``PT5H``; raise typer.BadParameter for anything else."""
    import isodate

    short, iso = _SHORT.fullmatch(text), _ISO.fullmatch(text.upper())
    try:
        if short is not None:
            days, hours, minutes = (int(each or 0) for each in short.groups())
            found = timedelta(days=days, hours=hours, minutes=minutes)
        else:
            found = isodate.parse_duration(text.upper()) if iso is not None else timedelta()
    except OverflowError:
        found = timedelta()
    if not timedelta() < found <= _LONGEST:
        raise typer.BadParameter(f"{text!r} is no length of time: write 5h, 1h30m, 90d or PT5H")
    return found


def written(span: timedelta) -> str:
    """Write a length as Graph takes it, in days, hours, minutes and seconds."""
    import isodate

    text: str = isodate.duration_isoformat(span)
    return text


def spoken(span: timedelta) -> str:
    """Write a length for people: its two largest units, rounded to the smaller of them."""
    seconds = max(0, round(span.total_seconds()))
    for first, second in pairwise(_UNITS):
        if seconds >= first.seconds:
            number, rest = divmod(round(seconds / second.seconds), first.seconds // second.seconds)
            return f"{number} {first.name} {rest} {second.name}" if rest else f"{number} {first.name}"
    return f"{seconds} s"
