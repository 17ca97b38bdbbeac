"""The program of the tutorial, from an empty tenant and back."""

import json

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory, graph_calls, spelled
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

LOOK_UP = "GET /users/admin%40contoso.com"
"""What the program itself asks, once a process: who the administrator is."""


TYPES = {
    "aline": "pulumi-python:dynamic/entra-pim:TestUser",
    "it-helpdesk": "pulumi-python:dynamic/entra-pim:RoleAssignableGroup",
    "helpdesk-user-administrator": "pulumi-python:dynamic/entra-pim:RoleEligibility",
}
"""The types that are in everybody's state."""


def test_the_contoso_helpdesk_goes_up_and_comes_down(
    contoso_helpdesk: Stack, emulator: Emulator, directory: Directory
) -> None:
    seed = directory.contents()

    with graph_calls(emulator) as calls:
        contoso_helpdesk.up()
    assert spelled(calls)[0] == LOOK_UP
    assert len(calls[1:]) <= 5
    outputs = json.loads(contoso_helpdesk.succeeds("stack", "output", "--json").stdout)
    assert directory.eligible_until(outputs["group_id"]) == [outputs["eligibility_end"]]
    assert outputs["aline_password"] == "[secret]"
    types = {name: contoso_helpdesk.resource(name)["type"] for name in TYPES}
    assert types == TYPES
    admin = directory.seed.administrator_id
    assert directory.related(outputs["group_id"], "owners") == {admin}
    assert directory.related(outputs["group_id"], "members") == {admin, outputs["aline_id"]}

    with graph_calls(emulator) as calls:
        assert contoso_helpdesk.preview() == []
    assert spelled(calls) == [LOOK_UP]
    assert contoso_helpdesk.drift() == []
    contoso_helpdesk.refresh("--expect-no-changes")

    with graph_calls(emulator) as calls:
        contoso_helpdesk.destroy()
    assert len(calls) <= 6
    assert directory.contents() == seed
    assert directory.deleted("user") == ["Aline Dupuy"]
    assert directory.deleted("group") == ["IT Helpdesk (User)"]


def test_a_password_of_ones_own_takes_the_place_of_the_random_one(contoso_helpdesk: Stack) -> None:
    contoso_helpdesk.succeeds("config", "set", "--secret", "alinePassword", "A-Password-Of-Mine-1")
    assert contoso_helpdesk.preview() == [f"create {name}" for name in sorted(TYPES)]


def test_an_application_is_asked_to_name_the_administrator(contoso_helpdesk: Stack) -> None:
    contoso_helpdesk.succeeds("config", "rm", "administrator")
    line, _of_the_engine = contoso_helpdesk.fails("preview").diagnostics["contoso-helpdesk-test"]
    assert line.endswith("pulumi config set administrator NAME@YOUR-DOMAIN")
