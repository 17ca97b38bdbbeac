"""A group that Graph made and then could not finish stays known, and the next ``up`` goes on with it."""

import pytest

from tests.lifecycle.directory import Directory
from tests.lifecycle.programs import NOBODY
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine


@pytest.fixture
def people(stack: Stack, directory: Directory) -> list[str]:
    """45 people, and a program whose group wants one more, who does not exist."""
    made = [directory.add_user(f"person-{number}") for number in range(45)]
    stack.program(f"""
        PEOPLE = {made!r}
        NOBODY = ["{NOBODY}"]
        group = entra.RoleAssignableGroup(
            "group",
            display_name="Helpdesk",
            mail_nickname="helpdesk",
            members=PEOPLE + NOBODY,
        )
        eligibility = entra.RoleEligibility(
            "eligibility",
            principal_id=group.id,
            role_definition_id=entra.BuiltInRole.HELPDESK_ADMINISTRATOR,
            permanent=True,
        )
    """)
    return made


def test_a_half_made_group_is_kept_and_finished_by_the_next_up(
    stack: Stack, directory: Directory, people: list[str]
) -> None:
    heading, reason = stack.fails("up").diagnostics["group"]
    assert heading == "error: 1 error occurred:"
    assert f"Resource '{NOBODY}' does not exist" in reason
    id_ = stack.resource("group")["id"]
    assert directory.get(f"/groups/{id_}")["displayName"] == "Helpdesk"
    assert stack.resource("eligibility") == {}

    stack.edit("members=PEOPLE + NOBODY", "members=PEOPLE")
    stack.up()
    assert stack.resource("group")["id"] == id_
    assert directory.related(id_, "members") == set(people)
    assert directory.eligible_until(id_) == [None]
    assert stack.preview() == []


def test_a_half_made_group_is_not_taken_for_a_whole_one_by_refresh(
    stack: Stack, directory: Directory, people: list[str]
) -> None:
    stack.fails("up")
    stack.refresh()
    assert stack.preview() == ["create eligibility", "update group"]
    stack.edit("members=PEOPLE + NOBODY", "members=PEOPLE")
    stack.up()
    assert directory.related(stack.resource("group")["id"], "members") == set(people)


def test_a_half_made_group_can_be_destroyed(stack: Stack, directory: Directory, people: list[str]) -> None:
    stack.fails("up")
    stack.destroy()
    assert directory.all("/groups") == []
    assert directory.deleted("group") == ["Helpdesk"]
