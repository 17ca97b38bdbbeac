"""What somebody changes in the directory: refresh shows exactly that, and ``up`` repairs it."""

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory, graph_calls, moved
from tests.lifecycle.programs import ADMINISTRATOR, ALINE, HELPDESK, USER_ADMINISTRATOR
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine


def test_drift_is_shown_property_by_property_and_repaired(stack: Stack, directory: Directory) -> None:
    stack.program(HELPDESK)
    stack.up()
    aline, group = (stack.resource(name)["id"] for name in ("aline", "group"))

    directory.send("PATCH", f"/users/{aline}", {"jobTitle": "Not managed", "department": "Sales"})
    bob = directory.add_user("bob")
    directory.add_member(group, bob)
    directory.grant(group, USER_ADMINISTRATOR, {"type": "afterDuration", "duration": "P90D"}, "adminUpdate")
    [longer] = directory.eligible_until(group)
    assert stack.drift() == [
        "update aline: department",
        "update eligibility: duration, end",
        "update group: members",
    ]

    stack.refresh()
    assert stack.preview() == [
        "update aline: department",
        "update eligibility: duration, end",
        "update group: members",
    ]
    stack.up()
    assert directory.user("alined")["department"] == "Support"
    assert directory.related(group, "members") == {aline}
    # The program says 30 days, which count from the start that the directory shows; by hand it was 90 from there.
    assert directory.eligible_until(group) == [moved(longer, days=-60)]
    assert stack.preview() == []
    assert stack.drift() == []


def test_what_was_deleted_in_the_directory_is_shown_and_made_again(stack: Stack, directory: Directory) -> None:
    stack.program(HELPDESK)
    stack.up()
    old = stack.resource("aline")["id"]

    directory.send("DELETE", f"/users/{old}")
    directory.send("DELETE", f"/groups/{stack.resource('group')['id']}")
    assert stack.drift() == ["delete aline", "delete group"]
    stack.refresh()
    assert stack.preview() == ["create aline", "create group", "replace eligibility: principal_id"]
    stack.up()
    assert directory.user("alined")["id"] not in ("", old)
    assert directory.related(stack.resource("group")["id"], "owners") == {ADMINISTRATOR}
    assert len(directory.eligible_until(stack.resource("group")["id"])) == 1


def test_after_a_refresh_the_password_is_sent_only_when_it_is_what_changed(stack: Stack, emulator: Emulator) -> None:
    stack.program(ALINE)
    stack.up()
    stack.refresh()
    stack.edit('department="Support"', 'department="Sales"')
    assert stack.preview() == ["update aline: department"]
    with graph_calls(emulator) as calls:
        stack.up()
    assert [call.request_body for call in calls] == [{"department": "Sales"}]

    stack.edit("First-Password-1", "Second-Password-2")
    assert stack.preview() == ["update aline: password"]
    with graph_calls(emulator) as calls:
        stack.up()
    [change] = calls
    assert change.request_body.keys() == {"passwordProfile"}
    assert stack.preview() == []
    for bag in ("inputs", "outputs"):
        assert "ciphertext" in stack.resource("aline")[bag]["password"]
