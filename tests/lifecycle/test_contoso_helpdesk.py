"""The program of the tutorial, from an empty tenant and back."""

import json

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory, graph_calls, spelled
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

LOOK_UP = "GET /users/admin%40contoso.com"
"""What the program itself asks, once a process: who the administrator is."""


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
