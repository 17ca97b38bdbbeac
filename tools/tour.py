"""Microsoft's tutorial step by step: its request, and what Graph answers about the result now.

https://learn.microsoft.com/en-us/graph/tutorial-assign-azureadroles
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import msal

from tools.steps import SetupError, say

_ROLES = "/roleManagement/directory"
_WIDTH = 4


@dataclass(frozen=True)
class Step:
    """A step of the tutorial: its own request, one sentence, and the questions whose answers show the result."""

    title: str
    sentence: str
    request: str
    questions: Sequence[str] = ()


def steps(outputs: Mapping[str, str]) -> list[Step]:
    """Write the six steps for a stack's outputs. Raises SetupError where the stack is not whole."""
    missing = {"aline_id", "group_id", "role_definition_id"} - outputs.keys()
    if missing:
        raise SetupError(f"the stack has no {' and no '.join(sorted(missing))}: run make up first")
    aline, group, role = outputs["aline_id"], outputs["group_id"], outputs["role_definition_id"]
    eligible = f"$filter=principalId eq '{group}' and roleDefinitionId eq '{role}'"
    return [
        Step(
            "Create a test user",
            "Aline Dupuy works at the helpdesk and must change her password at the first sign-in.",
            "POST /users",
            [f"/users/{aline}?$select=id,displayName,userPrincipalName,accountEnabled"],
        ),
        Step(
            "Create a security group that can be assigned a role",
            "The administrator owns it; the administrator and Aline are its members.",
            "POST /groups",
            [
                f"/groups/{group}?$select=id,displayName,isAssignableToRole,visibility",
                f"/groups/{group}/owners?$select=displayName,userPrincipalName",
                f"/groups/{group}/members?$select=displayName,userPrincipalName",
            ],
        ),
        Step(
            "Make the group eligible for User Administrator",
            "For one year, over the whole tenant; nobody holds the role yet.",
            f"POST {_ROLES}/roleEligibilityScheduleRequests",
            [f"{_ROLES}/roleEligibilitySchedules?{eligible}"],
        ),
        Step(
            "Confirm the user's current role assignments",
            "Eligible is not active: an empty list says that Aline holds no role.",
            f"GET {_ROLES}/roleAssignments",
            [f"{_ROLES}/roleAssignments?$filter=principalId eq '{aline}'"],
        ),
        Step(
            "The user activates the eligible assignment",
            "The group's members, Aline among them, may activate this entry; that comes with the command entra-pim.",
            f"POST {_ROLES}/roleAssignmentScheduleRequests",
            [f"{_ROLES}/roleEligibilityScheduleInstances?{eligible}"],
        ),
        Step(
            "Clean up",
            "`make down` removes the eligibility, the group and the user, in this order.",
            f"POST {_ROLES}/roleEligibilityScheduleRequests (adminRemove), DELETE /groups/{{id}}, DELETE /users/{{id}}",
        ),
    ]


def walk(environment: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Print the six steps, asking Graph as the app that `environment` names. Raises SetupError when it refuses."""
    try:
        with _client(environment) as graph:
            graph.headers["Authorization"] = f"Bearer {_token(environment, graph)}"
            for number, step in enumerate(steps(outputs), start=1):
                say(f"\nStep {number}. {step.title}\n{step.sentence}")
                say(f"  the tutorial   {step.request}")
                for question in step.questions:
                    say(f"  asked now      GET {question}")
                    say(_indented(_ask(graph, question)))
    except (httpx.TransportError, OSError) as error:
        raise SetupError(f"the emulator does not answer: {error}") from None


def _client(environment: Mapping[str, str]) -> httpx.Client:
    return httpx.Client(
        base_url=f"{environment['ENTRA_PIM_GRAPH_URL']}/v1.0",
        verify=ssl.create_default_context(cafile=environment["ENTRA_PIM_CA_FILE"]),
        trust_env=False,
    )


def _token(environment: Mapping[str, str], http: httpx.Client) -> str:
    app = msal.ConfidentialClientApplication(
        environment["AZURE_CLIENT_ID"],
        client_credential=environment["AZURE_CLIENT_SECRET"],
        authority=f"{environment['ENTRA_PIM_AUTHORITY_URL']}/{environment['AZURE_TENANT_ID']}",
        instance_discovery=False,
        http_client=http,
    )
    # The audience names Graph itself, wherever it is served: https://learn.microsoft.com/en-us/graph/auth-v2-service
    answer = app.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    if "access_token" not in answer:
        raise SetupError(f"no token: {answer['error_description']}")
    return str(answer["access_token"])


def _ask(graph: httpx.Client, question: str) -> Any:
    path, _, query = question.partition("?")
    response = graph.get(f"{path}?{quote(query, safe='=$&,()')}" if query else path)
    body = response.json()
    if response.is_error:
        raise SetupError(f"GET {path}: {response.status_code} {body['error']['code']}: {body['error']['message']}")
    return body


def _indented(body: Any) -> str:
    shown = body.get("value", body)
    return "\n".join(" " * _WIDTH + line for line in json.dumps(_without_annotations(shown), indent=2).splitlines())


def _without_annotations(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_annotations(item) for name, item in value.items() if "@odata." not in name}
    if isinstance(value, list):
        return [_without_annotations(item) for item in value]
    return value
