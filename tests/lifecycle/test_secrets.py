"""A password is in the program's memory, in ciphertext in the state, and in the one request that sets it."""

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory
from tests.lifecycle.programs import ALINE, GROUP
from tests.lifecycle.stack import Outcome, Stack

pytestmark = pytest.mark.engine

CANARIES = ("Canary-Alpha-1", "Canary-Beta-22", "canaryweak", "contoso~deployer~of~the~local~emulator~1")
"""Passwords of the programs below, one of them refused for its weakness, and the application's own secret."""


def test_no_secret_is_shown_or_kept_in_clear_by_anything_that_goes_well_or_badly(
    stack: Stack, emulator: Emulator, directory: Directory
) -> None:
    said: list[Outcome] = []

    def run(*command: str) -> Outcome:
        said.append(stack.run(*command))
        return said[-1]

    stack.program(ALINE.replace("First-Password-1", CANARIES[0]) + GROUP)
    assert run("preview", "--diff").status == 0
    assert run("up", "--yes", "--diff").status == 0
    directory.send("PATCH", f"/users/{stack.resource('aline')['id']}", {"department": "Sales"})
    assert run("refresh", "--yes", "--diff").status == 0
    stack.edit(CANARIES[0], CANARIES[1])
    assert run("preview", "--json").status == 0
    assert run("up", "--yes", "--skip-preview").status == 0

    # Refused in check; refused by Graph after a change; half-made: a member that is not there.
    stack.edit(CANARIES[1], CANARIES[2])
    assert run("up", "--yes", "--skip-preview").status == 1
    assert run("preview", "--json").status == 1
    stack.edit(CANARIES[2], CANARIES[0])
    stack.edit("alined@contoso.com", "alined@not-verified.com")
    assert run("up", "--yes", "--skip-preview").status == 1
    stack.edit("alined@not-verified.com", "alined@contoso.com")
    stack.edit("members=[aline.id]", "members=[aline.id, '00000000-0000-4000-8000-000000000000']")
    assert run("up", "--yes", "--skip-preview").status == 1

    assert run("stack", "export").status == 0
    assert run("stack", "history", "--json").status == 0
    assert run("destroy", "--yes", "--skip-preview").status == 0
    assert_no_canary(stack, emulator, said)


def test_a_user_whose_adoption_fails_half_way_has_its_password_in_ciphertext(
    stack: Stack, emulator: Emulator, directory: Directory
) -> None:
    # Without a role of its own an application may not disable somebody who holds one.
    caller = emulator.register(name="no-role", permissions=["User.ReadWrite.All"], secret="its-secret")
    stack.environment |= {"AZURE_CLIENT_ID": caller.client_id, "AZURE_CLIENT_SECRET": "its-secret"}
    stack.program(ALINE.replace("First-Password-1", CANARIES[0]))
    stack.edit("alined@contoso.com", "admin@contoso.com")
    stack.edit('department="Support"', "account_enabled=False, adopt_existing=True")
    outcome = stack.fails("up")
    assert stack.resource("aline")["initErrors"] != []
    assert_no_canary(stack, emulator, [outcome])


def assert_no_canary(stack: Stack, emulator: Emulator, said: list[Outcome]) -> None:
    """Look through what was on the terminal, what the engine keeps and what the directory was asked."""
    texts = {f"pulumi output {number}": outcome.said for number, outcome in enumerate(said)}
    texts |= {str(file): file.read_text() for file in stack.files()}
    texts |= {f"journal {entry.number}": repr(entry) for entry in emulator.journal.entries()}
    assert any("/history/" in name for name in texts)
    assert [(name, canary) for name, text in texts.items() for canary in CANARIES if canary in text] == []
