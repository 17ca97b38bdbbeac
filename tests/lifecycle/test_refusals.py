"""Bad input: one clear line under its own resource, and nothing changed by it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory
from tests.lifecycle.programs import ADMINISTRATOR, HELPDESK_ADMINISTRATOR, NOBODY, USER_ADMINISTRATOR
from tests.lifecycle.stack import Outcome, Stack

pytestmark = pytest.mark.engine


def user(name: str = "it", **inputs: object) -> str:
    """Declare a user that is well but for some inputs."""
    return _declared(
        "TestUser",
        name,
        {
            "user_principal_name": "aline@contoso.com",
            "display_name": "Aline",
            "mail_nickname": "aline",
            "password": "First-Password-1",
        }
        | inputs,
    )


def group(name: str = "it", **inputs: object) -> str:
    """Declare a group that is well but for some inputs."""
    return _declared("RoleAssignableGroup", name, {"display_name": "Helpdesk", "mail_nickname": "helpdesk"} | inputs)


def eligibility(name: str = "it", **inputs: object) -> str:
    """Declare an eligibility that lacks its end, and is well but for some inputs."""
    return _declared(
        "RoleEligibility", name, {"principal_id": ADMINISTRATOR, "role_definition_id": HELPDESK_ADMINISTRATOR} | inputs
    )


def _declared(kind: str, name: str, inputs: dict[str, object]) -> str:
    return f"entra.{kind}({name!r}, **{inputs!r})\n"


def assert_one_line_each(outcome: Outcome, wanted: dict[str, str]) -> None:
    """Want each reason as an error line of its own under its resource, and no other line but the engine's closing."""
    found = outcome.diagnostics
    assert found.pop("contoso-test", ["error: update failed"]) == ["error: update failed"]
    assert found.keys() == wanted.keys()
    for name, reason in wanted.items():
        [line] = found[name]
        assert line.startswith("error: ")
        assert reason in line
    assert "Traceback" not in outcome.said


AT_PREVIEW = {
    "a malformed user principal name": (
        user(user_principal_name="aline"),
        "property user_principal_name value {aline} has a problem: user_principal_name must be alias@domain",
    ),
    "a mail nickname with forbidden characters": (
        user(mail_nickname="a b"),
        "property mail_nickname value {a b} has a problem: mail_nickname must have 1 to 64 ASCII characters, none of",
    ),
    "a weak password": (
        user(password="onlylowercase"),
        "resource 'it' has a problem: password must have at least three of: lower-case letters",
    ),
    "no end": (eligibility(), "exactly one of end, duration and permanent=True must be given; none is given"),
    "two ends": (
        eligibility(duration="P1D", permanent=True),
        "exactly one of end, duration and permanent=True must be given; these are given: duration, permanent",
    ),
    "an end before the start": (
        eligibility(start="2099-01-02T00:00:00Z", end="2099-01-01T00:00:00Z"),
        "end (2099-01-01T00:00:00Z) must be after start (2099-01-02T00:00:00Z)",
    ),
    "an end in the past": (
        eligibility(end="2001-01-01T00:00:00Z"),
        "the window must end in the future; this ends at 2001-01-01T00:00:00Z",
    ),
    "a duration in years": (
        eligibility(duration="P1Y"),
        "as Graph refuses years, months and weeks: write P365D for a year",
    ),
    "more owners than Graph takes": (
        group(owners=[f"00000000-0000-4000-8000-{number:012}" for number in range(101)]),
        "owners must have at most 100 entries, Graph's limit; this has 101",
    ),
}


@pytest.mark.parametrize(("program", "reason"), AT_PREVIEW.values(), ids=AT_PREVIEW.keys())
def test_preview_refuses(stack: Stack, emulator: Emulator, program: str, reason: str) -> None:
    stack.program(program)
    assert_one_line_each(stack.fails("preview"), {"it": reason})
    assert emulator.journal.entries() == []


SETTINGS = {
    "no credentials": ({"AZURE_CLIENT_SECRET": ""}, "no credentials: set one of ENTRA_PIM_ACCESS_TOKEN, AZURE_CLIENT"),
    "an unknown cloud": (
        {"ENTRA_PIM_ENVIRONMENT": "moon"},
        "entra-pim:environment is 'moon': write one of global, usgov, usgovdod, china",
    ),
}


@pytest.mark.parametrize(("variables", "reason"), SETTINGS.values(), ids=SETTINGS.keys())
def test_preview_refuses_settings_with(stack: Stack, variables: dict[str, str], reason: str) -> None:
    stack.environment |= variables
    stack.program(user())
    assert_one_line_each(stack.fails("preview"), {"it": reason})


def test_preview_refuses_a_secret_in_the_configuration_and_does_not_show_it(stack: Stack) -> None:
    stack.succeeds("config", "set", "entra-pim:clientSecret", "a-secret-of-mine")
    stack.program(user())
    outcome = stack.fails("preview")
    reason = "remove it (`pulumi config rm entra-pim:clientSecret`) and set AZURE_CLIENT_SECRET"
    assert_one_line_each(outcome, {"it": reason})
    assert "a-secret-of-mine" not in outcome.said


