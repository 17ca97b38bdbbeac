"""identities.py against a stand-in of the Azure CLI that keeps a directory in a file; the real ``az`` was not run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ci.workflow import ROOT, jobs
from tests.docs.page import Page

SCRIPT = ROOT / "docs" / "ci" / "identities.py"
STAND_IN = Path(__file__).with_name("az_stand_in.py")
PERMISSIONS = Page("docs/permissions.md")
REPOSITORY = "contoso/roles"


class Azure:
    """A tenant behind the stand-in, and the script run against it."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / "directory.json"
        self._bin = folder / "bin"
        self._bin.mkdir()
        az = self._bin / "az"
        az.write_text(f"#!{sys.executable}\n{STAND_IN.read_text()}")
        az.chmod(0o755)

    def run(self, *arguments: str, path: str = "") -> "subprocess.CompletedProcess[str]":
        """Run the script; ``path`` is where it looks for the Azure CLI."""
        environment = {**os.environ, "PATH": path or f"{self._bin}:{os.environ['PATH']}"}
        environment["AZ_STAND_IN_STATE"] = str(self._state)
        return subprocess.run(
            [sys.executable, str(SCRIPT), *arguments], env=environment, capture_output=True, text=True, check=False
        )

    @property
    def directory(self) -> dict[str, Any]:
        """Read what there is, and what was asked."""
        found: dict[str, Any] = json.loads(self._state.read_text())
        return found

    def change(self, **parts: Any) -> None:
        """Change what there is."""
        self._state.write_text(json.dumps({**self.directory, **parts}))

    def granted(self, environment: str) -> set[str]:
        """Return the permissions of an identity by name."""
        directory = self.directory
        [application] = [each for each in directory["applications"] if each["displayName"].endswith(environment)]
        [principal] = [each for each in directory["servicePrincipals"] if each["appId"] == application["appId"]]
        names = {role["id"]: role["value"] for role in directory["graph"]["appRoles"]}
        return {names[each["appRoleId"]] for each in directory["assignments"] if each["principalId"] == principal["id"]}


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    return Azure(tmp_path)


def _row(table: str, *rows: str) -> set[str]:
    """Return the permissions that some rows of the page's table name."""
    found = {cells[0].text: cells[1].text for cells in PERMISSIONS.table(table).rows}
    words = (
        " ".join(text for first, text in found.items() if first.startswith(rows)).replace(",", " ").replace(";", " ")
    )
    return {word for word in words.split() if word.count(".") == 2}


def test_each_identity_gets_exactly_what_the_page_of_permissions_says(azure: Azure) -> None:
    done = azure.run(REPOSITORY)

    assert done.returncode == 0, done.stderr
    assert azure.granted("entra-deployer") == _row("What the program declares", "users, role-assignable groups")
    assert azure.granted("entra-reader") == _row("What runs", "pulumi preview", "pulumi preview --refresh")


def test_a_program_of_eligibilities_alone_gets_less(azure: Azure) -> None:
    assert azure.run(REPOSITORY, "--eligibilities-only").returncode == 0

    assert azure.granted("entra-deployer") == _row("What the program declares", "eligibilities only")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_page_of_the_script_says_what_is_granted(azure: Azure, number: int) -> None:
    rows = Page("docs/deployer-identity.md").table("Application").rows
    azure.run(REPOSITORY, *(["--eligibilities-only"] if number == 2 else []))

    environment = "entra-reader" if number == 0 else "entra-deployer"
    assert set(rows[number][1].text.split(", ")) == azure.granted(environment)


def test_each_is_trusted_in_its_own_environment_of_the_workflow_alone(azure: Azure) -> None:
    azure.run(REPOSITORY)

    credentials = azure.directory["credentials"]
    environments = {job["environment"] for job in jobs().values() if "environment" in job}
    assert {each["subject"] for each in credentials} == {
        f"repo:{REPOSITORY}:environment:{each}" for each in environments
    }
    assert {each["issuer"] for each in credentials} == {"https://token.actions.githubusercontent.com"}
    assert {audience for each in credentials for audience in each["audiences"]} == {"api://AzureADTokenExchange"}


def test_it_says_what_to_set_where(azure: Azure) -> None:
    done = azure.run(REPOSITORY)

    clients = {each["displayName"]: each["appId"] for each in azure.directory["applications"]}
    assert done.stdout.splitlines() == [
        f"variable of the repository: AZURE_TENANT_ID={azure.directory['tenant']}",
        f"variable of the environment entra-reader: AZURE_CLIENT_ID={clients['contoso/roles entra-reader']}",
        f"variable of the environment entra-deployer: AZURE_CLIENT_ID={clients['contoso/roles entra-deployer']}",
    ]


def test_run_again_it_changes_nothing_that_is_right(azure: Azure) -> None:
    first = azure.run(REPOSITORY)
    before = azure.directory
    again = azure.run(REPOSITORY)

    assert again.stdout == first.stdout
    assert {**azure.directory, "asked": []} == {**before, "asked": []}


def test_run_again_it_takes_away_what_is_granted_beyond_and_gives_back_what_is_missing(azure: Azure) -> None:
    azure.run(REPOSITORY)
    before, expected = azure.directory, azure.granted("entra-deployer")
    [first, *rest] = [
        each for each in before["assignments"] if each["principalId"] == before["assignments"][-1]["principalId"]
    ]
    others = [each for each in before["assignments"] if each["principalId"] != first["principalId"]]
    beyond = {**first, "id": "beyond", "appRoleId": before["graph"]["appRoles"][-1]["id"]}
    azure.change(
        assignments=[*others, *rest, beyond],
        credentials=[*before["credentials"], {**before["credentials"][0], "id": "other", "name": "pull-requests"}],
    )

    assert azure.run(REPOSITORY).returncode == 0
    assert azure.granted("entra-deployer") == expected
    assert {each["name"] for each in azure.directory["credentials"]} == {"entra-reader", "entra-deployer"}


def test_what_was_just_made_is_waited_for(azure: Azure) -> None:
    azure.run("fabrikam/other")
    azure.change(late=["/federatedIdentityCredentials", "/appRoleAssignedTo"])

    assert azure.run(REPOSITORY).returncode == 0
    assert azure.directory["late"] == []
    assert len(azure.directory["credentials"]) == 4


@pytest.mark.parametrize("repository", ["contoso", "contoso/roles/x", "contoso/ro'les", "repo:contoso/roles"])
def test_what_is_not_a_repository_is_refused_before_anything_is_asked(azure: Azure, repository: str) -> None:
    done = azure.run(repository)

    assert done.returncode == 2
    assert "is not OWNER/REPOSITORY" in done.stderr


def test_a_refusal_is_one_line_and_ends_it(azure: Azure) -> None:
    azure.run(REPOSITORY)
    azure.change(refuse="/appRoleAssignedTo", assignments=[])
    done = azure.run(REPOSITORY)

    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("identities.py: post /servicePrincipals/")
    assert "Insufficient privileges" in line


def test_without_the_azure_cli_it_says_so(azure: Azure, tmp_path: Path) -> None:
    done = azure.run(REPOSITORY, path=str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.startswith("identities.py: cannot run the Azure CLI: ")
