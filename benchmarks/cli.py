"""How soon `entra-pim` says what it can do, and how many calls it takes to tell what somebody may do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx

from entra_emulator import Emulator

GRANTS = 300
_ADMINISTRATOR = "admin@contoso.com"
_SCOPES = ("RoleManagement.Read.Directory", "User.Read.All", "GroupMember.Read.All")
_ROLES = ("fe930be7-5e62-47db-91af-98c3a49a38b1", "729827e3-9c14-49f7-bb1b-9608f156bbb8")


@dataclass(frozen=True)
class Assignments:
    """What `entra-pim assignments` took for one person: calls of Graph, and seconds, the process's start included."""

    calls: int
    seconds: float


def seconds_to_help() -> float:
    """Time `entra-pim --help` from start to end."""
    return _run("--help")


def assignments() -> Assignments:
    """Ask, in a tenant with 300 eligibilities, what somebody in an eligible group may activate."""
    with Emulator() as emulator, emulator.serve(http_port=0) as served:
        person = _populate(emulator)
        since = len(emulator.journal.entries())
        token = emulator.token(user=_ADMINISTRATOR, permissions=_SCOPES)
        seconds = _run(
            "assignments", "--user", person, ENTRA_PIM_GRAPH_URL=str(served.http_url), ENTRA_PIM_ACCESS_TOKEN=token
        )
        return Assignments(len(emulator.journal.entries()) - since, seconds)


def _populate(emulator: Emulator) -> str:
    """Make people, one of them in a group, and grant to all; return the name of that one."""
    token = emulator.token(
        permissions=("User.ReadWrite.All", "Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory")
    )
    with httpx.Client(
        base_url="https://graph.test/v1.0",
        transport=emulator.transport(),
        headers={"Authorization": f"Bearer {token}"},
    ) as graph:
        holders = [_made(graph, "/users", _user(number)) for number in range(GRANTS // len(_ROLES))]
        member = _made(graph, "/users", _user(GRANTS))
        holders.append(_made(graph, "/groups", _group(member)))
        for holder in holders:
            for role in _ROLES:
                _made(graph, "/roleManagement/directory/roleEligibilityScheduleRequests", _grant(holder, role))
    return f"person{GRANTS}@contoso.com"


def _made(graph: httpx.Client, path: str, body: dict[str, object]) -> str:
    return str(graph.post(path, json=body).raise_for_status().json()["id"])


def _user(number: int) -> dict[str, object]:
    return {
        "accountEnabled": True,
        "displayName": f"person {number}",
        "mailNickname": f"person{number}",
        "userPrincipalName": f"person{number}@contoso.com",
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
    }


def _group(member: str) -> dict[str, object]:
    return {
        "displayName": "helpdesk",
        "mailNickname": "helpdesk",
        "mailEnabled": False,
        "securityEnabled": True,
        "isAssignableToRole": True,
        "members@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{member}"],
    }


def _grant(holder: str, role: str) -> dict[str, object]:
    return {
        "action": "adminAssign",
        "principalId": holder,
        "roleDefinitionId": role,
        "directoryScopeId": "/",
        "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P365D"}},
    }


def _run(*words: str, **environment: str) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pulumi_entra_pim.cli", *words],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    return time.perf_counter() - began
