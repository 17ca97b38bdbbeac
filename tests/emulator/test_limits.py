"""Graph's published limits, on the emulator's clock.

https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
"""

import threading
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from entra_emulator import Emulator
from entra_emulator.limits import Cost, Limits, cost_of
from entra_emulator.refusals import Refusal
from tests.emulator.graph import ROLES, Graph

UNITS = "x-ms-resource-unit"
SHARE = "x-ms-throttle-limit-percentage"


@pytest.fixture
def emulator(emulator: Emulator) -> Emulator:
    emulator.clock.freeze()
    return emulator


def spend(emulator: Emulator, units: int, *, app: str = "", write: bool = False) -> None:
    """Have an app use up so much of its limits, without the calls that would."""
    who = (emulator.contoso.tenant_id, app or emulator.contoso.client_id)
    method, path = ("POST", "/v1.0/users") if write else ("GET", "/v1.0/organization")
    for _ in range(units):
        emulator.limits.charge(who, method, path, "", emulator.clock.now())


def throttled(response: httpx.Response) -> tuple[str, str, str]:
    assert (response.status_code, response.json()["error"]["code"]) == (429, "TooManyRequests")
    headers = response.headers
    assert UNITS not in headers
    return headers["retry-after"], headers["x-ms-throttle-scope"], headers["x-ms-throttle-information"]


@pytest.mark.parametrize(
    ("method", "call", "units", "writes"),
    [
        ("GET", "/users", 2, 0),
        ("GET", "/users?$select=id", 1, 0),
        ("GET", "/users?$select=id&$top=5", 1, 0),
        ("GET", "/users?$top=19", 1, 0),
        ("GET", "/users?$top=20", 2, 0),
        ("GET", "/users?$top=x", 2, 0),
        ("GET", "/users?$expand=manager", 3, 0),
        ("GET", "/USERS/x", 1, 0),
        ("GET", "/users/x?$select=id", 1, 0),
        ("GET", "/users/x/memberOf", 2, 0),
        ("GET", "/me/transitiveMemberOf", 2, 0),
        ("GET", "/groups", 1, 0),
        ("GET", "/groups/x/members", 3, 0),
        ("GET", "/groups/x/members?$select=id", 2, 0),
        ("GET", "/groups/x/members/microsoft.graph.user", 3, 0),
        ("GET", "/groups/x/owners", 1, 0),
        ("GET", "/groups/x/transitiveMembers", 5, 0),
        ("GET", "/subscribedSkus", 3, 0),
        ("GET", "/policies/authorizationPolicy", 1, 0),
        ("POST", "/directoryObjects/getByIds", 5, 0),
        ("POST", "/directoryObjects/getByIds?$select=id", 2, 0),
        ("POST", "/users", 1, 1),
        ("PATCH", "/users/x", 1, 1),
        ("DELETE", "/groups/x/members/y/$ref", 1, 1),
    ],
)
def test_a_call_costs_what_microsofts_table_says(method: str, call: str, units: int, writes: int) -> None:
    path, _, query = call.partition("?")
    assert cost_of(method, f"/v1.0{path}", query) == Cost(units, writes)


@pytest.mark.parametrize(
    "path",
    [f"{ROLES}/roleEligibilitySchedules", f"{ROLES}/roleDefinitions", "/policies/roleManagementPolicies", "/$batch"],
)
def test_no_limit_is_published_for_pim(path: str) -> None:
    assert cost_of("GET", f"/v1.0{path}", "") is None


def test_nothing_is_limited_until_limits_are_turned_on(graph: Graph, emulator: Emulator) -> None:
    assert UNITS not in graph.send("GET", "/users").headers
    emulator.limits.on()
    assert graph.send("GET", "/users").headers[UNITS] == "2"
    emulator.limits.off()
    assert UNITS not in graph.send("GET", "/users").headers


def test_every_answer_tells_its_cost_refusals_and_gaps_of_graph_included(graph: Graph, emulator: Emulator) -> None:
    emulator.limits.on()
    made = graph.send("POST", "/groups", {"displayName": "x", "mailNickname": "x", "mailEnabled": False,
                                          "securityEnabled": True})  # fmt: skip
    assert (made.status_code, made.headers[UNITS]) == (201, "1")
    assert graph.send("GET", "/users/nobody@contoso.com").headers[UNITS] == "1"
    assert UNITS not in graph.send("GET", f"{ROLES}/roleDefinitions").headers
    assert UNITS not in graph.bearer(None).send("GET", "/users").headers


@pytest.mark.parametrize(("size", "quota"), [("S", 3_500), ("M", 5_000), ("L", 8_000)])
def test_an_app_that_used_up_its_units_is_told_when_to_come_back(
    graph: Graph, emulator: Emulator, size: str, quota: int
) -> None:
    emulator.limits.on(size)
    spend(emulator, quota - 1)
    used = graph.send("GET", "/organization")
    assert (used.status_code, used.headers[SHARE]) == (200, "1.00")
    facts = emulator.contoso
    scope = f"Tenant_Application/ReadWrite/{facts.client_id}/{facts.tenant_id}"
    assert throttled(graph.send("GET", "/users")) == ("1", scope, "ResourceUnitLimitExceeded")
    graph.get(f"{ROLES}/roleDefinitions")
    emulator.clock.advance(seconds=1)
    graph.get("/users")


