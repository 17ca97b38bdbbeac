"""Whatever is sent, the answer is Graph's own refusal or an honest gap: never a failure of the emulator."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entra_emulator import Emulator
from entra_emulator.directory.applications import ENTRA_PIM
from entra_emulator.exchange import Request
from entra_emulator.routes.table import GRAPH, SIGN_IN, Route
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


FIELDS = [
    "grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type", "scope", "code",
    "code_verifier", "code_challenge", "code_challenge_method", "device_code", "refresh_token", "redirect_uri",
    "response_type", "response_mode", "state", "nonce", "claims", "user_code", "username", "mfa", "decision", "prompt",
    "login_hint",
]  # fmt: skip
WORTHS = [
    "", "x", "client_credentials", "authorization_code", "refresh_token", "S256", "code", "query", "form_post",
    "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "https://graph.microsoft.com/.default", "User.Read openid", "http://localhost:1/x", "admin@contoso.com", "approve",
    ENTRA_PIM, Emulator.contoso.client_id, Emulator.contoso.client_secret,
    '{"access_token": {"acrs": {"value": "c1"}}}', "[]", "a.b.c", "on", "none",
]  # fmt: skip
forms = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(WORTHS) | st.text(max_size=5), max_size=10)


@pytest.mark.parametrize("row", SIGN_IN, ids=lambda row: f"{row[0]} {row[1]}")
@settings(max_examples=60, deadline=None, derandomize=True)
@given(form=forms)
def test_no_form_makes_a_sign_in_fail(emulator: Emulator, row: tuple[str, str, Any], form: dict[str, str]) -> None:
    method, path = row[0], row[1].replace("{tenant}", Emulator.contoso.tenant_id)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for query, body in ((urlencode(form), b""), ("", urlencode(form).encode())):
        answer = emulator.handle(Request(method, "https://127.0.0.1:1", path, query, headers, body))
        assert answer.status < 500, (form, answer.body)


NAMES = [
    "name", "days", "hours", "minutes", "seconds", "now", "tenant", "app", "user", "permissions", "mfa", "secret",
    "certificate", "federated", "kind", "when", "method", "path", "nth", "times", "retry_after", "collection", "reads",
    "size", "request", "approve", "by", "justification", "user_code", "format", "clock", "tenants",
    "upsert_role_assignable",
]  # fmt: skip
CONTROLS = [
    "reset", "snapshot", "restore", "clock/advance", "clock/set", "token", "applications", "faults", "pace", "limits",
    "decision", "switches", "import", "sign-in/approve", "sign-in/decline",
]  # fmt: skip
settings_of_controls = st.dictionaries(
    st.sampled_from(NAMES),
    values | st.sampled_from(["503", "before", "users", "S", "2099-01-01T00:00:00Z", "entra-emulator directory 1", "("])
    | st.integers() | st.floats(),
    max_size=6,
)  # fmt: skip


@pytest.mark.parametrize("name", CONTROLS)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(body=settings_of_controls)
def test_a_control_call_that_makes_no_sense_is_answered_with_a_sentence(name: str, body: dict[str, object]) -> None:
    emulator = of_controls()
    content = json.dumps(body).encode()
    answer = emulator.handle(Request("POST", "https://127.0.0.1:1", f"/_emulator/{name}", body=content))
    assert answer.status < 500, (body, answer.body)
    if answer.status >= 400:
        assert list(json.loads(answer.body)) == ["error"]


@cache
def of_controls() -> Emulator:
    """Return an emulator that may be left in any state."""
    return Emulator()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("clock/advance", {"days": 1e9}),
        ("clock/advance", {"days": 1e300}),
        ("clock/advance", {"days": 4_000_000}),
        ("clock/set", {"now": "9999-12-31T23:59:59Z"}),
        ("token", {"lifetime": 5}),
        ("token", {"permissions": [{}]}),
        ("token", {"tenant": 1}),
        ("applications", {"name": "x", "permissions": ["y"], "secret_lifetime": 5}),
    ],
)
def test_a_control_call_that_goes_too_far_is_answered_with_a_sentence_and_changes_nothing(
    name: str, body: dict[str, object]
) -> None:
    emulator = Emulator()
    before = emulator.export()
    content = json.dumps(body).encode()
    answer = emulator.handle(Request("POST", "https://127.0.0.1:1", f"/_emulator/{name}", body=content))
    assert (answer.status, list(json.loads(answer.body))) == (400, ["error"])
    assert emulator.export() == before
