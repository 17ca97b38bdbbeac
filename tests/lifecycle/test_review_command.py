"""``entra-pim review --stack``: the command runs the engine's preview itself."""

import subprocess
import sys

import pytest

from pulumi_entra_pim.cli.exits import Exit
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

ALINE = """
aline = entra.TestUser(
    "aline",
    user_principal_name="AlineD@contoso.com",
    display_name="Aline Dupont",
    mail_nickname="AlineD",
    password="xWwvJ]6NMw+bWH-d",
)
entra.RoleEligibility(
    "aline-may",
    principal_id=aline.id,
    role_definition_id=entra.BuiltInRole.USER_ADMINISTRATOR,
    duration="P30D",
    justification="Resets passwords for the Paris office",
)
"""


def reviewed(stack: Stack, *options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pulumi_entra_pim.cli", "review", "--stack", stack.name, *options]
    done = subprocess.run(
        command, cwd=stack.folder, env=stack.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_first_up_broadens_and_a_second_changes_nothing(stack: Stack) -> None:
    stack.program(ALINE)
    code, said = reviewed(stack, "--fail-on", "broadened")
    assert code == Exit.FOUND
    assert said.startswith("Access broadened · contoso/test\n1 person becomes eligible for User Administrator")
    assert "xWwvJ" not in said
    stack.up()
    code, said = reviewed(stack, "--fail-on", "changed")
    assert code == Exit.DONE
    assert said.startswith("Access unchanged · contoso/test\n")


def test_a_program_that_fails_is_no_change_that_may_pass(stack: Stack) -> None:
    stack.program("raise pulumi.RunError('out of order')")
    code, said = reviewed(stack, "--fail-on", "broadened")
    assert code == Exit.FOUND
    assert said.startswith("Access change unknown")


def test_a_stack_that_is_not_there_is_told_in_one_line(stack: Stack) -> None:
    stack.name = "elsewhere"
    assert reviewed(stack) == (
        Exit.IMPOSSIBLE,
        "entra-pim: pulumi preview ended with 6: error: no stack named 'elsewhere' found\n",
    )