def test_the_share_of_a_limit_is_told_above_four_fifths(graph: Graph, emulator: Emulator) -> None:
    emulator.limits.on()
    spend(emulator, 2_799)
    assert SHARE not in graph.send("GET", "/organization").headers
    spend(emulator, 175)
    assert graph.send("GET", "/organization").headers[SHARE] == "0.85"
    emulator.clock.advance(seconds=10)
    assert SHARE not in graph.send("GET", "/organization").headers


def test_an_app_that_wrote_too_much_may_still_read(graph: Graph, emulator: Emulator) -> None:
    emulator.limits.on()
    spend(emulator, 3_000, write=True)
    facts = emulator.contoso
    retry_after, scope, reason = throttled(graph.send("DELETE", "/users/x"))
    assert (scope, reason) == (
        f"Tenant_Application/Write/{facts.client_id}/{facts.tenant_id}", "WriteLimitExceeded",
    )  # fmt: skip
    graph.get("/organization")
    emulator.clock.advance(seconds=int(retry_after))
    assert graph.refused("DELETE", "/users/x")[0] == 404


def test_a_refused_call_is_not_carried_out_and_takes_nothing(graph: Graph, emulator: Emulator) -> None:
    emulator.limits.on()
    spend(emulator, 3_500)
    for _ in range(100):
        throttled(graph.send("GET", "/users"))
    emulator.clock.advance(seconds=1)
    assert graph.send("GET", "/users").status_code == 200
    assert emulator.journal.entries()[0].applied is False


def test_other_apps_and_tenants_are_not_concerned(graph: Graph, emulator: Emulator) -> None:
    emulator.limits.on()
    spend(emulator, 3_500)
    other = emulator.register(name="other", permissions=["User.Read.All"]).client_id
    graph.bearer(emulator.token(app=other)).get("/users")
    graph.app("User.Read.All", tenant="fabrikam").get("/users")


def test_a_tenant_has_a_limit_of_writes_for_all_its_apps(graph: Graph, emulator: Emulator) -> None:
    emulator.limits.on("L")
    for number in range(6):
        spend(emulator, 3_000, app=f"app-{number}", write=True)
    facts = emulator.contoso
    assert throttled(graph.send("DELETE", "/users/x"))[1:] == (
        f"Tenant/Write/{facts.client_id}/{facts.tenant_id}", "WriteLimitExceeded",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "calls", "limit"),
    [
        ("GET", "/v1.0/groups/x/transitiveMembers", 1_600, "Application/ReadWrite"),
        ("POST", "/v1.0/groups", 3_000, "Application/Write"),
    ],
)
def test_an_app_has_limits_over_all_its_tenants(method: str, path: str, calls: int, limit: str) -> None:
    limits, now = Limits(threading.RLock()), datetime(2026, 11, 24, tzinfo=UTC)
    limits.on("L")
    charges = (
        limits.charge((f"tenant-{number // calls}", "app"), method, path, "", now) for number in range(20 * calls)
    )
    with pytest.raises(Refusal) as refused:
        for _ in charges:
            pass
    assert refused.value.headers["x-ms-throttle-scope"].startswith(f"{limit}/app/tenant-")


def test_requests_of_a_batch_are_limited_one_by_one(graph: Graph, emulator: Emulator) -> None:
    emulator.limits.on()
    spend(emulator, 3_499)
    batch = {"requests": [{"id": str(number), "method": "GET", "url": "/groups"} for number in range(2)]}
    first, second = graph.post("/$batch", batch, status=200)["responses"]
    assert (first["status"], first["headers"][UNITS]) == (200, "1")
    assert (second["status"], second["headers"]["Retry-After"]) == (429, "1")


def test_who_comes_back_early_from_a_limit_is_noted(graph: Graph, emulator: Emulator) -> None:
    emulator.limits.on()
    spend(emulator, 3_500)
    throttled(graph.send("GET", "/users"))
    assert emulator.faults.early == []
    throttled(graph.send("GET", "/users"))
    assert len(emulator.faults.early) == 1


def test_a_restored_snapshot_gives_nothing_back_and_takes_nothing(graph: Graph, emulator: Emulator) -> None:
    emulator.limits.on()
    emulator.snapshot("before")
    emulator.clock.advance(days=1)
    assert graph.bearer(emulator.token()).send("GET", "/organization").headers[UNITS] == "1"
    emulator.restore("before")
    assert SHARE not in graph.send("GET", "/organization").headers


def test_limits_are_turned_on_seen_and_lifted_over_http(graph: Graph, emulator: Emulator) -> None:
    def control(method: str, body: object = None) -> Any:
        response = graph.http.request(method, "/_emulator/limits", json=body)
        assert response.is_success, response.text
        return response.json() if response.content else None

    assert control("GET") == {"size": None}
    assert control("POST") == {"size": "S"}
    assert control("POST", {"size": "M"}) == {"size": "M"}
    control("DELETE")
    assert control("GET") == {"size": None}
    emulator.limits.on()
    emulator.reset()
    assert control("GET") == {"size": None}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"size": "XL"}, "there is no size 'XL', only S, M, L"),
        ({"size": ["S"]}, "there is no size ['S'], only S, M, L"),
        ({"users": 5}, "there is no 'users' here, only size"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_with_a_sentence(graph: Graph, body: object, sentence: str) -> None:
    response = graph.http.post("/_emulator/limits", json=body)
    assert (response.status_code, response.json()["error"]) == (400, sentence)
