"""Big programs."""

import pytest

from tests.lifecycle.directory import Directory
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

PROGRAM = """
    people = [
        entra.TestUser(
            f"person-{number}",
            user_principal_name=f"person-{number}@contoso.com",
            display_name=f"Person {number}",
            mail_nickname=f"person-{number}",
            password="First-Password-1",
        )
        for number in range(900)
    ]
    groups = [
        entra.RoleAssignableGroup(
            f"group-{number}",
            display_name=f"Group {number}",
            mail_nickname=f"group-{number}",
            members=[person.id for person in people[9 * number : 9 * number + 9]],
        )
        for number in range(100)
    ]
    for number, principal in enumerate(people + groups):
        entra.RoleEligibility(
            f"eligibility-{number}",
            principal_id=principal.id,
            role_definition_id=entra.BuiltInRole.HELPDESK_ADMINISTRATOR,
            duration="P30D",
        )
"""


def test_two_thousand_resources_go_up_stay_and_come_down(stack: Stack, directory: Directory) -> None:
    seed = directory.contents()
    stack.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"
    stack.program(PROGRAM)
    stack.up()
    there = directory.contents()
    assert len(there["users"]) == len(seed["users"]) + 900
    assert len(there["groups"]) == 100
    assert len(there["eligible"]) == 1000
    assert {len(ids) for ids in there["members"].values()} == {9}
    assert stack.preview() == []
    stack.destroy()
    assert directory.contents() == seed
