"""Claims challenges: PIM says what a token lacks, and MSAL fetches one that has it."""

import base64
import json
from typing import Any
from urllib.parse import unquote

import pytest

from tests.emulator.graph import ROLES, USER_ADMINISTRATOR, Graph, request_body
from tests.emulator.people import approve_device, claims, client

POLICIES = "/policies/roleManagementPolicyAssignments"
ACTIVE = f"{ROLES}/roleAssignmentScheduleRequests"
SCOPES = ["RoleAssignmentSchedule.ReadWrite.Directory"]
OWN = f"{ROLES}/roleAssignmentScheduleInstances/filterByCurrentUser(on='principal')"
ALINE = "AlineD@contoso.com"


@pytest.fixture
def activation(graph: Graph) -> dict[str, object]:
    """Make a person eligible for a role whose activation demands an authentication context; tell how they ask."""
    query = f"$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{USER_ADMINISTRATOR}'"
    (found,) = graph.values(f"{POLICIES}?{query}")
    path = f"/policies/roleManagementPolicies/{found['policyId']}/rules/AuthenticationContext_EndUser_Assignment"
    rule = {name: value for name, value in graph.get(path).items() if name != "@odata.context"}
    graph.done("PATCH", path, {**rule, "isEnabled": True, "claimValue": "c1"})
    user = graph.new_user()["id"]
    graph.assign(user)
    return request_body(user, action="selfActivate", duration="PT1H")


def sign_in(graph: Graph, app: Any, *, mfa: bool, **more: Any) -> Any:
    flow = app.initiate_device_flow(SCOPES, **more)
    approve_device(graph, flow, username=ALINE, mfa=mfa)
    return app.acquire_token_by_device_flow(flow, **more)


def challenge(graph: Graph, token: str, activation: dict[str, object]) -> str:
    """Try to activate, and read the challenge out of the refusal."""
    status, code, message = graph.bearer(token).refused("POST", ACTIVE, activation)
    assert (status, code) == (400, "RoleAssignmentRequestAcrsValidationFailed")
    return unquote(message.removeprefix("&claims="))


def test_msal_answers_a_challenge_in_silence_after_a_sign_in_with_mfa(
    graph: Graph, activation: dict[str, object]
) -> None:
    app = client(graph)
    asked = challenge(graph, sign_in(graph, app, mfa=True)["access_token"], activation)
    (account,) = app.get_accounts()
    token = app.acquire_token_silent(SCOPES, account, claims_challenge=asked)
    assert claims(token["access_token"])["acrs"] == ["c1"]
    graph.bearer(token["access_token"]).post(ACTIVE, activation)


def test_a_challenge_after_a_sign_in_without_mfa_takes_a_person(graph: Graph, activation: dict[str, object]) -> None:
    app = client(graph)
    sign_in(graph, app, mfa=False)
    asked = challenge(graph, graph.emulator.token(user=ALINE, permissions=SCOPES), activation)
    (account,) = app.get_accounts()
    refused = app.acquire_token_silent_with_error(SCOPES, account, claims_challenge=asked)
    assert refused["error"] == "interaction_required"
    assert "AADSTS50076" in refused["error_description"]
    token = sign_in(graph, app, mfa=True, claims_challenge=asked)
    graph.bearer(token["access_token"]).post(ACTIVE, activation)


def test_what_the_client_can_cope_with_is_in_its_tokens(graph: Graph, activation: dict[str, object]) -> None:
    app = client(graph, client_capabilities=["CP1"])
    assert claims(sign_in(graph, app, mfa=True)["access_token"])["xms_cc"] == ["CP1"]
    (account,) = app.get_accounts()
    renewed = app.acquire_token_silent(SCOPES, account, force_refresh=True)
    assert claims(renewed["access_token"])["xms_cc"] == ["CP1"]
    assert "xms_cc" not in claims(sign_in(graph, client(graph), mfa=True)["access_token"])


# Continuous access evaluation


def test_who_understands_challenges_is_turned_away_at_once_when_the_session_ends(
    graph: Graph, activation: dict[str, object]
) -> None:
    app, user = client(graph, client_capabilities=["CP1"]), str(activation["principalId"])
    for end in (
        lambda: graph.post(f"/users/{user}/revokeSignInSessions", None, status=200),
        lambda: graph.done("PATCH", f"/users/{user}", {"passwordProfile": {"password": "another-Passw0rd"}}),
    ):
        able = graph.bearer(sign_in(graph, app, mfa=True)["access_token"])
        unable = graph.bearer(sign_in(graph, client(graph), mfa=True)["access_token"])
        able.values(OWN)
        end()
        response = able.send("GET", OWN)
        assert response.status_code == 401
        assert response.json()["error"]["message"].endswith("code: TokenIssuedBeforeRevocationTimestamp")
        header = response.headers["www-authenticate"]
        assert 'error="insufficient_claims"' in header
        asked = base64.b64decode(header.rpartition('claims="')[2].rstrip('"')).decode()
        assert "nbf" in json.loads(asked)["access_token"]
        (account,) = app.get_accounts()
        refused = app.acquire_token_silent_with_error(SCOPES, account, claims_challenge=asked)
        assert "AADSTS50173" in refused["error_description"]
        graph.bearer(sign_in(graph, app, mfa=True, claims_challenge=asked)["access_token"]).values(OWN)
        unable.values(OWN)


def test_who_is_disabled_or_deleted_is_turned_away_at_once(graph: Graph, activation: dict[str, object]) -> None:
    user = str(activation["principalId"])
    token = graph.bearer(sign_in(graph, client(graph, client_capabilities=["CP1"]), mfa=True)["access_token"])
    graph.done("PATCH", f"/users/{user}", {"accountEnabled": False})
    assert token.refused("GET", OWN)[:2] == (401, "InvalidAuthenticationToken")
    graph.done("PATCH", f"/users/{user}", {"accountEnabled": True})
    token.values(OWN)
    graph.done("DELETE", f"/users/{user}")
    assert token.refused("GET", OWN)[:2] == (401, "InvalidAuthenticationToken")
