"""Microsoft's tutorial step by step, by its two people: what they type, and the calls of Graph that it makes.

https://learn.microsoft.com/en-us/graph/tutorial-assign-azureadroles
"""

from __future__ import annotations

import re
import shlex
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

import httpx
import msal

from tools.steps import SetupError, say

Person = Literal["the administrator", "Aline"]

_ROLES = "/roleManagement/directory"
_REQUESTS = "ScheduleRequests"
# The client that people sign in to at the emulator: entra-pim.
_CLIENT_ID = "c0a1b2c3-0003-4d5e-8f60-718293a4b5c6"
# What the commands of each need; a real tenant's administrator consents to these once.
_SCOPES: Mapping[Person, Sequence[str]] = {
    "the administrator": ("RoleManagement.Read.Directory", "User.Read.All", "GroupMember.Read.All"),
    "Aline": (
        "RoleAssignmentSchedule.ReadWrite.Directory",
        "RoleEligibilitySchedule.ReadWrite.Directory",
        "RoleManagement.Read.Directory",
        "User.RevokeSessions.All",
        "User.ReadBasic.All",
        "GroupMember.Read.All",
        "User.Read",
    ),
}
_REASONS = (
    "--justification", "Need to invalidate all app refresh tokens for Contoso users.",
    "--ticket", "Contoso ICM:CONTOSO:Security-012345",
)  # fmt: skip
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Step:
    """A step of the tutorial: its own requests, one sentence, and who types which commands of entra-pim.

    ``made_by`` picks, from what the emulator remembers, the calls that the deployment made for it.
    """

    title: str
    sentence: str
    requests: Sequence[str]
    person: Person | None = None
    commands: Sequence[Sequence[str]] = ()
    made_by: str = ""


def steps(outputs: Mapping[str, str]) -> list[Step]:
    """Write the six steps for a stack's outputs. Raises SetupError where the stack is not whole."""
    missing = {"aline_id", "aline_user_principal_name", "administrator_id", "group_id"} - outputs.keys()
    if missing:
        raise SetupError(f"the stack has no {' and no '.join(sorted(missing))}: run make up first")
    aline = outputs["aline_user_principal_name"]
    return [
        Step(
            "Create a test user",
            "Deployed by pulumi up: Aline Dupuy, who works at the helpdesk and must change her password at first.",
            ["POST /users"],
            made_by=r"POST /users: ",
        ),
        Step(
            "Create a security group that can be assigned a role",
            "The administrator owns it; the administrator and Aline are its members.",
            ["POST /groups"],
            made_by=r"(POST|PATCH) /groups",
        ),
        Step(
            "Make the group eligible for User Administrator",
            "For one year, over the whole tenant; nobody holds the role yet.",
            [f"POST {_ROLES}/roleEligibility{_REQUESTS}"],
            made_by=rf"POST {_ROLES}/roleEligibility{_REQUESTS} \(adminAssign\)",
        ),
        Step(
            "Confirm the user's current role assignments",
            "Eligible is not active: the administrator sees that Aline holds no role.",
            [f"GET {_ROLES}/roleAssignments?$filter=principalId eq '{{Aline}}'"],
            "the administrator",
            [["assignments", "--user", aline]],
        ),
        Step(
            "The user activates the eligible assignment, and acts",
            "Aline signs in herself, with multifactor authentication, activates her role for five hours, and ends the"
            " sessions of everybody at the helpdesk.",
            [
                f"POST {_ROLES}/roleAssignment{_REQUESTS}",
                f"GET {_ROLES}/roleAssignment{_REQUESTS}/filterByCurrentUser(on='principal')",
            ],
            "Aline",
            [
                ["activate", "User Administrator", "--for", "5h", *_REASONS],
                ["requests"],
                ["revoke-sessions", "--all-in-group", outputs["group_id"], "--yes"],
            ],
        ),
        Step(
            "Clean up",
            "pulumi destroy takes away the eligibility, the group and the user, in this order.",
            [f"POST {_ROLES}/roleEligibility{_REQUESTS} (adminRemove)", "DELETE /groups/{id}", "DELETE /users/{id}"],
        ),
    ]


def walk(environment: Mapping[str, str], outputs: Mapping[str, str], clean_up: Callable[[], None]) -> None:
    """Go through the six steps, the last of which is `clean_up`. Raises SetupError when something is refused."""
    try:
        with _client(environment) as http:
            tour = _Tour(environment, http, outputs)
            for number, step in enumerate(steps(outputs), start=1):
                say(f"\nStep {number}. {step.title}\n{step.sentence}")
                for request in step.requests:
                    say(f"  the tutorial  {request}")
                before = tour.latest()
                if step.made_by:
                    tour.show_calls(call for call in tour.calls(0) if re.match(step.made_by, call))
                elif step.person is not None:
                    for command in step.commands:
                        tour.type(step.person, command)
                else:
                    clean_up()
                    tour.show_calls(call for call in tour.calls(before) if not call.startswith("GET"))
    except (httpx.TransportError, OSError) as error:
        raise SetupError(f"the emulator does not answer: {error}") from None


