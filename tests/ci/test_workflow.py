"""The GitHub workflow template: well-formed, and as careful with identities as its page says."""

import subprocess
import sys

import pytest

from tests.ci.workflow import TEMPLATE, jobs, scripts, workflow


def test_it_is_a_workflow_by_githubs_schema() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(TEMPLATE)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("where", "script"), scripts(), ids=[where for where, _ in scripts()])
def test_a_script_is_bash_and_holds_no_expression(where: str, script: str) -> None:
    # An expression is pasted into the script, with whatever a pull request has put into it.
    assert "${{" not in script
    subprocess.run(["bash", "-n", "-c", script], check=True)


def test_a_job_has_the_permissions_that_it_asks_for_and_no_others() -> None:
    assert workflow()["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs().items()} == {
        "review": {"contents": "read", "id-token": "write"},
        "comment": {"contents": "read", "pull-requests": "write"},
        "deploy": {"contents": "read", "id-token": "write"},
        "drift": {"contents": "read", "id-token": "write"},
    }


def test_only_what_deploys_has_the_identity_that_can_write() -> None:
    assert {name: job.get("environment") for name, job in jobs().items()} == {
        "review": "entra-reader",
        "comment": None,
        "deploy": "entra-deployer",
        "drift": "entra-reader",
    }


def test_only_a_push_deploys_and_what_it_deploys_is_the_plan_of_the_review() -> None:
    deploy, review = jobs()["deploy"], jobs()["review"]
    assert (deploy["if"], deploy["needs"]) == ("github.event_name == 'push'", "review")
    [kept] = [step["with"]["path"] for step in review["steps"] if step.get("with", {}).get("name") == "plan"]
    assert kept == "plan.json"
    assert workflow()["on"]["push"] == {"branches": ["main"]}


def test_the_comment_is_written_by_the_script_of_the_target_branch() -> None:
    checkout = jobs()["comment"]["steps"][0]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert "pull_request_target" not in workflow()["on"]


def test_no_job_leaves_its_token_to_the_programs_that_it_runs_or_runs_for_ever() -> None:
    for job in jobs().values():
        checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout")]
        assert [step["with"]["persist-credentials"] for step in checkouts] == [False]
        assert 0 < job["timeout-minutes"] <= 60
