"""What the doctor says of a real stack, in the environment that deployed it."""

import json
import subprocess
import sys

import pytest

from tests.lifecycle.programs import HELPDESK
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine


def test_the_doctor_finds_nothing_wrong_with_a_stack_that_works(stack: Stack) -> None:
    stack.program(HELPDESK)
    stack.up()
    stack.succeeds("stack", "export", "--file", "dev.json")
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_entra_pim.cli", "doctor", "--stack", "dev.json", "--output", "json"],
        check=False,
        cwd=stack.folder,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    found = {each["name"]: each for each in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0, done.stdout
    assert {each["outcome"] for each in found.values()} == {"passed"}
    assert found["Pulumi"]["found"].startswith("CLI v3.")
    kinds = ("RoleAssignableGroup", "RoleEligibility", "TestUser")
    assert all(f"provider of {kind} in the state" in found for kind in kinds)
    assert any(name.startswith("policy of ") for name in found)
    assert "First-Password" not in done.stdout
