"""Whatever goes wrong at whatever call of Contoso's life: the end is the end without it."""

import pytest

from .contoso import Command
from .faults import FAULTS, HANG, Fault
from .matrix import FURTHER_CALLS, FURTHER_SECONDS, SECONDS, STRIKES, Outcome, Service, outcome, points
from .policies import BY_POST, BY_UPSERT, Policy

STAGES = [
    pytest.param(way, command, id=f"{way.name}, {command}") for way in (BY_UPSERT, BY_POST) for command in way.commands
]

SIGN_IN = [each for each in FAULTS if not each.is_of_tokens]


def outcomes(
    way: Policy, command: Command, fault: Fault, service: Service = "graph", *, lasts: bool = False
) -> list[Outcome]:
    """Return what becomes of a fault at each call of a command."""
    places = [each for each in points(way, service) if (each.command, each.fault) == (command, fault)]
    assert places
    return [outcome(way, each, lasts=lasts) for each in places]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize(("way", "command"), STAGES)
def test_a_fault_at_any_call_is_survived_in_the_same_run(way: Policy, command: Command, fault: Fault) -> None:
    for each in outcomes(way, command, fault):
        assert each.struck == 1, str(each)
        assert each.verdict == "same run", str(each)
        assert not each.broken_promises, str(each)
        assert each.further_calls <= FURTHER_CALLS, str(each)
        assert each.seconds <= FURTHER_SECONDS + (HANG if fault.kind == "hang" else 0), str(each)


@pytest.mark.parametrize("fault", SIGN_IN, ids=str)
@pytest.mark.parametrize("command", BY_UPSERT.commands)
def test_a_fault_at_any_call_of_the_sign_in_is_survived_in_the_same_run(command: Command, fault: Fault) -> None:
    for each in outcomes(BY_UPSERT, command, fault, "token"):
        assert each.verdict == "same run", str(each)
        assert not each.broken_promises, str(each)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize(("way", "command"), STAGES)
def test_a_service_that_goes_down_at_any_call_ends_the_run_with_one_error_and_the_next_run_finishes(
    way: Policy, command: Command, fault: Fault
) -> None:
    for each in outcomes(way, command, fault, lasts=True):
        assert each.verdict == "next run", str(each)
        assert not each.broken_promises, str(each)
        assert each.struck <= STRIKES, str(each)
        assert each.seconds <= SECONDS, str(each)


def test_the_matrix_has_at_least_240_points() -> None:
    assert len(points(BY_UPSERT)) >= 240
