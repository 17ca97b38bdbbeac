"""The policy pack under the real engine, at preview, at up, and on a state."""

import subprocess
from pathlib import Path

import pytest

from tests.lifecycle.directory import Directory
from tests.lifecycle.programs import HELPDESK
from tests.lifecycle.stack import Stack
from tests.policies.pack import PACK

pytestmark = pytest.mark.engine


@pytest.fixture
def pack(tmp_path: Path) -> tuple[str, str]:
    """The options that run the pack.

    The language host that set-up builds starts no packs; the engine itself starts an executable by its absolute path.
    """
    launcher = tmp_path / "run-pack"
    launcher.write_text(f'#!/bin/sh\nexec python3 -u -m pulumi.policy "$1" "{PACK}"\n')
    launcher.chmod(0o755)
    return "--policy-pack", str(launcher)


def test_a_first_preview_in_which_no_id_is_known_is_held_against_the_rules(stack: Stack, pack: tuple[str, str]) -> None:
    stack.program(HELPDESK)
    outcome = stack.succeeds("preview", *pack)
    for line in (
        "[advisory]  PIM-E05  (pulumi-python:dynamic/entra-pim:RoleEligibility: eligibility)",
        "[advisory]  PIM-G11  (pulumi-python:dynamic/entra-pim:RoleAssignableGroup: group)",
        "PIM-U03 of aline: no list of domains is configured (allow.domains)",
    ):
        assert line in outcome.said
    assert "[mandatory]" not in outcome.said


def test_a_stack_rule_fails_the_preview(stack: Stack, pack: tuple[str, str]) -> None:
    stack.rename("production")
    stack.program(HELPDESK)
    outcome = stack.fails("preview", *pack)
    assert "[mandatory]  PIM-U04  (pulumi-python:dynamic/entra-pim:TestUser: aline)" in outcome.said
    assert "a test user may become User Administrator" in outcome.said


def test_up_stops_before_what_breaks_a_mandatory_rule_is_written(
    stack: Stack, directory: Directory, pack: tuple[str, str]
) -> None:
    stack.program(HELPDESK.replace('duration="P30D"', "permanent=True"))
    outcome = stack.fails("up", *pack)
    assert "[mandatory]  PIM-E01  (pulumi-python:dynamic/entra-pim:RoleEligibility: eligibility)" in outcome.said
    assert directory.eligibilities(stack.ids()["group"]) == []


def test_the_projects_configuration_counts(stack: Stack, directory: Directory, pack: tuple[str, str]) -> None:
    stack.program(HELPDESK.replace('duration="P30D"', "permanent=True"))
    (stack.folder / "entra-pim.toml").write_text('version = 1\n[levels]\nPIM-E01 = "advisory"\nPIM-E02 = "advisory"\n')
    outcome = stack.up(*pack)
    assert "[advisory]  PIM-E01-advisory  (pulumi-python:dynamic/entra-pim:RoleEligibility" in outcome.said
    assert directory.eligible_until(stack.ids()["group"]) == [None]


def test_a_state_is_analysed_without_the_program_and_without_credentials(
    stack: Stack, tmp_path: Path, pack: tuple[str, str]
) -> None:
    stack.program(HELPDESK.replace('duration="P30D"', "permanent=True"))
    stack.up()
    state = tmp_path / "state.json"
    stack.succeeds("stack", "export", "--file", str(state))
    done = subprocess.run(
        ["pulumi", "policy", "analyze", *pack, "--file", str(state), "--color", "never"],
        check=False,
        cwd=stack.folder,
        env={name: value for name, value in stack.environment.items() if not name.startswith("AZURE_")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "[mandatory]  PIM-E01  (pulumi-python:dynamic/entra-pim:RoleEligibility: eligibility)" in done.stdout
    assert "First-Password-1" not in done.stdout + done.stderr
