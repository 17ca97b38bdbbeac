"""What is created is created once, whatever becomes of the answers."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pulumi_entra_pim.graph.errors import AlreadyExists, GraphError, OutcomeUnknown
from tests.graph.service import Service, Step, answer, refusal, said
from tests.graph.virtual_clock import VirtualClock

ALINE = {"id": "aline", "displayName": "Aline"}
MADE = answer(201, ALINE)
TAKEN = refusal(400, message="Another object with the same value for property userPrincipalName already exists.")
LOST: list[Step] = [httpx.ReadTimeout("60 s"), refusal(504), httpx.Response(201, content=b'{"id": "al')]
lost = pytest.mark.parametrize("loss", LOST, ids=["no answer", "504", "cut off"])


class Looking:
    """What looks find, one after the other; the last is found ever after."""

    def __init__(self, *found: dict[str, Any] | None) -> None:
        self._found = list(found)
        self.looks = 0

    def __call__(self) -> dict[str, Any] | None:
        self.looks += 1
        return self._found.pop(0) if len(self._found) > 1 else self._found[0]


def create(
    service: Service,
    clock: VirtualClock,
    find: Callable[[], dict[str, Any] | None],
    is_ours: Callable[[dict[str, Any]], bool] = ALINE.__eq__,
) -> dict[str, Any]:
    return service.operation(clock).create("/users", {"displayName": "Aline"}, find, is_ours)


def test_nothing_is_looked_for_when_all_is_well(clock: VirtualClock) -> None:
    find = Looking(None)
    assert create(Service(MADE), clock, find) == ALINE
    assert (find.looks, clock.slept) == (0, [])


@lost
def test_what_was_made_before_the_answer_was_lost_is_found_and_not_made_again(loss: Step, clock: VirtualClock) -> None:
    service = Service(loss)
    assert create(service, clock, Looking(ALINE)) == ALINE
    assert (service.calls, clock.slept) == (["POST /v1.0/users"], [])


@lost
def test_what_is_not_there_is_sent_again_after_a_pause(loss: Step, clock: VirtualClock) -> None:
    service = Service(loss, loss, MADE)
    assert create(service, clock, Looking(None)) == ALINE
    assert (len(service.calls), clock.slept) == (3, [0.25, 0.5])


def test_it_is_not_sent_for_ever(clock: VirtualClock) -> None:
    service = Service(refusal(500), repeat=True)
    with pytest.raises(OutcomeUnknown, match="HTTP 500"):
        create(service, clock, Looking(None))
    assert len(service.calls) == 8


def test_something_else_under_the_key_is_not_taken_for_ours(clock: VirtualClock) -> None:
    service = Service(refusal(500), TAKEN)
    with pytest.raises(AlreadyExists):
        create(service, clock, Looking({"id": "a stranger"}))


def test_exists_at_the_first_send_is_said_without_a_look(clock: VirtualClock) -> None:
    find = Looking(ALINE)
    with pytest.raises(AlreadyExists):
        create(Service(TAKEN), clock, find)
    assert find.looks == 0


def test_exists_after_a_lost_answer_is_waited_for_until_it_is_shown(clock: VirtualClock) -> None:
    find = Looking(None, None, None, ALINE)
    assert create(Service(refusal(504), TAKEN), clock, find) == ALINE
    assert clock.slept == [0.25, 0.25, 0.5]


def test_exists_that_is_never_shown_is_an_error_in_graphs_words(clock: VirtualClock) -> None:
    with pytest.raises(AlreadyExists, match="already exists") as caught:
        create(Service(refusal(504), TAKEN), clock, Looking(None))
    said(caught.value)
    assert 60 < sum(clock.slept) < 61


def test_any_other_refusal_is_the_answer(clock: VirtualClock) -> None:
    service = Service(refusal(400))
    with pytest.raises(GraphError):
        create(service, clock, Looking(ALINE))
    assert len(service.calls) == 1


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": 5}, {"id": ""}, {"displayName": "Aline"}, {"error": "x"}])
def test_a_success_that_names_nothing_is_none(body: dict[str, Any], clock: VirtualClock) -> None:
    service = Service(answer(201, body))
    assert create(service, clock, Looking(ALINE)) == ALINE


def test_a_success_without_a_word_is_none(clock: VirtualClock) -> None:
    assert create(Service(answer(201)), clock, Looking(ALINE)) == ALINE
