"""Preflight under the real engine: what the tenant would refuse is said at preview, on its row."""

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory, graph_calls
from tests.lifecycle.programs import ADMINISTRATOR, ELIGIBILITY, HELPDESK, NOBODY, USER_ADMINISTRATOR
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

READ_ONLY = ["Group.Read.All", "LicenseAssignment.Read.All", "RoleManagement.Read.Directory", "User.Read.All"]
EVERLASTING = ELIGIBILITY.replace("group.id", f'"{ADMINISTRATOR}"').replace('duration="P30D"', "permanent=True")


@pytest.fixture
def asking(stack: Stack, emulator: Emulator) -> Stack:
    """A stack that asks at preview, with the permissions that takes."""
    stack.succeeds("config", "set", "entra-pim:preflight", "true")
    stack.environment["ENTRA_PIM_ACCESS_TOKEN"] = emulator.token(permissions=READ_ONLY)
    return stack


def test_what_the_policy_does_not_allow_is_refused_before_anything_is_written(
    asking: Stack, directory: Directory, emulator: Emulator
) -> None:
    directory.limit(USER_ADMINISTRATOR, "P180D")
    asking.program(EVERLASTING)
    with graph_calls(emulator) as calls:
        outcome = asking.fails("preview")
    assert outcome.diagnostics["eligibility"] == [
        "error: pulumi-python:dynamic/entra-pim:RoleEligibility resource 'eligibility': property permanent value {true}"
        " has a problem: the role's policy allows at most P180D; asked was a permanent grant"
    ]
    assert {call.method for call in calls} == {"GET"}


def test_without_the_setting_it_is_said_at_up(stack: Stack, directory: Directory, emulator: Emulator) -> None:
    directory.limit(USER_ADMINISTRATOR, "P180D")
    stack.program(EVERLASTING)
    with graph_calls(emulator) as calls:
        assert stack.preview() == ["create eligibility"]
    assert calls == []
    assert "the role's policy allows at most P180D; asked was a permanent grant" in stack.fails("up").said


def test_what_could_not_be_asked_is_a_warning_on_the_row(asking: Stack, emulator: Emulator) -> None:
    asking.environment["ENTRA_PIM_ACCESS_TOKEN"] = emulator.token(permissions=["User.Read.All"])
    asking.program(EVERLASTING.replace(ADMINISTRATOR, NOBODY))
    warnings = asking.succeeds("preview").diagnostics["eligibility"]
    assert [line.partition(" was not checked")[0] for line in warnings] == [
        "warning: the licence",
        "warning: the role definition",
        "warning: the role's policy",
        "warning: the principal",
    ]


def test_a_helpdesk_goes_up_with_preflight_however_new_its_group_is(
    stack: Stack, directory: Directory, emulator: Emulator
) -> None:
    stack.succeeds("config", "set", "entra-pim:preflight", "true")
    stack.program(HELPDESK)
    stack.up()
    assert len(directory.eligibilities(stack.ids()["group"])) == 1
    assert stack.preview() == []


def test_many_grants_are_previewed_with_a_handful_of_questions(asking: Stack, emulator: Emulator) -> None:
    asking.program(
        f"""
    for number in range(50):
        entra.RoleEligibility(
            f"eligibility-{{number}}",
            principal_id="{ADMINISTRATOR}",
            role_definition_id=entra.BuiltInRole.USER_ADMINISTRATOR,
            directory_scope_id=f"/administrativeUnits/00000000-0000-4000-8000-{{number:012}}",
            duration="P30D",
        )
"""
    )
    with graph_calls(emulator) as calls:
        assert len(asking.preview()) == 50
    assert len(calls) == 5
