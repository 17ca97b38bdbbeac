"""What the requests of one process owe each other: tested through the client that they all go through."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.graph.auth import GivenToken
from pulumi_entra_pim.graph.client import GraphClient
from pulumi_entra_pim.graph.errors import OutcomeUnknown, TimedOut
from pulumi_entra_pim.graph.traffic import Traffic
from tests.graph.service import GRAPH, TOKEN, Service, answer, refusal, said
from tests.graph.virtual_clock import VirtualClock

DONE = answer(200, {"id": "aline"})


def client(service: Service, clock: VirtualClock, chance: float) -> GraphClient:
    """Return a client whose pauses vary as much as ``chance`` says, from 0 up to 1."""
    return GraphClient(
        GRAPH, GivenToken(TOKEN), service.connections(), clock=clock, traffic=Traffic(clock, lambda: chance)
    )


class TestOnePauseForAll:
    def test_a_429_keeps_every_other_call_of_the_process_back(self, clock: VirtualClock) -> None:
        service = Service(refusal(429, retry_after="600"), DONE)
        graph = client(service, clock, 0.0)
        with pytest.raises(TimedOut):
            graph.operation(seconds=60).get("/users/aline")
        told: list[str] = []
        graph.operation(told.append).get("/users/aline")
        assert clock.slept == [600.0]
        assert told == ["Graph has asked this run to slow down: going on (600.0 s)"]

    def test_a_call_that_has_no_time_to_wait_says_so_and_is_not_sent(self, clock: VirtualClock) -> None:
        service = Service(refusal(429, retry_after="600"))
        graph = client(service, clock, 0.0)
        for _ in range(2):
            with pytest.raises(TimedOut):
                graph.operation(seconds=60).get("/users/aline")
        assert len(service.calls) == 1

    def test_without_a_wait_asked_for_all_stand_back_for_a_moment(self, clock: VirtualClock) -> None:
        graph = client(Service(refusal(429), DONE, DONE), clock, 0.0)
        graph.operation().get("/users/aline")
        assert clock.slept == [0.25]
        graph.operation().get("/users/aline")
        assert clock.slept == [0.25]

    def test_a_pause_that_was_prolonged_meanwhile_is_waited_to_its_end(self, clock: VirtualClock) -> None:
        traffic = Traffic(clock, lambda: 0.0)
        service = Service(DONE)
        graph = GraphClient(GRAPH, GivenToken(TOKEN), service.connections(), clock=clock, traffic=traffic)
        traffic.close(10)

        def prolong(_line: str) -> None:
            if not clock.slept:
                traffic.close(25)

        graph.operation(prolong).get("/users/aline")
        assert sum(clock.slept) == 25

    def test_no_thread_comes_back_before_its_time(self) -> None:
        clock, lock = VirtualClock(), Lock()
        arrivals: list[float] = []

        def throttle(_request: httpx.Request) -> httpx.Response:
            with lock:
                arrivals.append(clock.monotonic())
                return refusal(429, retry_after="30") if len(arrivals) == 1 else DONE

        graph = client(Service(throttle, repeat=True), clock, 0.5)
        with pytest.raises(TimedOut):
            graph.operation(seconds=1).get("/users/aline")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: graph.operation().get("/users/aline"), range(16)))
        assert all(moment >= 30 for moment in arrivals[1:])

    def test_another_tenants_client_is_not_kept_back(self, clock: VirtualClock) -> None:
        with pytest.raises(TimedOut):
            client(Service(refusal(429, retry_after="600")), clock, 0.0).operation(seconds=60).get("/users/aline")
        client(Service(DONE), clock, 0.0).operation().get("/users/aline")
        assert clock.slept == []


class TestChance:
    @given(chance=st.floats(0, 1, exclude_max=True), asked=st.floats(0, 10_000))
    def test_a_wait_that_was_asked_for_is_never_shorter_and_little_longer(self, chance: float, asked: float) -> None:
        traffic = Traffic(VirtualClock(), lambda: chance)
        assert asked <= traffic.heed(asked) <= asked + 1

    @given(chance=st.floats(0, 1, exclude_max=True), planned=st.floats(0, 30))
    def test_a_wait_of_our_own_is_between_half_of_the_plan_and_all_of_it(self, chance: float, planned: float) -> None:
        traffic = Traffic(VirtualClock(), lambda: chance)
        assert planned / 2 <= traffic.back_off(planned) <= planned

    def test_two_processes_do_not_come_back_at_the_same_moment(self) -> None:
        assert len({Traffic(VirtualClock()).heed(30) for _ in range(20)}) > 1


class TestRation:
    def test_a_service_that_keeps_failing_is_left_alone(self, clock: VirtualClock) -> None:
        service = Service(refusal(503), repeat=True)
        graph = client(service, clock, 0.0)
        for _ in range(40):
            with pytest.raises(OutcomeUnknown) as caught:
                graph.operation().get("/users/aline")
        assert len(service.calls) == 40 + 100
        assert said(caught.value).endswith("Not tried again: too many calls of this run have failed. Try later")
        assert "HTTP 503" in said(caught.value)

    def test_answers_earn_the_retries_back(self, clock: VirtualClock) -> None:
        failing = [False]

        def now_and_then(_request: httpx.Request) -> httpx.Response:
            return refusal(503) if failing[0] else DONE

        graph = client(Service(now_and_then, repeat=True), clock, 0.0)
        failing[0] = True
        for _ in range(40):
            with pytest.raises(OutcomeUnknown):
                graph.operation().get("/users/aline")
        failing[0] = False
        for _ in range(35):
            graph.operation().get("/users/aline")
        failing[0] = True
        clock.slept.clear()
        with pytest.raises(OutcomeUnknown, match=r"HTTP 503, request-id a-request\)$"):
            graph.operation().get("/users/aline")
        assert len(clock.slept) == 7

    def test_patience_that_graph_asks_for_is_not_rationed(self, clock: VirtualClock) -> None:
        steps = [refusal(429, retry_after="1"), DONE] * 200
        graph = client(Service(*steps), clock, 0.0)
        for _ in range(200):
            graph.operation().get("/users/aline")
        assert clock.slept == [1.0] * 200

    def test_the_ration_is_never_more_than_it_was(self, clock: VirtualClock) -> None:
        traffic = Traffic(clock)
        for _ in range(1000):
            traffic.succeeded()
        assert sum(traffic.take_retry() for _ in range(1000)) == 100
