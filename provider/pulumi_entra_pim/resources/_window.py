"""The time for which somebody may hold a role: as a program spells it, as Graph is asked for it, as Graph shows it.

Graph shows one window in several spellings: a duration reads back as an end, a start in the past as the moment the
grant took effect. So windows are compared, not spellings.
Source: https://learn.microsoft.com/graph/api/resources/requestschedule
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import isodate

from ..graph.client import Document
from ..graph.errors import EntraError
from ._fields import Values, is_unknown

SPELLING = ("start", "end", "duration", "permanent")
"""The inputs that say what the window is."""

_ENDS = ("end", "duration", "permanent")


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time in whole seconds of UTC; no end is for ever."""

    start: datetime
    end: datetime | None


# Bounds that keep every sum of a start and a duration a moment that can be written.
_YEARS = range(1970, 3000)
_LONGEST = timedelta(days=36_500)

_WHOLE_UNITS = re.compile(r"P(?=\d|T\d)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?", re.ASCII)
_CALENDAR_UNITS = re.compile(r"P[^T]*[YMW]", re.ASCII)


def instant(value: object) -> str | None:
    """Want a moment with its zone."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year not in _YEARS:
        return (
            f"be a moment with its zone, from {_YEARS[0]} to {_YEARS[-1]}, such as 2027-01-31T00:00:00Z;"
            f" {value!r} is not"
        )
    return None


def length(value: object) -> str | None:
    """Want a duration in days, hours, minutes and seconds: OData's Edm.Duration has no other units.

    https://docs.oasis-open.org/odata/odata-csdl-json/v4.01/odata-csdl-json-v4.01.html#sec_PrimitiveTypes,
    https://github.com/hashicorp/terraform-provider-azuread/issues/1813
    """
    if _CALENDAR_UNITS.match(str(value)):
        return (
            "be in days or smaller units, as Graph refuses years, months and weeks: write P365D for a year;"
            f" {value!r} is not"
        )
    try:
        duration = isodate.parse_duration(str(value))
    except (isodate.ISO8601Error, OverflowError):
        duration = None
    if duration is None or not _WHOLE_UNITS.fullmatch(str(value)) or not timedelta(0) < duration <= _LONGEST:
        return (
            f"be an ISO 8601 duration in whole units, of {_LONGEST.days} days at most, such as P365D or PT8H;"
            f" {value!r} is not"
        )
    return None


def problems(olds: Values, inputs: Values, now: datetime) -> list[tuple[str, str]]:
    """Return what is wrong with a window across its inputs; one that has ended is no problem while it is unchanged."""
    given = [name for name in _ENDS if inputs.get(name) is not None and inputs[name] is not False]
    if len(given) != 1:
        what = f"these are given: {', '.join(given)}" if given else "none is given"
        return [("end", f"exactly one of end, duration and permanent=True must be given; {what}")]
    if any(is_unknown(inputs.get(name)) for name in SPELLING):
        return []
    start = moment(inputs["start"]) if "start" in inputs else None
    end = _end(inputs, start or now)
    if end is None:
        return []
    if start is not None and end <= start:
        return [("end", f"end ({inputs['end']}) must be after start ({inputs['start']})")]
    if end <= now and any(olds.get(name) != inputs.get(name) for name in SPELLING):
        return [(given[0], f"the window must end in the future; this ends at {spelled(end)}")]
    return []


def asked(inputs: Values) -> Document:
    """Return Graph's scheduleInfo for a window as the program spells it; a start that is not given is left to Graph."""
    if "duration" in inputs:
        expiration = {"type": "afterDuration", "duration": inputs["duration"]}
    elif "end" in inputs:
        expiration = _until(moment(inputs["end"]))
    else:
        expiration = _until(None)
    return {**_from(inputs), "expiration": expiration}


def renewed(olds: Values, news: Values, now: datetime) -> Document:
    """Return Graph's scheduleInfo for changed inputs of a grant that there is: nothing of its window begins anew.

    ``olds`` are outputs: they hold a window. Its end is sent as a moment, and its start while that is yet to come.
    """
    held_start = _held(olds).start
    start = {"startDateTime": spelled(held_start)} if held_start > now else {}
    return {**start, **_from(news), "expiration": _until(end_after_change(olds, news))}


def begins_later(olds: Values, schedule_info: Document, now: datetime) -> bool:
    """Say whether a window that has begun is to begin in the future instead; ``olds`` are outputs."""
    begins = schedule_info.get("startDateTime")
    return begins is not None and moment(begins) > now >= _held(olds).start


