"""The time that an eligibility is for: however it is spelled, only another window is a change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import isodate
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pulumi.output import Unknown

from pulumi_entra_pim.resources import _window
from pulumi_entra_pim.resources.eligibility import RoleEligibilityProvider

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
YEAR = "P365D"

zones = st.sampled_from(["+00:00", "+05:30", "-11:00", "+14:00"]).map(
    lambda zone: datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo
)
later = st.datetimes(min_value=datetime(2026, 11, 24), max_value=datetime(2090, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
earlier = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2026, 11, 22)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
spans = st.integers(min_value=300, max_value=86_400 * 3650).map(lambda seconds: timedelta(seconds=seconds))


class Clock:
    """A clock that stands still."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@st.composite
def programs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the window of a program: any start or none, and one of the three ends."""
    start = draw(st.one_of(st.none(), earlier, later))
    effective = max(start or NOW, NOW)
    spelling: dict[str, Any]
    match draw(st.sampled_from(["end", "duration", "permanent"])):
        case "end":
            spelling = {"end": spell(effective + draw(spans), draw(zones))}
        case "duration":
            # The check counts from the start that is written, so the span begins there.
            spelling = {"duration": isodate.duration_isoformat(effective - (start or NOW) + draw(spans))}
        case _:
            spelling = {"permanent": True}
    return {**({"start": spell(start, draw(zones))} if start else {}), **spelling}


def spell(moment: datetime, zone: Any = UTC) -> str:
    return moment.astimezone(zone).isoformat()


def granted(schedule_info: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return the schedule that PIM makes of a request: it begins now at the earliest, and its end is a moment.

    https://learn.microsoft.com/graph/api/resources/requestschedule
    """
    asked = schedule_info.get("startDateTime")
    start = max(now, datetime.fromisoformat(asked)) if asked else now
    expiration = schedule_info["expiration"]
    end = expiration.get("endDateTime")
    if expiration["type"] == "afterDuration":
        end = (start + isodate.parse_duration(expiration["duration"])).isoformat()
    kind = "noExpiration" if end is None else "afterDateTime"
    return {
        "scheduleInfo": {
            "startDateTime": start.isoformat(),
            "recurrence": None,
            "expiration": {"type": kind, "endDateTime": end, "duration": None},
        }
    }


