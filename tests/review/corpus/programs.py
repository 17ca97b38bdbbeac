"""Programs, written in few words: each value is Python as it stands in the program."""

from __future__ import annotations

ADMINISTRATOR = "1ed8ac56-4827-4733-8f80-86adc2e67db5"
"""The seeded person, whom no program declares."""

MALLORY = "7a000000-0000-4000-8000-00000000000a"
"""Somebody who was made by hand."""

UNIT = "/administrativeUnits/5d1f3a70-0b7c-4f0e-9d55-7c1a2b3c4d5e"
SECOND_UNIT = "/administrativeUnits/6e2f4b81-1c8d-4a1f-8e66-8d2b3c4d5e6f"
CUSTOM_ROLE = "0f0e0d0c-1111-4222-8333-444455556666"


def user(name: str, **inputs: str) -> str:
    """Declare a user."""
    given = {
        "user_principal_name": repr(f"{name}@contoso.com"),
        "display_name": repr(name.title()),
        "mail_nickname": repr(name),
        "password": repr("Canary-Password-1"),
    }
    return _call("TestUser", name, given | inputs)


def group(name: str = "desk", **inputs: str) -> str:
    """Declare a group: boss and the administrator own it, aline is in it."""
    given = {
        "display_name": repr(name.title()),
        "mail_nickname": repr(name),
        "owners": f"[{ADMINISTRATOR!r}, boss.id]",
        "members": "[aline.id]",
    }
    return _call("RoleAssignableGroup", name, given | inputs)


def grant(name: str = "grant", **inputs: str) -> str:
    """Declare an eligibility of the group: for Security Administrator, for 90 days."""
    given = {
        "principal_id": "desk.id",
        "role_definition_id": "entra.BuiltInRole.SECURITY_ADMINISTRATOR",
        "duration": repr("P90D"),
        "justification": repr("Second line of the security team"),
        "ticket_number": repr("CHG-1"),
        "ticket_system": repr("Changes"),
    }
    return _call("RoleEligibility", name, given | inputs)


def people(*names: str) -> str:
    """Declare users."""
    return "".join(user(name) for name in names)


def _call(kind: str, name: str, inputs: dict[str, str]) -> str:
    lines = [f"    {key}={value},\n" for key, value in inputs.items() if value]
    return f"{name} = entra.{kind}(\n    {name!r},\n{''.join(lines)})\n"


PEOPLE = people("aline", "boss")
DESK = PEOPLE + group() + grant()
"""What most stories begin with."""