class _Tour:
    """Two people at the emulator, and what it remembers of them."""

    def __init__(self, environment: Mapping[str, str], http: httpx.Client, outputs: Mapping[str, str]) -> None:
        self._environment = environment
        self._http = http
        self._ids: Mapping[Person, str] = {
            "the administrator": outputs["administrator_id"],
            "Aline": outputs["aline_id"],
        }
        self._names = {value: f"{{{name.removesuffix('_id')}}}" for name, value in outputs.items() if "_id" in name}
        self._tokens: dict[Person, str] = {}

    def latest(self) -> int:
        """Return the number of the latest call that the emulator remembers."""
        return max((entry["number"] for entry in self._journal(0)), default=0)

    def calls(self, since: int) -> list[str]:
        """Return the calls of Graph after a number, each with its status; ids that are known have names."""
        return [line for entry in self._journal(since) if entry["kind"] == "graph" for line in self._lines(entry)]

    def show_calls(self, calls: Iterable[str]) -> None:
        """Say which calls were made; what the emulator does not remember was before it was started."""
        for call in list(calls) or ["before this emulator was started"]:
            say(f"  sent          {call}")

    def type(self, person: Person, command: Sequence[str]) -> None:
        """Run a command of entra-pim as a person, and show what it says and sends. Raises SetupError if it fails."""
        token = self._signed_in(person)
        before = self.latest()
        say(f"  {person} $ entra-pim {shlex.join(command)}")
        done = subprocess.run(
            [sys.executable, "-m", "pulumi_entra_pim.cli", *command],
            check=False,
            capture_output=True,
            text=True,
            env={**self._environment, "ENTRA_PIM_ACCESS_TOKEN": token},
        )
        for line in filter(None, map(str.rstrip, done.stdout.splitlines())):
            say(f"    {line}")
        self.show_calls(self.calls(before))
        if done.returncode != 0:
            raise SetupError(f"entra-pim {command[0]} ended with {done.returncode}: {done.stderr.strip()}")

    def _signed_in(self, person: Person) -> str:
        """Sign a person in with a device code, which they approve on the emulator's page with a second factor."""
        if person not in self._tokens:
            client = msal.PublicClientApplication(
                _CLIENT_ID,
                authority=f"{self._environment['ENTRA_PIM_AUTHORITY_URL']}/{self._environment['AZURE_TENANT_ID']}",
                instance_discovery=False,
                http_client=self._http,
            )
            flow = client.initiate_device_flow([f"https://graph.microsoft.com/{each}" for each in _SCOPES[person]])
            if "user_code" not in flow:
                raise SetupError(f"no sign-in for {person}: {flow.get('error_description')}")
            say(f"  {person} signs in: {flow['verification_uri']}, code {flow['user_code']}, second factor given")
            form = {"user_code": flow["user_code"], "username": self._ids[person], "mfa": "on"}
            approval = self._http.post(flow["verification_uri"], data={**form, "decision": "approve"})
            if approval.is_error:
                raise SetupError(f"{person} cannot sign in: the page answers {approval.status_code}")
            answer = client.acquire_token_by_device_flow(flow)
            if "access_token" not in answer:
                raise SetupError(f"no token for {person}: {answer.get('error_description')}")
            self._tokens[person] = str(answer["access_token"])
        return self._tokens[person]

    def _journal(self, since: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._http.get("/_emulator/journal", params={"since": since}).json()["entries"]
        return found

    def _lines(self, entry: Mapping[str, Any]) -> Iterator[str]:
        """Write a call, and below it what a batch asks."""
        body = entry["request_body"] if isinstance(entry["request_body"], dict) else {}
        path = self._named(entry["path"].partition("?")[0])
        yield f"{entry['method']} {path}{_action(body)}: {entry['status']}"
        for asked in body.get("requests", ()):
            yield f"  in it: {asked['method']} {self._named(unquote(asked['url'].partition('&')[0]))}"

    def _named(self, path: str) -> str:
        return _GUID.sub(lambda found: self._names.get(found[0], found[0]), path.removeprefix("/v1.0"))


def _action(body: Mapping[str, Any]) -> str:
    if "action" not in body:
        return ""
    return f" ({body['action']}{', only to validate' if body.get('isValidationOnly') else ''})"


def _client(environment: Mapping[str, str]) -> httpx.Client:
    return httpx.Client(
        base_url=environment["ENTRA_PIM_GRAPH_URL"],
        verify=ssl.create_default_context(cafile=environment["ENTRA_PIM_CA_FILE"]),
        trust_env=False,
    )
