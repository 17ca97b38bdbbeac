"""What was there before the program and is its own from then on: written by the command, taken in by the engine."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import ELIGIBILITY_REQUESTS, Directory, graph_calls, spelled
from tests.lifecycle.programs import ADMINISTRATOR, HELPDESK_ADMINISTRATOR, USER_ADMINISTRATOR
from tests.lifecycle.stack import Outcome, Stack

pytestmark = pytest.mark.engine

PAIRS = 99
"""Groups, and grants to them, and grants to people."""


def test_what_301_objects_hold_becomes_a_stack_that_changes_nothing(
    stack: Stack, emulator: Emulator, directory: Directory
) -> None:
    stack.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"
    _fill(directory, emulator)
    before = directory.contents()
    with graph_calls(emulator) as calls:
        _entra_pim(stack, "import", "all", "--out", str(stack.folder))
    assert {call.method for call in calls} == {"GET", "POST"}
    assert {call for call in spelled(calls) if call.startswith("POST")} == {"POST /$batch"}
    assert len(calls) <= 60
    _take_in(stack)
    assert len(stack.ids()) == 3 * PAIRS + 4
    with graph_calls(emulator) as calls:
        stack.succeeds("preview", "--expect-no-changes")
    assert calls == []
    assert stack.drift() == []
    with graph_calls(emulator) as calls:
        stack.up()
    assert calls == []
    assert directory.contents() == before
    stack.destroy()
    after = directory.contents()
    assert after["users"] == before["users"]
    assert after["groups"] == []
    assert after["eligible"] == []


def test_a_user_is_the_stacks_own_once_imported_and_keeps_the_password(stack: Stack, directory: Directory) -> None:
    id_ = directory.add_user("aline")
    directory.send("PATCH", f"/users/{id_}", {"department": "Support"})
    directory.grant(id_, HELPDESK_ADMINISTRATOR, {"type": "afterDuration", "duration": "P10D"})
    _entra_pim(stack, "import", "user", "aline@contoso.com", "--out", str(stack.folder))
    _take_in(stack)
    stack.succeeds("preview", "--expect-no-changes")
    assert stack.drift() == []
    stack.edit('department="Support"', 'department="Sales"')
    assert stack.preview() == ["update aline: department"]
    stack.up()
    assert directory.user("aline")["department"] == "Sales"
    assert "password" not in stack.resource("aline")["inputs"]
    stack.destroy()
    assert directory.deleted("user") == ["aline"]


def test_an_imported_group_takes_an_edit_of_its_members(stack: Stack, emulator: Emulator, directory: Directory) -> None:
    bob = directory.add_user("bob")
    group = directory.add_group("helpdesk", isAssignableToRole=True, uniqueName="helpdesk")
    directory.add_member(group, bob)
    directory.add_member(group, emulator.contoso.service_principal_id)
    directory.grant(group, USER_ADMINISTRATOR, {"type": "noExpiration"})
    _entra_pim(stack, "import", "group", "helpdesk", "--out", str(stack.folder))
    _take_in(stack)
    stack.succeeds("preview", "--expect-no-changes")
    stack.edit(f'"{bob}",  # bob\n', f'"{ADMINISTRATOR}",\n')
    assert stack.preview() == ["update helpdesk: members"]
    stack.up()
    plain, cast = "", "/graph.servicePrincipal?$count=true"
    related = {each["id"] for path in (plain, cast) for each in directory.all(f"/groups/{group}/members{path}")}
    assert related == {ADMINISTRATOR, emulator.contoso.service_principal_id}


def _fill(directory: Directory, emulator: Emulator) -> None:
    """Make groups with people and an application in them, and every form of a grant."""
    unit = directory.send("POST", "/directory/administrativeUnits", {"displayName": "Paris"}).json()["id"]
    expirations = ({"type": "afterDuration", "duration": "P90D"}, {"type": "noExpiration"})
    for number in range(PAIRS):
        person = directory.add_user(f"person-{number}")
        held = {"uniqueName": f"helpdesk-{number}"} if number % 3 else {}
        group = directory.add_group(f"helpdesk-{number // 2}", isAssignableToRole=True, **held)
        directory.add_member(group, person)
        if number % 10 == 0:
            directory.add_member(group, emulator.contoso.service_principal_id)
        directory.grant(group, HELPDESK_ADMINISTRATOR, expirations[number % 2])
        directory.grant(person, USER_ADMINISTRATOR, expirations[number % 2])
    later = (datetime.now(UTC) + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    _grant(directory, "/", {"startDateTime": later, "expiration": expirations[0]})
    _grant(directory, f"/administrativeUnits/{unit}", {"expiration": expirations[0]})
    directory.send(
        "POST",
        "/groups",
        {
            "displayName": "Équipe “assistance”\u202e\n", "mailNickname": "equipe", "mailEnabled": False,
            "securityEnabled": True, "isAssignableToRole": True, "description": "First\nline",
            "owners@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{ADMINISTRATOR}"],
        },
    )  # fmt: skip
    [odd] = [group for group in directory.all("/groups") if group["description"]]
    directory.grant(odd["id"], USER_ADMINISTRATOR, {"type": "noExpiration"})


def _grant(directory: Directory, scope: str, schedule_info: dict[str, object]) -> None:
    directory.send(
        "POST",
        ELIGIBILITY_REQUESTS,
        {
            "action": "adminAssign",
            "principalId": ADMINISTRATOR,
            "roleDefinitionId": HELPDESK_ADMINISTRATOR,
            "directoryScopeId": scope,
            "justification": "By hand",
            "scheduleInfo": schedule_info,
        },
    )


def _entra_pim(stack: Stack, *words: str) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_entra_pim.cli", *words],
        check=False,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Outcome(done.returncode, done.stdout, done.stderr)


def _take_in(stack: Stack) -> None:
    """Do as the command says."""
    stack.succeeds("import", "--file", "import.json", "--generate-code=false", "--protect=false", "--yes")
