"""What a person changes in the program: the preview shows exactly that, and the directory has it after ``up``."""

from collections.abc import Iterable

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import ELIGIBILITY_REQUESTS, Directory, graph_calls, spelled
from tests.lifecycle.programs import ADMINISTRATOR, HELPDESK, HELPDESK_ADMINISTRATOR, USER_ADMINISTRATOR
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

# Input, before, after; one resource is made for each, and None is an input that is left out.
USER_EDITS = {
    "user_principal_name": ("first@contoso.com", "second@contoso.com"),
    "display_name": ("Aline", "Aline Dupuy"),
    "mail_nickname": ("first-alias", "second-alias"),
    "password": ("First-Password-1", "Second-Password-2"),
    "force_change_password_next_sign_in": (True, False),
    "account_enabled": (True, False),
    "given_name": ("Aline", None),
    "surname": ("Dupuy", "Durand"),
    "job_title": (None, "Clerk"),
    "department": ("Support", None),
    "usage_location": ("US", "FR"),
    "adopt_existing": (False, True),
    "purge_on_destroy": (False, True),
}
ONLY_HERE = {"password", "force_change_password_next_sign_in", "adopt_existing", "purge_on_destroy"}
"""Inputs of a user that Graph does not show."""

GROUP_EDITS = {
    "display_name": ("Helpdesk", "IT Helpdesk"),
    "mail_nickname": ("helpdesk", "it-helpdesk"),
    "description": ("First line", None),
    "owners": ([ADMINISTRATOR], [ADMINISTRATOR, "<bob>"]),
    "members": (["<bob>"], []),
    "adopt_existing": (False, True),
    "purge_on_destroy": (False, True),
    "force_destroy": (False, True),
}
ELIGIBILITY_EDITS = {
    "justification": ("First line", "Second line"),
    "end": ("2099-01-01T00:00:00Z", "2099-02-01T00:00:00Z"),
    "ticket_number": ("CHG-1", "CHG-2"),
    "ticket_system": ("Desk", None),
    "adopt_existing": (False, True),
}


def shown(edits: Iterable[str]) -> list[str]:
    """Return the preview in which each resource differs in the input that it is named after."""
    return sorted(f"update {name}: {name}" for name in edits)


def graph_name(name: str) -> str:
    """Return Graph's name of an input."""
    first, *others = name.split("_")
    return first + "".join(each.title() for each in others)


def test_each_input_of_a_user_is_changed_alone(stack: Stack, emulator: Emulator, directory: Directory) -> None:
    stack.program(f"""
        EDITS = {USER_EDITS!r}
        EDITED = False
        for name, (before, after) in EDITS.items():
            alias = name.replace("_", "-")
            inputs = {{
                "user_principal_name": alias + "@contoso.com",
                "display_name": name,
                "mail_nickname": alias,
                "password": "First-Password-1",
                name: after if EDITED else before,
            }}
            entra.TestUser(name, **inputs)
    """)
    stack.up()

    stack.edit("EDITED = False", "EDITED = True")
    assert stack.preview() == shown(USER_EDITS)
    with graph_calls(emulator) as calls:
        stack.up()
    profiles = [call.request_body["passwordProfile"] for call in calls if "passwordProfile" in call.request_body]
    assert sorted(profile.keys() - {"forceChangePasswordNextSignIn"} for profile in profiles) == [set(), {"password"}]
    for name in USER_EDITS.keys() - ONLY_HERE:
        live = directory.get(f"/users/{stack.resource(name)['id']}?$select={graph_name(name)}")
        assert live[graph_name(name)] == USER_EDITS[name][1]
    assert stack.preview() == []


def test_each_input_of_a_group_is_changed_alone(stack: Stack, directory: Directory) -> None:
    bob = directory.add_user("bob")
    edits = repr(GROUP_EDITS).replace("<bob>", bob)
    stack.program(f"""
        EDITS = {edits}
        EDITED = False
        for name, (before, after) in EDITS.items():
            inputs = {{"display_name": name, "mail_nickname": name, name: after if EDITED else before}}
            entra.RoleAssignableGroup(name, **inputs)
    """)
    stack.up()

    stack.edit("EDITED = False", "EDITED = True")
    assert stack.preview() == shown(GROUP_EDITS)
    stack.up()
    for name in ("display_name", "mail_nickname", "description"):
        live = directory.get(f"/groups/{stack.resource(name)['id']}")
        assert live[graph_name(name)] == GROUP_EDITS[name][1]
    assert directory.related(stack.resource("owners")["id"], "owners") == {ADMINISTRATOR, bob}
    assert directory.related(stack.resource("members")["id"], "members") == set()
    assert stack.preview() == []


