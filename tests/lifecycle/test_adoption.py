"""What was there before the program: taken over when the program says so, and let go at the end."""

import pytest

from tests.lifecycle.directory import Directory
from tests.lifecycle.programs import HELPDESK_ADMINISTRATOR
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine


def test_what_is_adopted_is_brought_to_what_is_declared_and_released_by_destroy(
    stack: Stack, directory: Directory
) -> None:
    bob = directory.add_user("bob")
    group = directory.add_group("by-hand", uniqueName="helpdesk", isAssignableToRole=True)
    directory.grant(group, HELPDESK_ADMINISTRATOR, {"type": "afterDuration", "duration": "P10D"})
    stack.program("""
        bob = entra.TestUser(
            "bob",
            user_principal_name="bob@contoso.com",
            display_name="Bob",
            mail_nickname="bob",
            department="Support",
            adopt_existing=True,
        )
        group = entra.RoleAssignableGroup(
            "group",
            display_name="Helpdesk",
            mail_nickname="helpdesk",
            unique_name="helpdesk",
            members=[bob.id],
            adopt_existing=True,
        )
        eligibility = entra.RoleEligibility(
            "eligibility",
            principal_id=group.id,
            role_definition_id=entra.BuiltInRole.HELPDESK_ADMINISTRATOR,
            permanent=True,
            adopt_existing=True,
        )
    """)
    outcome = stack.up()
    for name in ("bob", "group", "eligibility"):
        [line] = outcome.diagnostics[name]
        assert line.startswith("warning: ")
        assert "adopted" in line
        assert stack.resource(name)["outputs"]["adopted"] is True
    assert stack.resource("bob")["id"] == bob
    assert directory.user("bob")["department"] == "Support"
    assert directory.get(f"/groups/{group}")["displayName"] == "Helpdesk"
    assert directory.related(group, "members") == {bob}
    assert directory.eligible_until(group) == [None]
    assert stack.preview() == []

    outcome = stack.destroy()
    assert directory.user("bob")["id"] == bob
    assert directory.get(f"/groups/{group}")["id"] == group
    assert directory.eligible_until(group) == []
    for name in ("bob", "group"):
        [line] = outcome.diagnostics[name]
        assert "released, not deleted" in line