def shown(schedule: Document) -> Window:
    """Return the window of a schedule or a request as Graph shows it; raise EntraError when it shows none.

    A request that waits for a decision and names no start is as old as its window.
    """
    info = schedule["scheduleInfo"]
    begins = info.get("startDateTime") or schedule.get("createdDateTime")
    if not begins:
        raise EntraError(f"Graph's answer about {schedule['id']} names no start: nothing is done on its strength")
    start, expiration = moment(begins), info.get("expiration") or {}
    if expiration.get("endDateTime"):
        return Window(start, moment(expiration["endDateTime"]))
    if expiration.get("duration"):
        return Window(start, start + isodate.parse_duration(expiration["duration"]))
    return Window(start, None)


def held(outs: Values) -> Window | None:
    """Return the window that the outputs of a resource tell of; None when they tell of none."""
    if not outs.get("effective_start"):
        return None
    end = outs.get("effective_end")
    return Window(moment(outs["effective_start"]), moment(end) if end else None)


def end_after_change(olds: Values, news: Values) -> datetime | None:
    """Return the end that changed inputs ask for: a duration counts from where the old one counted.

    ``olds`` are outputs: they hold a window.
    """
    now_held = _held(olds)
    start = now_held.start
    if "start" in news and not _same_start(olds, news, start):
        start = moment(news["start"])
    elif now_held.end is not None and olds.get("duration"):
        start = now_held.end - isodate.parse_duration(olds["duration"])
    return _end(news, start)


def same(olds: Values, news: Values) -> bool:
    """Say whether inputs ask for the window that the outputs hold, however each is spelled."""
    if any(is_unknown(news.get(name)) for name in SPELLING):
        return False
    if all(olds.get(name) == news.get(name) for name in SPELLING):
        return True
    window = held(olds)
    if window is None:
        return False
    return _same_start(olds, news, window.start) and end_after_change(olds, news) == window.end


def meets(inputs: Values, live: Window) -> bool:
    """Say whether a live window, made by somebody else, is what inputs ask for; its start is of no account."""
    return _end(inputs, live.start) == live.end


def echoes(request: Document, inputs: Values) -> bool:
    """Say whether a request asks for the inputs' window, in whatever spelling Graph repeats it."""
    window = shown(request)
    if "start" in inputs and moment(inputs["start"]) > window.start:
        return False
    return meets(inputs, window)


def reread(props: Values, live: Window) -> Values:
    """Return the inputs' spelling of a live window: the program's own while it still means the same."""
    before = _held(props)
    spelling = {name: props[name] for name in SPELLING if props.get(name) is not None}
    if not _close(live.end, before.end):
        spelling = {name: value for name, value in spelling.items() if name not in _ENDS}
        spelling |= {"permanent": True} if live.end is None else {"end": spelled(live.end)}
    if "start" in spelling and not _close(live.start, before.start):
        spelling["start"] = spelled(live.start)
    return spelling


def outputs(window: Window) -> Values:
    """Return a window as outputs; one without an end has none."""
    return {
        "effective_start": spelled(window.start),
        "effective_end": None if window.end is None else spelled(window.end),
    }


def spelled(moment: datetime) -> str:
    """Return a moment as Graph spells it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _held(outs: Values) -> Window:
    window = held(outs)
    if window is None:
        raise ValueError("the outputs hold no window")
    return window


def _same_start(olds: Values, news: Values, took_effect: datetime) -> bool:
    """Say whether a start means the one that took effect: a start in the past means the moment of the grant."""
    if "start" not in news or news["start"] == olds.get("start"):
        return True
    wanted = moment(news["start"])
    was_past = "start" not in olds or moment(olds["start"]) < took_effect
    return wanted == took_effect or (wanted < took_effect and was_past)


def _end(inputs: Values, start: datetime) -> datetime | None:
    if "end" in inputs:
        return moment(inputs["end"])
    if "duration" in inputs:
        end: datetime = start + isodate.parse_duration(inputs["duration"])
        return end
    return None


def _from(inputs: Values) -> Document:
    return {"startDateTime": spelled(moment(inputs["start"]))} if "start" in inputs else {}


def _until(end: datetime | None) -> Document:
    if end is None:
        return {"type": "noExpiration"}
    return {"type": "afterDateTime", "endDateTime": spelled(end)}


def _close(one: datetime | None, other: datetime | None) -> bool:
    """Compare what an answer said with what the schedule says a moment later: their fractions round differently."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= timedelta(seconds=5)


def moment(text: str) -> datetime:
    """Read a moment as Graph or a program spells it, to the second."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)
