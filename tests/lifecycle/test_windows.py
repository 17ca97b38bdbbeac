"""The time of an eligibility: what moves its end and its start, and what does not."""

from datetime import UTC, datetime, timedelta

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import ELIGIBILITY_REQUESTS, Directory, graph_calls, moved, spelled
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine


@pytest.fixture
def bob(stack: Stack, directory: Directory) -> str:
    """A person for whom a program declares 30 days."""
    id_ = directory.add_user("bob")
    stack.program(f"""
        eligibility = entra.RoleEligibility(
            "eligibility",
            principal_id="{id_}",
            role_definition_id=entra.BuiltInRole.HELPDESK_ADMINISTRATOR,
            duration="P30D",
            justification="First line",
        )
    """)
    return id_


@pytest.fixture
def eligible(stack: Stack, bob: str) -> str:
    """The same person when the program has run."""
    stack.up()
    return bob


@pytest.fixture
def next_week(stack: Stack, bob: str) -> datetime:
    """A start in the future, which the program declares and which is up."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
    stack.edit('duration="P30D"', f'start="{start.isoformat()}", duration="P30D"')
    stack.up()
    return start


def test_a_new_justification_half_way_through_does_not_move_the_end(
    stack: Stack, emulator: Emulator, directory: Directory, eligible: str
) -> None:
    before = directory.eligible_until(eligible)
    emulator.clock.advance(timedelta(days=15))

    stack.edit("First line", "Second line")
    assert stack.preview() == ["update eligibility: justification"]
    stack.up()
    assert directory.eligible_until(eligible) == before
    assert stack.preview() == []
    assert stack.drift() == []


def test_a_longer_duration_counts_from_where_the_old_one_began(
    stack: Stack, emulator: Emulator, directory: Directory, eligible: str
) -> None:
    [before] = directory.eligible_until(eligible)
    emulator.clock.advance(timedelta(days=15))

    stack.edit("P30D", "P40D")
    assert stack.preview() == ["update eligibility: duration"]
    stack.up()
    assert directory.eligible_until(eligible) == [moved(before, days=10)]


def test_an_eligibility_past_its_end_is_no_error_and_is_given_again_only_for_a_new_window(
    stack: Stack, emulator: Emulator, directory: Directory, eligible: str
) -> None:
    emulator.clock.advance(timedelta(days=31))
    stack.refresh()
    assert stack.resource("eligibility")["outputs"]["status"] == "Expired"
    assert stack.preview() == []
    with graph_calls(emulator) as calls:
        stack.up()
    assert calls == []

    stack.edit("P30D", "P60D")
    assert stack.preview() == ["update eligibility: duration"]
    stack.up()
    assert len(directory.eligible_until(eligible)) == 1
    assert stack.resource("eligibility")["outputs"]["status"] == "Provisioned"
    assert stack.preview() == []


def test_after_its_end_new_words_give_nobody_anything(
    stack: Stack, emulator: Emulator, directory: Directory, eligible: str
) -> None:
    emulator.clock.advance(timedelta(days=31))
    requests = directory.all(ELIGIBILITY_REQUESTS)
    stack.edit("First line", "Second line")
    assert stack.preview() == ["update eligibility: justification"]
    stack.up()
    assert directory.all(ELIGIBILITY_REQUESTS) == requests
    assert stack.resource("eligibility")["outputs"]["status"] == "Expired"
    assert stack.preview() == []


def test_destroy_of_an_eligibility_past_its_end_changes_nothing(
    stack: Stack, emulator: Emulator, directory: Directory, eligible: str
) -> None:
    emulator.clock.advance(timedelta(days=31))
    requests = directory.all(ELIGIBILITY_REQUESTS)
    stack.destroy()
    assert directory.all(ELIGIBILITY_REQUESTS) == requests
    assert stack.resource("eligibility") == {}


def test_a_start_in_the_future_waits_as_granted_and_then_takes_effect(
    stack: Stack, emulator: Emulator, directory: Directory, bob: str, next_week: datetime
) -> None:
    assert stack.resource("eligibility")["outputs"]["status"] == "Granted"
    assert directory.eligible_until(bob) == []
    assert stack.drift() == []

    stack.edit("First line", "Second line")
    assert stack.preview() == ["update eligibility: justification"]
    stack.up()
    assert stack.preview() == []

    emulator.clock.advance(timedelta(days=8))
    assert directory.eligible_until(bob) == [f"{next_week + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"]
    stack.refresh()
    assert stack.resource("eligibility")["outputs"]["status"] == "Provisioned"
    assert stack.preview() == []


def test_destroy_before_the_start_cancels(
    stack: Stack, emulator: Emulator, directory: Directory, bob: str, next_week: datetime
) -> None:
    with graph_calls(emulator) as calls:
        stack.destroy()
    assert spelled(calls)[-1].endswith("/cancel")
    emulator.clock.advance(timedelta(days=8))
    assert directory.eligible_until(bob) == []
