"""Plans: what was reviewed is what is applied, and nothing else."""

from pathlib import Path

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory, graph_calls
from tests.lifecycle.programs import ADMINISTRATOR, HELPDESK, USER_ADMINISTRATOR
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def save(stack: Stack, plan: Path) -> None:
    stack.succeeds("preview", "--save-plan", str(plan))


def apply(plan: Path) -> tuple[str, ...]:
    return "--plan", str(plan)


def test_a_plan_of_a_first_run_in_which_no_id_is_known_is_applied(
    stack: Stack, directory: Directory, plan: Path
) -> None:
    stack.program(HELPDESK)
    save(stack, plan)
    stack.up(*apply(plan))
    ids = stack.ids()
    assert directory.related(ids["group"], "members") == {ids["aline"]}
    assert len(directory.eligibilities(ids["group"])) == 1


def test_a_plan_of_updates_and_of_a_replacement_is_applied(stack: Stack, directory: Directory, plan: Path) -> None:
    stack.program(HELPDESK)
    stack.up()
    stack.edit('department="Support"', 'department="Sales"')
    stack.edit("BuiltInRole.USER_ADMINISTRATOR", "BuiltInRole.HELPDESK_ADMINISTRATOR")
    save(stack, plan)
    stack.up(*apply(plan))
    assert directory.user("alined")["department"] == "Sales"
    [held] = directory.eligibilities(stack.ids()["group"])
    assert held["roleDefinitionId"] != USER_ADMINISTRATOR
    assert stack.preview() == []


EDITS = {
    "one more member": ("members=[aline.id]", f'members=[aline.id, "{ADMINISTRATOR}"]'),
    "a longer window": ('duration="P30D"', 'duration="P300D"'),
    "another role": ("BuiltInRole.USER_ADMINISTRATOR", "BuiltInRole.GLOBAL_ADMINISTRATOR"),
    "another owner": (f'owners=["{ADMINISTRATOR}"]', f'owners=["{ADMINISTRATOR}", aline.id]'),
}


@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS.keys())
def test_what_was_not_reviewed_is_not_applied(
    stack: Stack, directory: Directory, plan: Path, before: str, after: str
) -> None:
    stack.program(HELPDESK)
    stack.up()
    stack.edit('description="First line"', 'description="Second line"')
    save(stack, plan)
    stack.edit(before, after)
    held = directory.contents()
    outcome = stack.fails("up", *apply(plan))
    assert "violates plan: properties changed" in outcome.said
    now = directory.contents()
    assert {name: now[name] for name in ("owners", "members", "eligible", "active")} == {
        name: held[name] for name in ("owners", "members", "eligible", "active")
    }


def test_a_resource_that_was_not_reviewed_is_not_made(stack: Stack, emulator: Emulator, plan: Path) -> None:
    stack.program(HELPDESK)
    stack.up()
    save(stack, plan)
    stack.program(
        f"""{HELPDESK}
    entra.RoleEligibility(
        "more",
        principal_id=aline.id,
        role_definition_id=entra.BuiltInRole.GLOBAL_ADMINISTRATOR,
        duration="P30D",
    )
"""
    )
    with graph_calls(emulator) as calls:
        stack.fails("up", *apply(plan))
    assert [call.method for call in calls if call.method != "GET"] == []


def test_a_plan_holds_no_password(stack: Stack, plan: Path) -> None:
    stack.program(HELPDESK)
    save(stack, plan)
    text = plan.read_text()
    assert "alined@contoso.com" in text
    assert "First-Password-1" not in text