def test_up_says_what_only_the_service_knows(stack: Stack, directory: Directory) -> None:
    directory.add_user("bob")
    plain = directory.add_group("plain")
    directory.add_group("other", uniqueName="other")
    directory.add_group("ours", uniqueName="ours", isAssignableToRole=True)
    directory.grant(ADMINISTRATOR, HELPDESK_ADMINISTRATOR, {"type": "afterDuration", "duration": "P10D"})
    directory.limit(USER_ADMINISTRATOR, "P15D")
    before = directory.contents()
    adopt = "is not this resource's; set adopt_existing=True to manage it"
    role = {"role_definition_id": USER_ADMINISTRATOR}
    refused: dict[str, tuple[Callable[..., str], dict[str, object], str]] = {
        "domain": (user, {"user_principal_name": "aline@not-ours.com"}, "The domain portion of the userPrincipalName"),
        "user": (user, {"user_principal_name": "bob@contoso.com"}, adopt),
        "group": (group, {"unique_name": "ours"}, adopt),
        "plain group": (group, {"unique_name": "other"}, "is not role-assignable, which nobody can change: choose"),
        "grant": (eligibility, {"permanent": True}, adopt),
        "principal": (eligibility, {"principal_id": plain, "permanent": True}, f"{plain} is a group that is not role-"),
        "too long": (eligibility, {**role, "duration": "P30D"}, "policy allows at most P15D; asked was P30D"),
        "for ever": (
            eligibility,
            {**role, "permanent": True},
            "policy allows at most P15D; asked was a permanent grant",
        ),
        "role": (eligibility, {"role_definition_id": NOBODY, "permanent": True}, f"no role definition {NOBODY} either"),
    }
    stack.environment["ENTRA_PIM_OPERATION_TIMEOUT"] = "1"
    stack.program("".join(declare(name, **inputs) for name, (declare, inputs, _) in refused.items()))
    outcome = stack.fails("up", "--continue-on-error")
    assert_one_line_each(outcome, {name: reason for name, (_, _, reason) in refused.items()})
    assert directory.contents() == before


def wrong_secret(emulator: Emulator) -> dict[str, str]:
    return {"AZURE_CLIENT_SECRET": "wrong"}


def expired_secret(emulator: Emulator) -> dict[str, str]:
    made = emulator.register(
        name="forgotten", permissions=["User.ReadWrite.All"], secret="old", secret_lifetime=timedelta(days=1)
    )
    emulator.clock.advance(days=2)
    return {"AZURE_CLIENT_ID": made.client_id, "AZURE_CLIENT_SECRET": "old"}


def unknown_application(emulator: Emulator) -> dict[str, str]:
    return {"AZURE_CLIENT_ID": NOBODY}


def nothing_listens(emulator: Emulator) -> dict[str, str]:
    return {"ENTRA_PIM_AUTHORITY_URL": "https://127.0.0.1:1", "ENTRA_PIM_GRAPH_URL": "https://127.0.0.1:1"}


def nothing_listens_but_a_token_is_given(emulator: Emulator) -> dict[str, str]:
    return {
        "ENTRA_PIM_ACCESS_TOKEN": emulator.token(),
        "ENTRA_PIM_GRAPH_URL": "https://127.0.0.1:1",
        "ENTRA_PIM_OPERATION_TIMEOUT": "1",
    }


def missing_permission(emulator: Emulator) -> dict[str, str]:
    return {"ENTRA_PIM_ACCESS_TOKEN": emulator.token(permissions=["User.Read.All"])}


def unlicensed_tenant(emulator: Emulator) -> dict[str, str]:
    return {"ENTRA_PIM_ACCESS_TOKEN": emulator.token(tenant="fabrikam")}


CALLERS = {
    "a wrong secret": (wrong_secret, user(), "the client secret is wrong: AZURE_CLIENT_SECRET must hold"),
    "an expired secret": (expired_secret, user(), "the client secret has expired: make a new one for the application"),
    "an unknown application": (unknown_application, user(), "check AZURE_CLIENT_ID and AZURE_TENANT_ID"),
    "no emulator": (nothing_listens, user(), "is the emulator running? (`make up` starts it)"),
    "a token and no emulator": (nothing_listens_but_a_token_is_given, user(), "is the emulator running?"),
    "no permission for users": (missing_permission, user(), "The call needs User.ReadWrite.All with admin consent"),
    "no permission for PIM": (
        missing_permission,
        eligibility(permanent=True),
        "Grant the caller one of RoleEligibilitySchedule.ReadWrite.Directory",
    ),
    "no licence": (
        unlicensed_tenant,
        eligibility(principal_id="2c8f6d34-7b1a-4e59-93d0-a1b2c3d4e5f6", permanent=True),
        "Privileged Identity Management needs a Microsoft Entra ID P2 or ID Governance licence in this tenant",
    ),
}


@pytest.mark.parametrize(("caller", "program", "reason"), CALLERS.values(), ids=CALLERS.keys())
def test_up_refuses_a_caller_with(
    stack: Stack,
    emulator: Emulator,
    directory: Directory,
    caller: Callable[[Emulator], dict[str, str]],
    program: str,
    reason: str,
) -> None:
    stack.environment |= caller(emulator)
    before = directory.contents()
    stack.program(program)
    assert_one_line_each(stack.fails("up"), {"it": reason})
    assert directory.contents() == before
