"""The steps of the GitHub workflow template, run as the runner runs them: review, deploy as reviewed, find drift."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.ci.workflow import Runner
from tests.lifecycle.directory import Directory
from tests.lifecycle.programs import ADMINISTRATOR, HELPDESK, USER_ADMINISTRATOR
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine


@pytest.fixture
def runner(stack: Stack, tmp_path: Path) -> Runner:
    """A runner that has checked the program out and installed what it needs."""
    commands = tmp_path / "installed"
    commands.mkdir()
    command = commands / "entra-pim"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pulumi_entra_pim.cli "$@"\n')
    command.chmod(0o755)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    path = os.pathsep.join([str(commands), stack.environment["PATH"]])
    stack.program(HELPDESK)
    return Runner(stack.folder, stack.environment | {"STACK": stack.name, "PATH": path}, event)


def reviewed(runner: Runner) -> str:
    """Run the steps of the review; return the job's summary."""
    assert runner.runs("review", "Preview").status == 0
    assert runner.runs("review", "Review").status == 0
    return runner.runs("review", "Show").summary


def test_what_was_reviewed_is_deployed(runner: Runner, stack: Stack, directory: Directory) -> None:
    summary = reviewed(runner)
    assert "User Administrator" in summary
    assert "First-Password-1" not in summary
    assert runner.runs("deploy", "Deploy").status == 0
    assert len(directory.eligibilities(stack.ids()["group"])) == 1
    assert stack.preview() == []


def test_what_was_not_reviewed_is_not_deployed_and_its_values_are_not_shown(runner: Runner, stack: Stack) -> None:
    reviewed(runner)
    stack.edit("First-Password-1", "Second-Password-2")
    ran = runner.runs("deploy", "Deploy")
    assert ran.status != 0
    assert "TestUser::aline violates plan: it changed since the review (values left out)" in ran.log
    assert "Password-" not in ran.log
    assert "aline" not in stack.ids()


def test_a_secret_of_several_lines_that_changed_since_the_review_is_not_shown(runner: Runner, stack: Stack) -> None:
    stack.succeeds("config", "set", "--secret", "key", "first line\nsecond line\nthird line")
    reviewed(runner)
    stack.succeeds("config", "set", "--secret", "key", "another line\nand another line")
    ran = runner.runs("deploy", "Deploy")
    assert ran.status != 0
    assert "violates plan: it changed since the review (values left out)" in ran.log
    assert " line" not in ran.log


def test_what_pim_would_refuse_fails_the_preview_of_a_pull_request(
    runner: Runner, stack: Stack, directory: Directory
) -> None:
    stack.up()
    directory.limit(USER_ADMINISTRATOR, "P180D")
    stack.edit('duration="P30D"', "permanent=True")
    assert runner.runs("review", "Preview").status != 0
    assert "the role's policy allows at most P180D" in (stack.folder / "preview.json").read_text()


def test_a_preview_that_fails_is_reviewed_as_one_that_failed(runner: Runner, stack: Stack) -> None:
    stack.edit('duration="P30D"', 'duration="P1Y"')
    assert runner.runs("review", "Preview").status != 0
    runner.runs("review", "Review")
    assert "eligibility" in runner.runs("review", "Show").summary


def test_a_broken_mandatory_rule_fails_the_review_which_is_shown_all_the_same(runner: Runner, stack: Stack) -> None:
    stack.edit('duration="P30D"', "permanent=True")
    assert runner.runs("review", "Preview").status == 0
    assert runner.runs("review", "Review").status != 0
    assert "PIM-E01" in runner.runs("review", "Show").summary


def test_nothing_drifted_is_a_success(runner: Runner, stack: Stack) -> None:
    stack.up()
    ran = runner.runs("drift", "Drift")
    assert (ran.status, "4 unchanged" in ran.summary) == (0, True)


def test_drift_fails_and_the_summary_shows_it(runner: Runner, stack: Stack, directory: Directory) -> None:
    stack.up()
    directory.add_member(stack.ids()["group"], directory.add_user("mallory"))
    aline = stack.ids()["aline"]
    directory.send("PATCH", f"/users/{aline}", {"jobTitle": "not managed", "department": "Sales\n```\n# Hello"})
    ran = runner.runs("drift", "Drift")
    assert ran.status == 7
    assert "~ members" in ran.summary
    # Indented, so that nothing in it is a heading, a link or a mention.
    assert all(line.startswith("    ") or not line for line in ran.summary.splitlines())
    assert directory.related(stack.ids()["group"], "members") != {aline, ADMINISTRATOR}
