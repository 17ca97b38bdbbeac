"""Whatever is sent, the answer is Graph's own refusal or an honest gap: never a failure of the emulator."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entra_emulator import Emulator
from entra_emulator.exchange import Request
from entra_emulator.routes.table import GRAPH, Route
from tests.emulator.graph import EVERYTHING, USER_ADMINISTRATOR, group_body, reference, request_body, user_body

ADMINISTRATOR = Emulator.contoso.administrator_id
KNOWN = [
    "accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile", "password", "otherMails",
    "mailEnabled", "securityEnabled", "isAssignableToRole", "groupTypes", "members@odata.bind", "owners@odata.bind",
    "@odata.id", "@odata.type", "uniqueName", "visibility", "ids", "types", "requests", "action", "principalId",
    "roleDefinitionId", "directoryScopeId", "appScopeId", "scheduleInfo", "startDateTime", "expiration", "type",
    "endDateTime", "duration", "ticketInfo", "isValidationOnly", "justification", "rolePermissions", "rules", "id",
    "target", "setting", "approvalStages", "primaryApprovers", "enabledRules", "maximumDuration", "claimValue",
]  # fmt: skip
TEXTS = [
    "", "x", "adminAssign", "adminUpdate", "adminRemove", "selfActivate", "afterDuration", "afterDateTime", "P1D", "/",
    "2099-01-01T00:00:00Z", ADMINISTRATOR, USER_ADMINISTRATOR, "Expiration_Admin_Eligibility", "admin@contoso.com",
    "#microsoft.graph.unifiedRoleManagementPolicyExpirationRule",
    "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule", "Unified",
    f"https://graph.microsoft.com/v1.0/users/{ADMINISTRATOR}",
]  # fmt: skip
PARAMETERS = {"id": ADMINISTRATOR, "rule_id": "Approval_EndUser_Assignment", "unique_name": "x"}

scalars = st.none() | st.booleans() | st.integers() | st.sampled_from(TEXTS) | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KNOWN), inner, max_size=8),
    max_leaves=20,
)
bodies = st.dictionaries(st.sampled_from(KNOWN), values, max_size=12)
WORDS = [
    "displayName", "id", "principalId", "eq", "ne", "in", "and", "or", "not", "(", ")", ",", "'x'", "null", "true", "5",
    "startsWith", "endsWith", "any", "groupTypes/any", ":", "g", "ge", "'", "2026-01-01T00:00:00Z", "2026-99-99T0",
]  # fmt: skip
conditions = st.lists(st.sampled_from(WORDS)).map(" ".join)
# Bodies that are good as they stand, so that what is wrong in them is met by the later rules too.
GOOD: dict[str, Mapping[str, object]] = {
    "/users": user_body(),
    "/groups": group_body(),
    "/groups(uniqueName='{unique_name}')": group_body(),
    "/groups/{id}/members/$ref": reference(ADMINISTRATOR),
    "/roleManagement/directory/roleEligibilityScheduleRequests": request_body(ADMINISTRATOR, duration="P1D"),
    "/roleManagement/directory/roleAssignmentScheduleRequests": request_body(ADMINISTRATOR, duration="P1D"),
    "/policies/roleManagementPolicies/{id}/rules/{rule_id}": {
        "@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule"
    },
}


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return Emulator()


@cache
def authorization(emulator: Emulator) -> str:
    return f"Bearer {emulator.token(user=ADMINISTRATOR, permissions=EVERYTHING)}"


@pytest.fixture(scope="module")
def policy_id(emulator: Emulator) -> str:
    condition = f"scopeId eq '/' and scopeType eq 'Directory' and roleDefinitionId eq '{USER_ADMINISTRATOR}'"
    query = f"$filter={quote(condition)}"
    answer = send(emulator, "GET", "/policies/roleManagementPolicyAssignments", query=query)
    return str(answer["value"][0]["policyId"])


def send(emulator: Emulator, method: str, path: str, *, query: str = "", body: object = None) -> Any:
    headers = {"authorization": authorization(emulator)}
    content = json.dumps(body).encode() if body is not None else b""
    answer = emulator.handle(Request(method, "https://graph.microsoft.com", f"/v1.0{path}", query, headers, content))
    document: Any = json.loads(answer.body) if answer.body.startswith(b"{") else None
    assert not (answer.status == 500 and document["error"]["code"]), document
    return document


def path_of(route: Route, policy_id: str) -> str:
    path = route.path
    for name, value in PARAMETERS.items():
        path = path.replace(f"{{{name}}}", policy_id if name == "id" and path.startswith("/policies") else value)
    return path.replace("{object_id}", ADMINISTRATOR).replace("{on}", "principal").replace("{app_id}", "x")


@pytest.mark.parametrize(
    "route",
    [route for route in GRAPH if route.method in ("POST", "PATCH")],
    ids=lambda route: f"{route.method} {route.path}",
)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(body=bodies)
def test_no_body_makes_a_write_fail(emulator: Emulator, policy_id: str, route: Route, body: dict[str, object]) -> None:
    for sent in (body, {**GOOD.get(route.path, {}), **body}):
        send(emulator, route.method, path_of(route, policy_id), body=sent)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(condition=conditions, path=st.sampled_from([route.path for route in GRAPH if "{" not in route.path]))
def test_no_filter_makes_a_list_fail(emulator: Emulator, condition: str, path: str) -> None:
    send(emulator, "GET", path, query=f"$filter={quote(condition)}")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    option=st.sampled_from(["$select", "$expand", "$orderby", "$top", "$skiptoken", "$search", "$count", "$filter"]),
    value=st.text("abcdinprsy$=();,:'\" 05", max_size=20),
    path=st.sampled_from([route.path for route in GRAPH if route.method == "GET"]),
)
def test_no_option_makes_a_read_fail(emulator: Emulator, option: str, value: str, path: str) -> None:
    send(emulator, "GET", path.replace("{id}", ADMINISTRATOR), query=f"{option}={quote(value)}")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(items=st.lists(values, max_size=4))
def test_no_batch_makes_the_emulator_fail(emulator: Emulator, items: object) -> None:
    send(emulator, "POST", "/$batch", body={"requests": items})


@settings(max_examples=100, deadline=None, derandomize=True)
@given(path=st.text("/abc$()'{}%=.\"users", max_size=30))
def test_no_path_makes_the_emulator_fail(emulator: Emulator, path: str) -> None:
    send(emulator, "GET", f"/{path}")