def test_each_input_of_an_eligibility_is_changed_alone(stack: Stack, directory: Directory) -> None:
    principals = {name: directory.add_user(name.replace("_", "-")) for name in ELIGIBILITY_EDITS}
    stack.program(f"""
        EDITS = {ELIGIBILITY_EDITS!r}
        PRINCIPALS = {principals!r}
        EDITED = False
        for name, (before, after) in EDITS.items():
            inputs = {{
                "principal_id": PRINCIPALS[name],
                "role_definition_id": entra.BuiltInRole.HELPDESK_ADMINISTRATOR,
                "justification": "Support",
                "end": "2099-01-01T00:00:00Z",
                "ticket_number": "CHG-1",
                "ticket_system": "Desk",
                name: after if EDITED else before,
            }}
            entra.RoleEligibility(name, **inputs)
    """)
    stack.up()

    stack.edit("EDITED = False", "EDITED = True")
    assert stack.preview() == shown(ELIGIBILITY_EDITS)
    stack.up()
    latest = {
        name: directory.all(f"{ELIGIBILITY_REQUESTS}?$filter=principalId eq '{id_}'")[-1]
        for name, id_ in principals.items()
    }
    assert latest["justification"]["justification"] == "Second line"
    assert latest["ticket_number"]["ticketInfo"] == {"ticketNumber": "CHG-2", "ticketSystem": "Desk"}
    assert latest["ticket_system"]["ticketInfo"] == {"ticketNumber": "CHG-1", "ticketSystem": None}
    ends = {name: directory.eligible_until(id_) for name, id_ in principals.items()}
    assert ends.pop("end") == ["2099-02-01T00:00:00Z"]
    assert all(end == ["2099-01-01T00:00:00Z"] for end in ends.values())
    assert stack.preview() == []


def test_another_principal_role_or_scope_is_another_eligibility(stack: Stack, directory: Directory) -> None:
    people = {name: directory.add_user(name) for name in ("bob", "carol", "dave", "erin")}
    unit = directory.send("POST", "/directory/administrativeUnits", {"displayName": "Seattle"}).json()["id"]
    edits = {
        "principal_id": (people["bob"], people["carol"]),
        "role_definition_id": (USER_ADMINISTRATOR, HELPDESK_ADMINISTRATOR),
        "directory_scope_id": ("/", f"/administrativeUnits/{unit}"),
    }
    stack.program(f"""
        EDITS = {edits!r}
        PRINCIPALS = {dict(zip(edits, list(people.values())[1:], strict=True))!r}
        EDITED = False
        for name, (before, after) in EDITS.items():
            inputs = {{
                "principal_id": PRINCIPALS[name],
                "role_definition_id": "{HELPDESK_ADMINISTRATOR}",
                "permanent": True,
                name: after if EDITED else before,
            }}
            entra.RoleEligibility(name, **inputs)
    """)
    stack.up()

    stack.edit("EDITED = False", "EDITED = True")
    assert stack.preview() == sorted(f"replace {name}: {name}" for name in edits)
    stack.up()
    held = {name: directory.eligibilities(id_) for name, id_ in people.items()}
    assert held["bob"] == []
    assert [row["roleDefinitionId"] for row in held["dave"]] == [HELPDESK_ADMINISTRATOR]
    assert [row["directoryScopeId"] for row in held["erin"]] == [f"/administrativeUnits/{unit}"]
    assert len(directory.eligibilities(people["carol"])) == 1
    assert stack.preview() == []


def test_many_members_and_owners_are_written_twenty_at_a_time_and_new_owners_come_first(
    stack: Stack, emulator: Emulator, directory: Directory
) -> None:
    people = [directory.add_user(f"person-{number}") for number in range(45)]
    stack.program(f"""
        PEOPLE = {people!r}
        group = entra.RoleAssignableGroup(
            "group",
            display_name="Helpdesk",
            mail_nickname="helpdesk",
            owners=PEOPLE[:30],
            members=PEOPLE[:45],
        )
    """)
    with graph_calls(emulator) as calls:
        stack.up()
    id_ = stack.resource("group")["id"]
    assert directory.related(id_, "owners") == set(people[:30])
    assert directory.related(id_, "members") == set(people)
    for call in calls:
        bound = [value for name, value in (call.request_body or {}).items() if name.endswith("@odata.bind")]
        assert sum(len(ids) for ids in bound) <= 20

    stack.edit("PEOPLE[:30]", "PEOPLE[30:31]")
    assert stack.preview() == ["update group: owners"]
    with graph_calls(emulator) as calls:
        stack.up()
    writes = [call.method for call in calls if call.method != "GET"]
    assert writes == ["POST"] + ["DELETE"] * 30
    assert directory.related(id_, "owners") == {people[30]}


def test_a_new_description_of_the_group_leaves_what_uses_its_id_alone(
    stack: Stack, emulator: Emulator, directory: Directory
) -> None:
    stack.program(HELPDESK)
    stack.up()

    stack.edit('description="First line"', 'description="First and second line"')
    assert stack.preview() == ["update group: description"]
    with graph_calls(emulator) as calls:
        stack.up()
    id_ = stack.resource("group")["id"]
    assert spelled(calls) == [f"PATCH /groups/{id_}"]
    assert directory.get(f"/groups/{id_}")["description"] == "First and second line"