def in_state(program: dict[str, Any], schedule: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs of a grant."""
    return {**program, **_window.outputs(_window.shown(schedule))}


def held_for(program: dict[str, Any]) -> dict[str, Any]:
    return in_state(program, granted(_window.asked(program), NOW))


@given(programs())
def test_a_window_that_the_check_lets_through_is_one_that_pim_can_grant(program: dict[str, Any]) -> None:
    assert _window.problems({}, program, NOW) == []
    window = _window.shown(granted(_window.asked(program), NOW))
    assert window.end is None or window.end > window.start


@given(programs())
def test_reading_an_unchanged_schedule_again_is_never_drift(program: dict[str, Any]) -> None:
    state = held_for(program)
    schedule = granted(_window.asked(program), NOW)
    assert _window.reread(state, _window.shown(schedule)) == program


@given(programs(), st.floats(min_value=0, max_value=2.9))
def test_a_schedule_whose_fractions_round_differently_from_the_answer_is_no_drift(
    program: dict[str, Any], seconds: float
) -> None:
    state = held_for(program)
    window = _window.shown(granted(_window.asked(program), NOW))
    later = timedelta(seconds=seconds)
    shifted = _window.Window(window.start + later, window.end + later if window.end else None)
    assert _window.reread(state, shifted) == program


@given(programs(), st.integers(min_value=6, max_value=10**8), st.sampled_from([1, -1]))
def test_an_end_that_somebody_moved_is_drift_of_the_end_and_nothing_else(
    program: dict[str, Any], seconds: int, direction: int
) -> None:
    state = held_for(program)
    window = _window.held(state)
    assert window is not None
    assume(window.end is not None)
    assert window.end is not None
    moved = window.end + timedelta(seconds=direction * seconds)
    found = _window.reread(state, _window.Window(window.start, moved))
    assert found == {**({"start": program["start"]} if "start" in program else {}), "end": _window.spelled(moved)}


@given(programs())
def test_a_grant_that_somebody_made_permanent_is_drift_to_permanent(program: dict[str, Any]) -> None:
    assume("permanent" not in program)
    state = held_for(program)
    window = _window.held(state)
    assert window is not None
    found = _window.reread(state, _window.Window(window.start, None))
    assert {name: value for name, value in found.items() if name != "start"} == {"permanent": True}


def test_a_start_that_somebody_moved_is_drift_of_a_start_that_the_program_gave() -> None:
    state = held_for({"start": "2027-01-01T00:00:00Z", "permanent": True})
    window = _window.Window(datetime(2027, 3, 1, tzinfo=UTC), None)
    assert _window.reread(state, window) == {"start": "2027-03-01T00:00:00Z", "permanent": True}


def respellings(program: dict[str, Any]) -> list[dict[str, Any]]:
    """Return other spellings of a program's window, given that it was granted now."""
    state = held_for(program)
    window = _window.held(state)
    assert window is not None
    ends: list[dict[str, Any]] = (
        [{"permanent": True}]
        if window.end is None
        else [
            {"end": spell(window.end)},
            {"end": spell(window.end, datetime.fromisoformat("2000-01-01T00:00:00+05:30").tzinfo), "permanent": False},
            {"duration": isodate.duration_isoformat(window.end - window.start)},
        ]
    )
    starts: list[dict[str, Any]] = [{}, {"start": spell(window.start)}]
    if window.start == NOW:
        starts.append({"start": "2019-01-01T00:00:00+02:00"})
    return [{**start, **end} for start in starts for end in ends]


@given(programs())
def test_the_same_window_in_another_spelling_is_no_change(program: dict[str, Any]) -> None:
    for other in respellings(program):
        assert _window.same(held_for(program), other), other


@given(programs(), st.sampled_from([-1, 1]))
def test_an_end_that_is_a_second_off_is_another_window(program: dict[str, Any], second: int) -> None:
    state = held_for(program)
    window = _window.held(state)
    assert window is not None
    if window.end is None:
        assert not _window.same(state, {"end": "2090-01-01T00:00:00Z"})
    else:
        moved = window.end + timedelta(seconds=second)
        assert not _window.same(state, {"end": spell(moved)})
        assert not _window.same(state, {"duration": isodate.duration_isoformat(moved - window.start)})
        assert not _window.same(state, {"permanent": True})


@given(programs(), later)
def test_a_start_yet_to_come_is_another_window_unless_it_is_the_start(program: dict[str, Any], start: datetime) -> None:
    state = held_for(program)
    window = _window.held(state)
    assert window is not None
    assume(window.end is None or window.end > start)
    end = {"permanent": True} if window.end is None else {"end": spell(window.end)}
    assert _window.same(state, {"start": spell(start), **end}) == (start == window.start)


@given(programs(), st.lists(st.integers(min_value=0, max_value=10**7), min_size=1, max_size=5))
def test_new_words_never_move_the_end_however_often(program: dict[str, Any], waits: list[int]) -> None:
    state, now = held_for(program), NOW
    before = state.get("effective_end")
    for seconds in waits:
        now += timedelta(seconds=seconds)
        assert _window.same(state, program)
        state = in_state(program, granted(_window.renewed(state, program, now), now))
        assert state.get("effective_end") == before


@given(programs(), st.integers(min_value=0, max_value=10**6))
def test_new_words_do_not_let_a_grant_begin_before_its_start(program: dict[str, Any], seconds: int) -> None:
    state = held_for(program)
    without_start = {name: value for name, value in program.items() if name != "start"}
    now = NOW + timedelta(seconds=seconds)
    renewed = in_state(without_start, granted(_window.renewed(state, without_start, now), now))
    start = _window.held(state)
    assert start is not None
    assert datetime.fromisoformat(renewed["effective_start"]) == max(start.start, now)


@given(spans, st.lists(st.tuples(st.integers(min_value=0, max_value=299), spans), max_size=4))
def test_a_new_duration_counts_from_where_the_first_one_did(
    first: timedelta, changes: list[tuple[int, timedelta]]
) -> None:
    program = {"duration": isodate.duration_isoformat(first)}
    state, now = held_for(program), NOW
    for seconds, span in changes:
        now += timedelta(seconds=seconds)
        program = {"duration": isodate.duration_isoformat(span)}
        assert _window.end_after_change(state, program) == NOW + span
        assume(NOW + span > now)
        state = in_state(program, granted(_window.renewed(state, program, now), now))


def test_a_duration_after_a_new_start_counts_from_that_start() -> None:
    state = held_for({"start": "2027-01-01T00:00:00Z", "duration": YEAR})
    moved = {"start": "2027-02-01T00:00:00Z", "duration": YEAR}
    assert not _window.same(state, moved)
    assert _window.end_after_change(state, moved) == datetime(2028, 2, 1, tzinfo=UTC)


def test_a_duration_in_place_of_an_end_counts_from_the_start_of_the_grant() -> None:
    state = held_for({"end": "2027-01-01T00:00:00Z"})
    assert _window.end_after_change(state, {"duration": "P10D"}) == NOW + timedelta(days=10)


def test_a_start_that_passed_and_another_past_start_mean_the_same_grant() -> None:
    state = in_state(
        {"start": "2026-11-01T00:00:00Z", "permanent": True}, granted({"expiration": {"type": "noExpiration"}}, NOW)
    )
    assert _window.same(state, {"start": "2026-10-01T00:00:00Z", "permanent": True})
    assert not _window.same(state, {"start": "2026-12-01T00:00:00Z", "permanent": True})


def test_a_grant_that_waits_for_its_start_is_changed_by_a_start_in_the_past() -> None:
    state = held_for({"start": "2027-01-01T00:00:00Z", "permanent": True})
    assert not _window.same(state, {"start": "2026-01-01T00:00:00Z", "permanent": True})


@pytest.mark.parametrize("name", ["start", "end", "duration", "permanent"])
def test_a_window_that_is_not_known_yet_counts_as_a_change(name: str) -> None:
    program: dict[str, Any] = {"duration": YEAR}
    assert not _window.same(held_for(program), {**program, name: Unknown()})


def test_a_window_is_compared_by_its_spelling_where_the_outputs_hold_none() -> None:
    assert _window.same({"duration": YEAR}, {"duration": YEAR})
    assert not _window.same({"duration": YEAR}, {"duration": "P1D"})


def test_outputs_without_a_window_are_a_bug_where_one_is_needed() -> None:
    with pytest.raises(ValueError, match="no window"):
        _window.renewed({}, {"permanent": True}, NOW)


@pytest.mark.parametrize(
    ("expiration", "end"),
    [
        ({"type": "afterDateTime", "endDateTime": "2027-01-01T00:00:00Z", "duration": None}, "2027-01-01"),
        ({"type": "afterDuration", "endDateTime": None, "duration": "P2D"}, "2026-11-25"),
        ({"type": "noExpiration", "endDateTime": None, "duration": None}, None),
        (None, None),
    ],
)
def test_a_request_is_read_in_each_of_graphs_spellings(expiration: dict[str, Any] | None, end: str | None) -> None:
    shown = _window.shown({"scheduleInfo": {"startDateTime": "2026-11-23T00:00:00Z", "expiration": expiration}})
    assert (shown.end.date().isoformat() if shown.end else None) == end


def test_a_request_echoes_a_window_whatever_the_spelling() -> None:
    request = {
        "scheduleInfo": {"startDateTime": spell(NOW), "expiration": {"type": "afterDuration", "duration": "P2D"}}
    }
    assert _window.echoes(request, {"duration": "PT48H"})
    assert _window.echoes(request, {"end": "2026-11-25T12:00:00Z"})
    assert _window.echoes(request, {"start": "2026-01-01T00:00:00Z", "duration": "P2D"})
    assert not _window.echoes(request, {"start": "2026-12-01T00:00:00Z", "duration": "P2D"})
    assert not _window.echoes(request, {"permanent": True})


def provider_at(moment: datetime) -> RoleEligibilityProvider:
    provider = RoleEligibilityProvider()
    vars(provider)["clock"] = Clock(moment)
    return provider


IDS = {
    "principal_id": "1ed8ac56-4827-4733-8f80-86adc2e67db5",
    "role_definition_id": "fe930be7-5e62-47db-91af-98c3a49a38b1",
}


def said(program: dict[str, Any], olds: dict[str, Any] | None = None) -> list[str]:
    failures = provider_at(NOW).check(olds or {}, {**IDS, **program}).failures
    return [f"{each.property}: {each.reason}" for each in failures if each.property]


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ({}, "end: exactly one of end, duration and permanent=True must be given; none is given"),
        ({"permanent": False}, "none is given"),
        ({"end": "2027-01-01T00:00:00Z", "duration": YEAR}, "these are given: end, duration"),
        ({"permanent": True, "duration": YEAR}, "these are given: duration, permanent"),
        ({"permanent": "yes"}, "permanent: permanent must be true or false"),
        ({"end": "2027-01-01"}, "end: end must be a moment with its zone"),
        ({"end": "2027-01-01T00:00:00"}, "'2027-01-01T00:00:00' is not"),
        ({"end": "9999-12-31T23:59:59-12:00"}, "from 1970 to 2999"),
        ({"start": "tomorrow", "permanent": True}, "start: start must be a moment with its zone"),
        ({"duration": "P1Y"}, "Graph refuses years, months and weeks: write P365D for a year; 'P1Y' is not"),
        ({"duration": "P6M"}, "Graph refuses years, months and weeks"),
        ({"duration": "P2W"}, "Graph refuses years, months and weeks"),
        ({"duration": "a year"}, "duration must be an ISO 8601 duration"),
        ({"duration": "PT0S"}, "duration must be an ISO 8601 duration"),
        ({"duration": "-P1D"}, "duration must be an ISO 8601 duration"),
        ({"duration": "PT0.5S"}, "in whole units"),
        ({"duration": "P1D\n"}, "in whole units"),
        ({"duration": "P99999999999D"}, "of 36500 days at most"),
        ({"start": "2027-02-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}, "must be after start"),
        ({"start": "2027-02-01T00:00:00Z", "end": "2027-02-01T01:00:00+01:00"}, "must be after start"),
        ({"end": "2026-11-23T12:00:00Z"}, "end: the window must end in the future; this ends at 2026-11-23T12:00:00Z"),
        ({"start": "2020-01-01T00:00:00Z", "duration": YEAR}, "duration: the window must end in the future"),
    ],
)
def test_a_window_that_graph_would_not_take_is_refused_at_preview(program: dict[str, Any], problem: str) -> None:
    [only] = said(program)
    assert problem in only


@pytest.mark.parametrize(
    "program",
    [{"end": Unknown()}, {"duration": YEAR, "start": Unknown()}, {"duration": Unknown()}, {"permanent": Unknown()}],
)
def test_a_window_that_is_not_known_yet_passes_the_check(program: dict[str, Any]) -> None:
    assert said(program) == []


def test_a_window_that_has_ended_is_no_problem_while_it_is_unchanged() -> None:
    ended = {"end": "2026-01-01T00:00:00Z"}
    assert said(ended, olds=ended) == []
    assert said({"end": "2026-02-01T00:00:00Z"}, olds=ended) != []


anything = st.one_of(
    st.text(),
    st.from_regex(r"[+-]?P[0-9YMWDTHS.,]{0,24}"),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,12}(Z|[+-][0-9]{2}:[0-9]{2})?"),
    st.floats(),
    st.booleans(),
    st.lists(st.text(), max_size=2),
    st.just(Unknown()),
)


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(_window.SPELLING, anything)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(_window.SPELLING, anything)),
)
def test_nothing_that_stands_in_a_window_breaks_check_or_diff(one: dict[str, Any], other: dict[str, Any]) -> None:
    provider = provider_at(NOW)
    first, second = provider.check({}, {**IDS, **one}), provider.check({**IDS, **one}, {**IDS, **other})
    known = not any(isinstance(value, Unknown) for value in one.values())
    if known and not [each for each in (*first.failures, *second.failures) if each.property]:
        state = {**first.inputs, **held_for(one)}
        provider.diff("/|role|principal", state, second.inputs)
