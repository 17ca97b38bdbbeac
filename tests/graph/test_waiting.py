"""Waits within one deadline, on any clock."""

import itertools
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.graph.errors import Abandoned, TimedOut
from pulumi_entra_pim.graph.waiting import Deadline, SystemClock, Waiter, growing
from tests.graph.service import said
from tests.graph.virtual_clock import VirtualClock


class Terminal(list[str]):
    """What the person at the terminal was told."""

    def waiter(self, clock: VirtualClock, seconds: float = 1200.0) -> Waiter:
        return Waiter(clock, Deadline(clock, seconds), self.append, threading.Event())


class TestPause:
    def test_time_passes_and_the_person_knows_what_for(self, clock: VirtualClock) -> None:
        told = Terminal()
        told.waiter(clock).pause(2.5, "waiting until PIM knows the group")
        assert clock.slept == [2.5]
        assert told == ["waiting until PIM knows the group (2.5 s)"]

    def test_one_that_fits_exactly_is_waited(self, clock: VirtualClock) -> None:
        Terminal().waiter(clock, 60).pause(60, "a wait")
        assert clock.slept == [60]

    @pytest.mark.parametrize("seconds", [60.1, 1e9, float("inf")])
    def test_one_beyond_the_deadline_is_refused_at_once(self, seconds: float, clock: VirtualClock) -> None:
        told = Terminal()
        waiter = told.waiter(clock, 100)
        clock.advance(40)
        with pytest.raises(TimedOut) as caught:
            waiter.pause(seconds, "a wait")
        assert (clock.slept, told) == ([], [])
        assert said(caught.value) == (
            f"a wait: this needs {seconds:g} s more, and 60 s are left of the 100 s that one operation may take;"
            " raise entra-pim:operationTimeout if that is expected"
        )

    def test_a_deadline_that_has_passed_leaves_nothing(self, clock: VirtualClock) -> None:
        deadline = Deadline(clock, 10)
        assert deadline.left() == 10
        clock.advance(11)
        assert deadline.left() == 0


class TestUntil:
    def test_what_is_there_already_costs_no_wait(self, clock: VirtualClock) -> None:
        told = Terminal()
        assert told.waiter(clock).until(lambda: "there", "the group is listed", 30) == "there"
        assert (clock.slept, told) == ([], [])

    @pytest.mark.parametrize("found", [0, "", [], False])
    def test_what_is_found_may_be_empty(self, found: object, clock: VirtualClock) -> None:
        assert Terminal().waiter(clock).until(lambda: found, "the group is listed", 30) == found

    def test_it_is_looked_at_again_after_growing_pauses(self, clock: VirtualClock) -> None:
        told, looks = Terminal(), iter([None, None, None, "there"])
        assert told.waiter(clock).until(lambda: next(looks), "the group is listed", 30) == "there"
        assert clock.slept == [0.25, 0.5, 1.0]
        assert told[0] == "waiting until the group is listed (0.2 s)"

    @given(within=st.floats(0, 1_000, allow_nan=False), slow=st.floats(0, 10, allow_nan=False))
    def test_it_is_given_up_after_the_time_and_after_a_last_look_at_its_end(self, within: float, slow: float) -> None:
        clock = VirtualClock()
        looks: list[float] = []

        def nothing() -> None:
            looks.append(clock.monotonic())
            clock.advance(slow)

        with pytest.raises(TimedOut) as caught:
            Terminal().waiter(clock, 1e6).until(nothing, "the group is listed", within)
        assert said(caught.value) == f"the group is listed: not seen within {within:g} s"
        assert looks[0] == 0
        assert within <= clock.monotonic() <= within + slow + 1e-6
        assert looks[-1] >= within - slow - 1e-6

    def test_the_operations_deadline_comes_first(self, clock: VirtualClock) -> None:
        with pytest.raises(TimedOut, match="operationTimeout"):
            Terminal().waiter(clock, 10).until(lambda: None, "the group is listed", 30)
        assert clock.monotonic() <= 10

    def test_an_error_of_the_look_is_not_swallowed(self, clock: VirtualClock) -> None:
        def broken() -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            Terminal().waiter(clock).until(broken, "the group is listed", 30)


class TestGrowing:
    def test_pauses_double_up_to_the_longest(self) -> None:
        assert list(itertools.islice(growing(), 7)) == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]

    def test_they_begin_grow_and_end_as_asked(self) -> None:
        assert list(itertools.islice(growing(1, 3, 10), 4)) == [1, 3, 9, 10]


class TestSystemClock:
    def test_the_present_has_its_zone(self) -> None:
        before = datetime.now(UTC)
        assert before <= SystemClock().now() <= datetime.now(UTC)

    def test_seconds_only_grow(self) -> None:
        clock = SystemClock()
        assert clock.monotonic() <= clock.monotonic()

    def test_a_sleep_lasts_as_long_as_it_should(self, monkeypatch: pytest.MonkeyPatch) -> None:
        waited: list[float] = []
        monkeypatch.setattr(threading.Event, "wait", lambda _event, seconds: waited.append(seconds))
        SystemClock().sleep(12.5, threading.Event())
        assert waited == [12.5]

    def test_a_sleep_ends_when_the_operation_is_over(self) -> None:
        over = threading.Event()
        waiter = Waiter(SystemClock(), Deadline(SystemClock(), 7200), lambda _: over.set(), over)
        with pytest.raises(Abandoned) as caught:
            waiter.pause(3600, "a wait")
        assert said(caught.value).startswith("the run was stopped: nothing more was sent")
