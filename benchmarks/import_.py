"""What it costs to import a tenant of a thousand objects: requests, and time in process."""

from __future__ import annotations

import time
from dataclasses import dataclass

import httpx

from entra_emulator import Emulator
from pulumi_entra_pim.graph.auth import GivenToken
from pulumi_entra_pim.graph.client import GraphClient
from pulumi_entra_pim.graph.connections import Connections
from pulumi_entra_pim.importing.declarations import declare
from pulumi_entra_pim.importing.document import document
from pulumi_entra_pim.importing.existing import of_tenant
from pulumi_entra_pim.importing.program import program

_GRAPH = "https://graph.microsoft.com"
_REQUESTS = "/roleManagement/directory/roleEligibilityScheduleRequests"
_ROLES = ("fe930be7-5e62-47db-91af-98c3a49a38b1", "729827e3-9c14-49f7-bb1b-9608f156bbb8")
_PERMISSIONS = ("Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory", "User.ReadWrite.All")

GROUPS = 200
PEOPLE = 300
"""Each person is eligible for two roles, each group for one: a thousand groups and eligibilities in all."""


@dataclass(frozen=True)
class Import:
    """An import of everything: how much, for how many requests, in how many seconds of reading and of writing."""

    resources: int
    requests: int
    reading: float
    writing: float


def measure() -> Import:
    """Fill a tenant, and import all of it."""
    with Emulator() as emulator:
        _fill(emulator)
        sent: list[str] = []
        transport = emulator.transport()

        def count(request: httpx.Request) -> None:
            sent.append(request.url.path)

        connections = Connections(lambda: httpx.Client(transport=transport, event_hooks={"request": [count]}), 1)
        client = GraphClient(_GRAPH, GivenToken(emulator.token(permissions=_PERMISSIONS)), connections)
        began = time.perf_counter()
        found = of_tenant(client.operation())
        read = time.perf_counter()
        declarations = declare(found)
        assert program(declarations)
        assert len(document(declarations)["resources"]) == len(declarations.resources)
        return Import(len(declarations.resources), len(sent), read - began, time.perf_counter() - read)


def _fill(emulator: Emulator) -> None:
    authorization = f"Bearer {emulator.token(permissions=_PERMISSIONS)}"
    with httpx.Client(
        transport=emulator.transport(), base_url=f"{_GRAPH}/v1.0", headers={"Authorization": authorization}
    ) as graph:

        def make(path: str, body: object) -> str:
            answer = graph.post(path, json=body)
            answer.raise_for_status()
            return str(answer.json()["id"])

        people = [make("/users", _user(number)) for number in range(PEOPLE)]
        groups = [make("/groups", _group(number, people)) for number in range(GROUPS)]
        for principal, role in [
            *((each, role) for each in people for role in _ROLES),
            *((each, _ROLES[0]) for each in groups),
        ]:
            make(_REQUESTS, _grant(principal, role))


def _user(number: int) -> dict[str, object]:
    return {
        "accountEnabled": True,
        "displayName": f"Person {number}",
        "mailNickname": f"person{number}",
        "userPrincipalName": f"person{number}@contoso.com",
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
    }


def _group(number: int, people: list[str]) -> dict[str, object]:
    return {
        "displayName": f"Group {number}",
        "mailNickname": f"group{number}",
        "mailEnabled": False,
        "securityEnabled": True,
        "isAssignableToRole": True,
        "members@odata.bind": [f"{_GRAPH}/v1.0/users/{people[number]}"],
    }


def _grant(principal: str, role: str) -> dict[str, object]:
    return {
        "action": "adminAssign",
        "principalId": principal,
        "roleDefinitionId": role,
        "directoryScopeId": "/",
        "justification": "a benchmark",
        "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P90D"}},
    }
