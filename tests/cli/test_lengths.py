"""Lengths of time: read as people write them, written as Graph takes them, and said in two units."""

import re
from datetime import timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.cli.lengths import length, spoken, written

SPANS = st.integers(1, 3_650 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


@given(SPANS)
def test_what_is_written_for_graph_is_read_back(span: timedelta) -> None:
    assert length(written(span)) == span
    assert re.fullmatch(r"P(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?", written(span))


@given(st.integers(0, 3_000), st.integers(0, 30), st.integers(0, 90))
def test_days_hours_and_minutes_add_up(days: int, hours: int, minutes: int) -> None:
    said = f"{days}d{hours}h{minutes}m"
    span = timedelta(days=days, hours=hours, minutes=minutes)
    if span:
        assert length(said) == span
    else:
        with pytest.raises(typer.BadParameter):
            length(said)


@given(st.text(max_size=20))
def test_nothing_else_is_a_length_of_no_time_or_of_decades(text: str) -> None:
    try:
        span = length(text)
    except typer.BadParameter:
        return
    assert timedelta() < span <= timedelta(days=3_650)


@given(SPANS)
def test_what_is_said_is_right_to_its_smaller_unit(span: timedelta) -> None:
    units = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
    parts = [(int(number), unit) for number, unit in re.findall(r"(\d+) (\w+)", spoken(span))]
    assert 1 <= len(parts) <= 2
    order = list(units)
    smaller = order[min(order.index(parts[0][1]) + 1, 3)]
    assert abs(sum(number * units[unit] for number, unit in parts) - span.total_seconds()) <= units[smaller] / 2


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (-5, "0 s"), (59, "59 s"), (90, "1 min 30 s"), (3_600, "1 h"), (90_000, "1 d 1 h")],
)
def test_lengths_as_people_read_them(seconds: int, said: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == said
