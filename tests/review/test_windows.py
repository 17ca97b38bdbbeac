"""Windows: what a change of spelling makes of a grant that there is, and how spans of time cover each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.review.declared import ELIGIBILITY
from pulumi_entra_pim.review.model import Grant, Window
from pulumi_entra_pim.review.windows import covers, merged
from tests.review.previews import NOW, UNKNOWN, grant, guid, in_force, reviewed, step

_HELD = {"start": "2026-12-01T00:00:00Z", "end": "2027-03-01T00:00:00Z"}


def _after(before: dict[str, object] | None, after: dict[str, object]) -> Grant:
    """Return the one grant that there is after a change of its spelling; None takes a value away."""
    new = {name: value for name, value in grant(**after).items() if value is not None}
    if before is None:
        [found] = reviewed(step("create", ELIGIBILITY, "grant", None, new)).grants_after
        return found
    spelled = {name: value for name, value in grant(**before).items() if value is not None}
    old = in_force(spelled, _HELD["start"], _HELD["end"])
    [found] = reviewed(step("update", ELIGIBILITY, "grant", old, new, id_=guid(9))).grants_after
    return found


@pytest.mark.parametrize(
    ("before", "after", "start", "end"),
    [
        # A new grant starts now at the earliest, and its duration counts from there.
        (None, {"end": None, "duration": "P10D"}, "2027-01-01", "2027-01-11"),
        (None, {"end": None, "duration": "P10D", "start": "2026-06-01T00:00:00Z"}, "2027-01-01", "2027-01-11"),
        (None, {"end": None, "duration": "P10D", "start": "2027-02-01T00:00:00Z"}, "2027-02-01", "2027-02-11"),
        (None, {"end": None, "permanent": True}, "2027-01-01", None),
        # A duration that is changed counts from where the old one counted.
        ({"end": None, "duration": "P90D"}, {"end": None, "duration": "P100D"}, "2026-12-01", "2027-03-11"),
        # It counts from the start of the grant when it takes the place of an end.
        ({"end": _HELD["end"]}, {"end": None, "duration": "P100D"}, "2026-12-01", "2027-03-11"),
        ({"end": _HELD["end"]}, {"end": "2027-02-01T01:00:00+01:00"}, "2026-12-01", "2027-02-01"),
        # A start in the past is the moment of the grant, however it is spelled.
        ({"end": _HELD["end"]}, {"end": _HELD["end"], "start": "2026-11-01T00:00:00Z"}, "2026-12-01", "2027-03-01"),
        ({"start": "2026-11-01T00:00:00Z"}, {"start": "2026-10-01T00:00:00Z"}, "2026-12-01", "2027-06-01"),
        ({"end": _HELD["end"]}, {"end": _HELD["end"], "start": "2027-02-01T00:00:00Z"}, "2027-02-01", "2027-03-01"),
    ],
)
def test_the_window_that_a_change_leads_to(
    before: dict[str, object] | None, after: dict[str, object], start: str, end: str | None
) -> None:
    found = _after(before, after)
    assert (f"{found.start:%Y-%m-%d}", found.end and f"{found.end:%Y-%m-%d}") == (start, end)
    assert found.end_is_known


@pytest.mark.parametrize("values", [{"end": UNKNOWN}, {"end": None, "duration": UNKNOWN}, {"start": UNKNOWN}])
def test_what_is_not_known_of_a_window_is_taken_as_far_as_it_could_go(values: dict[str, object]) -> None:
    found = _after(None, values)
    assert found.start == NOW
    assert not found.end_is_known


def test_a_start_that_is_not_known_yet_may_be_at_once() -> None:
    found = _after({"end": _HELD["end"]}, {"end": _HELD["end"], "start": UNKNOWN})
    assert (found.start, found.end_is_known) == (NOW, False)


_MOMENTS = st.integers(0, 40).map(lambda days: NOW + timedelta(days=days))


@st.composite
def _windows(draw: st.DrawFn) -> list[Window]:
    starts = draw(st.lists(_MOMENTS, max_size=5))
    lengths = st.one_of(st.none(), st.integers(1, 10))
    return [Window(start, _end(start, draw(lengths))) for start in starts]


def _end(start: datetime, days: int | None) -> datetime | None:
    return None if days is None else start + timedelta(days=days)


def _days(windows: list[Window] | tuple[Window, ...]) -> set[int]:
    """Return the days from now that lie in windows, of those that are looked at."""
    days = [NOW + timedelta(days=number) for number in range(60)]
    return {
        number
        for number, day in enumerate(days)
        if any(each.start <= day and (each.end is None or day < each.end) for each in windows)
    }


@given(_windows())
def test_merged_windows_are_the_same_days_in_order_and_apart(windows: list[Window]) -> None:
    found = merged(windows)
    assert _days(found) == _days(windows)
    for one, next_ in pairwise(found):
        assert one.end is not None
        assert one.end < next_.start


@given(_windows(), _windows(), st.integers(0, 50))
def test_windows_cover_others_when_no_day_from_now_on_is_left_over(
    whole: list[Window], part: list[Window], now: int
) -> None:
    left_over = {day for day in _days(part) - _days(whole) if day >= now}
    assert covers(merged(whole), merged(part), NOW + timedelta(days=now)) == (not left_over)
