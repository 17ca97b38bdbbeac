"""Big programs."""

from collections import Counter

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory, graph_calls
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


def test_two_thousand_resources_go_up_stay_and_come_down(
    stack: Stack, emulator: Emulator, directory: Directory
) -> None:
    seed = directory.contents()
    stack.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"
    stack.program(PROGRAM)
    with graph_calls(emulator) as calls:
        stack.up()
    assert Counter(call.method for call in calls) == {"POST": 900 + 1000, "GET": 100, "PATCH": 100}
    assert [entry.method for entry in emulator.journal.entries() if entry.kind == "token"] == ["GET", "POST"]
    there = directory.contents()
    assert len(there["users"]) == len(seed["users"]) + 900
    assert len(there["groups"]) == 100
    assert len(there["eligible"]) == 1000
    assert {len(ids) for ids in there["members"].values()} == {9}
    with graph_calls(emulator) as calls:
        assert stack.preview() == []
    assert calls == []
    stack.destroy()
    assert directory.contents() == seed
