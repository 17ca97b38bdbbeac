"""The tour: what its two people type, which calls that makes, and what it says when something is refused."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from entra_emulator import Emulator
from tools import tour
from tools.environment import ROOT
from tools.steps import SetupError

USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
PERMISSIONS = (
    "Directory.ReadWrite.All",
    "Group.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "User.ReadWrite.All",
)
TITLES = [
    "Create a test user",
    "Create a security group that can be assigned a role",
    "Make the group eligible for User Administrator",
    "Confirm the user's current role assignments",
    "The user activates the eligible assignment, and acts",
    "Clean up",
]


class Contoso:
    """An emulator that runs, with what a deployment of the helpdesk leaves in it."""

    def __init__(self, emulator: Emulator, environment: dict[str, str]) -> None:
        self.emulator = emulator
        self.environment = environment
        self._graph = httpx.Client(
            base_url="https://graph.test/v1.0",
            transport=emulator.transport(),
            headers={"Authorization": f"Bearer {emulator.token(permissions=PERMISSIONS)}"},
        )
        self.outputs = self._deploy()

    def clean_up(self) -> None:
        """Do what `pulumi destroy` does."""
        self._request("adminRemove")
        self._graph.delete(f"/groups/{self.outputs['group_id']}").raise_for_status()
        self._graph.delete(f"/users/{self.outputs['aline_id']}").raise_for_status()

    def _deploy(self) -> dict[str, str]:
        administrator = self.emulator.contoso.administrator_id
        aline = self._post(
            "/users",
            {
                "accountEnabled": True,
                "displayName": "Aline Dupuy",
                "mailNickname": "AlineD",
                "userPrincipalName": "AlineD@contoso.com",
                "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
            },
        )
        group = self._post(
            "/groups",
            {
                "displayName": "IT Helpdesk (User)",
                "mailEnabled": False,
                "mailNickname": "userHelpdesk",
                "securityEnabled": True,
                "isAssignableToRole": True,
                "members@odata.bind": [
                    f"https://graph.microsoft.com/v1.0/users/{each}" for each in (administrator, aline)
                ],
            },
        )
        self.outputs = {
            "administrator_id": administrator,
            "aline_id": aline,
            "aline_user_principal_name": "AlineD@contoso.com",
            "group_id": group,
        }
        self._request("adminAssign", scheduleInfo={"expiration": {"type": "afterDuration", "duration": "P365D"}})
        return self.outputs

    def _request(self, action: str, **more: object) -> None:
        body = {
            "action": action,
            "principalId": self.outputs["group_id"],
            "roleDefinitionId": USER_ADMINISTRATOR,
            "directoryScopeId": "/",
            **more,
        }
        self._post("/roleManagement/directory/roleEligibilityScheduleRequests", body)

    def _post(self, path: str, body: dict[str, object]) -> str:
        answer = self._graph.post(path, json=body)
        answer.raise_for_status()
        return str(answer.json()["id"])


@pytest.fixture
def contoso() -> Iterator[Contoso]:
    """The helpdesk, deployed."""
    with Emulator() as emulator, emulator.serve() as served:
        yield Contoso(emulator, dict(served.environment))


def test_two_people_go_through_all_six_steps(contoso: Contoso, capsys: pytest.CaptureFixture[str]) -> None:
    tour.walk(contoso.environment, contoso.outputs, contoso.clean_up)
    said = capsys.readouterr().out
    steps = re.split(r"^Step \d\. ", said, flags=re.MULTILINE)[1:]
    assert [step.splitlines()[0] for step in steps] == TITLES
    for step, line in (
        (0, "sent          POST /users: 201"),
        (1, "sent          POST /groups: 201"),
        (2, "sent          POST /roleManagement/directory/roleEligibilityScheduleRequests (adminAssign): 201"),
        (3, "the administrator $ entra-pim assignments --user AlineD@contoso.com"),
        (3, "Active roles: none"),
        (3, "in it: GET /roleManagement/directory/roleAssignmentScheduleInstances?$filter=principalId eq '{aline}'"),
        (4, "Aline signs in: https://127.0.0.1"),
        (4, "User Administrator over the whole directory, through IT Helpdesk (User) for 5 h"),
        (4, "User Administrator over the whole directory is active until"),
        (4, "sent          POST /roleManagement/directory/roleAssignmentScheduleRequests (selfActivate): 201"),
        (4, "roleAssignmentScheduleRequests/filterByCurrentUser(on='principal'): 200"),
        (4, "sent          POST /users/AlineD%40contoso.com/revokeSignInSessions: 200"),
        (5, "sent          POST /roleManagement/directory/roleEligibilityScheduleRequests (adminRemove): 201"),
        (5, "sent          DELETE /groups/{group}: 204"),
        (5, "sent          DELETE /users/{aline}: 204"),
    ):
        assert line in steps[step]
    assert "eyJ" not in said


def test_each_of_the_two_signs_in_for_themselves(contoso: Contoso) -> None:
    tour.walk(contoso.environment, contoso.outputs, contoso.clean_up)
    approved = [
        entry.request_body["username"]
        for entry in contoso.emulator.journal.entries()
        if entry.path.endswith("/oauth2/deviceauth") and entry.method == "POST"
    ]
    assert approved == [contoso.outputs["administrator_id"], contoso.outputs["aline_id"]]


def test_a_command_that_fails_ends_the_tour_with_its_own_words(contoso: Contoso) -> None:
    contoso.clean_up()
    with pytest.raises(SetupError, match=r"^entra-pim assignments ended with 2: entra-pim: there is no user 'AlineD@"):
        tour.walk(contoso.environment, contoso.outputs, contoso.clean_up)


def test_a_stack_that_is_not_whole_is_said_so() -> None:
    with pytest.raises(SetupError, match="the stack has no aline_id and no group_id: run make up first"):
        tour.steps({"administrator_id": "", "aline_user_principal_name": ""})


def test_somebody_who_cannot_sign_in_is_said_so(contoso: Contoso) -> None:
    outputs = {**contoso.outputs, "administrator_id": "00000000-0000-0000-0000-000000000000"}
    with pytest.raises(SetupError, match=r"^the administrator cannot sign in: the page answers 4\d\d$"):
        tour.walk(contoso.environment, outputs, contoso.clean_up)


def test_an_emulator_that_is_gone_is_said_so(contoso: Contoso) -> None:
    gone = {**contoso.environment, "ENTRA_PIM_GRAPH_URL": "https://127.0.0.1:9"}
    with pytest.raises(SetupError, match="the emulator does not answer"):
        tour.walk(gone, contoso.outputs, contoso.clean_up)


def test_the_transcript_in_the_docs_is_of_these_steps_and_commands() -> None:
    page = Path(ROOT / "docs/tour.md").read_text()
    outputs = {
        "administrator_id": "",
        "aline_id": "",
        "aline_user_principal_name": "AlineD@contoso.com",
        "group_id": "",
    }
    for number, step in enumerate(tour.steps(outputs), start=1):
        assert f"Step {number}. {step.title}\n{step.sentence}\n" in page
        assert all(f"  the tutorial  {request}\n" in page for request in step.requests)
        assert all(f"{step.person} $ entra-pim {command[0]}" in page for command in step.commands)
