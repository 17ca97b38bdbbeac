"""The tour's questions, and what it says when they cannot be asked; its whole walk is in test_local."""

from collections.abc import Iterator

import pytest

from entra_emulator import Emulator
from tools import tour
from tools.steps import SetupError

OUTPUTS = {
    "aline_id": "7146daa8-1b4b-4a66-b2f7-cf593d03c8d2",
    "group_id": "e77cbb23-0ff2-4e18-819c-690f58269752",
    "role_definition_id": "fe930be7-5e62-47db-91af-98c3a49a38b1",
}


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """The variables of a running emulator's clients."""
    with Emulator().serve() as served:
        yield dict(served.environment)


def test_the_steps_are_the_tutorials_six() -> None:
    assert [step.title for step in tour.steps(OUTPUTS)] == [
        "Create a test user",
        "Create a security group that can be assigned a role",
        "Make the group eligible for User Administrator",
        "Confirm the user's current role assignments",
        "The user activates the eligible assignment",
        "Clean up",
    ]


def test_what_is_asked_is_about_this_stacks_own_objects() -> None:
    questions = [question for step in tour.steps(OUTPUTS) for question in step.questions]
    assert all(OUTPUTS["aline_id"] in question or OUTPUTS["group_id"] in question for question in questions)


def test_a_stack_that_is_not_whole_is_said_so() -> None:
    with pytest.raises(SetupError, match="the stack has no group_id: run make up first"):
        tour.steps({name: value for name, value in OUTPUTS.items() if name != "group_id"})


def test_graphs_refusal_is_shown_in_its_own_words(environment: dict[str, str]) -> None:
    with pytest.raises(SetupError, match=rf"^GET /users/{OUTPUTS['aline_id']}: 404 Request_ResourceNotFound: Resource"):
        tour.walk(environment, OUTPUTS)


def test_entras_refusal_of_a_token_is_shown_in_its_own_words(environment: dict[str, str]) -> None:
    with pytest.raises(SetupError, match=r"^no token: AADSTS7000215: Invalid client secret provided"):
        tour.walk({**environment, "AZURE_CLIENT_SECRET": "wrong"}, OUTPUTS)


def test_an_emulator_that_is_gone_is_said_so() -> None:
    with Emulator().serve() as served:
        environment = dict(served.environment)
    with pytest.raises(SetupError, match="the emulator does not answer"):
        tour.walk(environment, OUTPUTS)
