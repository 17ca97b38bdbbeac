"""What destroy deletes for good, what it leaves to be restored, and what it does not delete."""

import re

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory, graph_calls
from tests.lifecycle.programs import ALINE, HELPDESK_ADMINISTRATOR
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

PURGED = ALINE.replace('department="Support"', "purge_on_destroy=True")


def test_a_refused_purge_is_a_warning_and_leaves_the_user_restorable(stack: Stack, directory: Directory) -> None:
    stack.program(PURGED)
    stack.up()
    [line] = stack.destroy().diagnostics["aline"]
    assert line.startswith("warning: deleted, but not purged: ")
    assert directory.deleted("user") == ["Aline Dupuy"]


def test_a_purge_leaves_nothing_to_restore_and_a_replacement_does_not_purge(
    stack: Stack, emulator: Emulator, directory: Directory
) -> None:
    # Graph purges users for a person with the role, not for an application.
    stack.environment["ENTRA_PIM_ACCESS_TOKEN"] = emulator.token(
        user=directory.seed.administrator_id, permissions=["User.ReadWrite.All"]
    )
    stack.program(PURGED)
    stack.up()
    old = stack.resource("aline")

    [line] = stack.up("--replace", old["urn"]).diagnostics["aline"]
    assert "so it is not purged" in line
    assert directory.deleted("user") == ["Aline Dupuy"]

    with graph_calls(emulator) as calls:
        stack.destroy()
    assert calls[-1].path == f"/v1.0/directory/deletedItems/{calls[0].path.rpartition('/')[2]}"
    assert directory.deleted("user") == ["Aline Dupuy"]


def test_a_group_that_somebody_else_made_eligible_is_not_deleted(stack: Stack, directory: Directory) -> None:
    stack.program('group = entra.RoleAssignableGroup("group", display_name="Helpdesk", mail_nickname="helpdesk")')
    stack.up()
    id_ = stack.resource("group")["id"]
    directory.grant(id_, HELPDESK_ADMINISTRATOR, {"type": "noExpiration"})
    stack.environment["ENTRA_PIM_OPERATION_TIMEOUT"] = "1"
    outcome = stack.fails("destroy")
    [line] = outcome.diagnostics["group"]
    assert "eligible for Helpdesk Administrator at /; remove that first, or set force_destroy=True" in line
    assert re.search(r"RoleAssignableGroup group deleting \(\d+s\) waiting until nothing names group", outcome.stdout)
    assert directory.get(f"/groups/{id_}")["id"] == id_

    stack.edit('mail_nickname="helpdesk"', 'mail_nickname="helpdesk", force_destroy=True')
    stack.up()
    stack.destroy()
    assert directory.all("/groups") == []
