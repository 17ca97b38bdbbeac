"""The clock, the journal, snapshots and the rest of what is under /_emulator, over HTTP and on the object."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from entra_emulator import Emulator
from tests.emulator.graph import PASSWORD, Graph, group_body


def control(graph: Graph, method: str, path: str, body: object = None) -> Any:
    response = graph.http.request(method, f"/_emulator/{path}", json=body)
    assert response.status_code in (200, 201, 204), response.text
    return response.json() if response.content else None


def refused(graph: Graph, method: str, path: str, body: object = None) -> tuple[int, str]:
    response = graph.http.request(method, f"/_emulator/{path}", json=body)
    return response.status_code, response.json()["error"]


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
@pytest.mark.parametrize("path", ["reset", "clock/freeze", "token"])
def test_a_page_from_elsewhere_cannot_use_the_controls(graph: Graph, path: str, headers: dict[str, str]) -> None:
    response = graph.http.post(f"/_emulator/{path}", content=b"{}", headers={"Content-Type": "text/plain", **headers})
    assert response.status_code == 403
    assert response.json() == {"error": "a page from elsewhere may not use the controls"}
    assert control(graph, "GET", "clock")["frozen"] is False


def test_a_jump_beyond_the_calendar_is_refused_and_nothing_moves(graph: Graph) -> None:
    before = control(graph, "GET", "clock")["now"]
    status, sentence = refused(graph, "POST", "clock/advance", {"days": 4_000_000})
    assert (status, sentence) == (400, "the clock goes from the year 1970 to the year 8999")
    assert control(graph, "GET", "clock")["now"][:13] == before[:13]


def test_health_needs_no_token(graph: Graph) -> None:
    assert control(graph, "GET", "health")["status"] == "ok"


def test_the_seed_is_the_same_every_time_and_tells_its_facts(graph: Graph, emulator: Emulator) -> None:
    facts = control(graph, "GET", "seed")
    assert facts["contoso"]["tenant_id"] == emulator.contoso.tenant_id
    assert facts["contoso"]["administrator_id"] == "1ed8ac56-4827-4733-8f80-86adc2e67db5"
    assert facts["fabrikam"]["has_premium_p2"] is False
    before = graph.values("/users?$select=id,displayName,createdDateTime,userPrincipalName")
    assert before == [
        {
            "id": "1ed8ac56-4827-4733-8f80-86adc2e67db5",
            "displayName": "MOD Administrator",
            "createdDateTime": "2021-01-01T00:00:00Z",
            "userPrincipalName": "admin@contoso.com",
        }
    ]
    graph.new_user()
    control(graph, "POST", "reset")
    assert graph.values("/users?$select=id,displayName,createdDateTime,userPrincipalName") == before


def test_the_seeded_administrator_holds_global_administrator_for_good(graph: Graph) -> None:
    (schedule,) = graph.schedules(graph.emulator.contoso.administrator_id, "Assignment")
    assert schedule["roleDefinitionId"] == "62e90394-69f5-4237-9190-012177145e10"
    assert schedule["scheduleInfo"]["expiration"]["type"] == "noExpiration"


# The clock


def test_the_clock_is_advanced_set_frozen_and_resumed(graph: Graph, emulator: Emulator) -> None:
    control(graph, "POST", "clock/freeze")
    start = emulator.clock.now()
    assert control(graph, "GET", "clock")["frozen"] is True
    control(graph, "POST", "clock/advance", {"days": 1, "hours": 2, "minutes": 3, "seconds": 4})
    assert emulator.clock.now() == start + timedelta(days=1, hours=2, minutes=3, seconds=4)
    control(graph, "POST", "clock/set", {"now": "2099-01-01T00:00:00Z"})
    assert emulator.clock.now() == datetime(2099, 1, 1, tzinfo=UTC)
    assert control(graph, "POST", "clock/resume")["frozen"] is False
    assert emulator.clock.now() >= datetime(2099, 1, 1, tzinfo=UTC)
    assert not emulator.clock.frozen


def test_a_reset_returns_to_the_machines_time(emulator: Emulator) -> None:
    emulator.clock.freeze()
    emulator.clock.advance(days=1000)
    emulator.reset()
    assert abs(emulator.clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_clock_never_goes_back(graph: Graph, emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="never turned back"):
        emulator.clock.advance(seconds=-1)
    with pytest.raises(ValueError, match="time zone"):
        emulator.clock.set(datetime(2099, 1, 1))
    assert refused(graph, "POST", "clock/advance", {"days": -1})[0] == 400
    assert refused(graph, "POST", "clock/set", {"now": "yesterday"})[0] == 400


def test_what_is_made_bears_the_emulators_time(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    emulator.clock.set(datetime(2099, 5, 6, 7, 8, 9, tzinfo=UTC))
    caller = graph.bearer(emulator.token(permissions=["User.ReadWrite.All"]))
    made = caller.new_user()
    assert caller.get(f"/users/{made['id']}?$select=createdDateTime")["createdDateTime"] == "2099-05-06T07:08:09Z"


# The journal


def test_the_journal_lists_what_was_asked_and_answered(graph: Graph, emulator: Emulator) -> None:
    graph.new_user("anna")
    graph.refused("GET", "/users/nobody@contoso.com?$select=id")
    first, second = emulator.journal.entries()
    assert (first.kind, first.method, first.path, first.status) == ("graph", "POST", "/v1.0/users", 201)
    assert first.request_body["userPrincipalName"] == "anna@contoso.com"
    assert first.response_body["userPrincipalName"] == "anna@contoso.com"
    assert second.path == "/v1.0/users/nobody@contoso.com?$select=id"
    assert second.response_body["error"]["code"] == "Request_ResourceNotFound"
    assert emulator.journal.entries(since=first.number) == [second]


def test_the_journal_holds_no_secret(graph: Graph, emulator: Emulator) -> None:
    facts = emulator.contoso
    form = {"grant_type": "client_credentials", "client_id": facts.client_id, "client_secret": facts.client_secret,
            "scope": "https://graph.microsoft.com/.default"}  # fmt: skip
    token = graph.http.post(f"/{facts.tenant_id}/oauth2/v2.0/token", data=form).json()["access_token"]
    minted = control(graph, "POST", "token", {})["access_token"]
    control(graph, "POST", "applications", {"name": "x", "permissions": [], "secret": "s3cret-of-x"})
    graph.http.post(f"/{facts.tenant_id}/oauth2/v2.0/token", data={**form, "client_assertion": "assert-me"})
    graph.bearer(token).new_user()
    graph.http.post("/v1.0/users", content=f'{{"password": "{PASSWORD}"')
    kept = repr(emulator.journal.entries())
    for secret in (facts.client_secret, token, minted, "s3cret-of-x", "assert-me", PASSWORD, "Bearer "):
        assert secret not in kept
    assert [entry.kind for entry in emulator.journal.entries()] == [
        "token", "control", "control", "token", "graph", "graph",
    ]  # fmt: skip
    assert emulator.journal.entries()[0].request_body["client_secret"] == "[blanked]"
    assert emulator.journal.entries()[-1].request_body == f"({len(PASSWORD) + 15} bytes that are no JSON)"


def test_the_journal_is_read_and_cleared_over_http(graph: Graph) -> None:
    graph.get("/organization")
    (entry,) = control(graph, "GET", "journal")["entries"]
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/v1.0/organization", 200)
    assert entry["request_headers"]["authorization"] == "[blanked]"
    last = control(graph, "GET", f"journal?since={entry['number']}")["entries"]
    assert [each["path"] for each in last] == ["/_emulator/journal"]
    assert last[0]["response_body"] is None
    control(graph, "DELETE", "journal")
    assert [each["method"] for each in control(graph, "GET", "journal")["entries"]] == ["DELETE"]


def test_the_journal_keeps_the_latest_entries_only() -> None:
    emulator = Emulator()
    from entra_emulator.exchange import Request

    for _ in range(10_050):
        emulator.handle(Request("GET", "https://graph.microsoft.com", "/v1.0/organization"))
    entries = emulator.journal.entries()
    assert (len(entries), entries[-1].number) == (10_000, 10_050)


# Tokens, applications, switches, snapshots


def test_a_token_is_made_for_an_app_or_a_person(graph: Graph) -> None:
    app = control(graph, "POST", "token", {"tenant": "fabrikam", "permissions": ["User.Read.All"]})["access_token"]
    assert graph.bearer(app).values("/users")[0]["userPrincipalName"] == "admin@fabrikam.com"
    body = {"user": "admin@contoso.com", "permissions": ["User.Read"], "mfa": False}
    person = control(graph, "POST", "token", body)["access_token"]
    assert jwt.decode(person, options={"verify_signature": False})["amr"] == ["pwd"]
    assert graph.bearer(person).get("/me")["displayName"] == "MOD Administrator"


def test_a_registered_application_signs_in_with_what_it_was_given(graph: Graph) -> None:
    made = control(graph, "POST", "applications", {"name": "reader", "permissions": ["User.Read.All"], "secret": "s"})
    form = {"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": "s",
            "scope": "https://graph.microsoft.com/.default"}  # fmt: skip
    token = graph.http.post(f"/{made['tenant_id']}/oauth2/v2.0/token", data=form).json()["access_token"]
    caller = graph.bearer(token)
    caller.get("/users")
    assert caller.refused("GET", "/groups")[0] == 403
    assert graph.get(f"/servicePrincipals/{made['service_principal_id']}")["displayName"] == "reader"
    federated = {"issuer": "i", "subject": "s", "public_key": "nonsense"}
    body = {"name": "x", "permissions": [], "federated": federated}
    assert refused(graph, "POST", "applications", body)[0] == 400


def test_a_switch_is_read_and_turned(graph: Graph) -> None:
    before = control(graph, "GET", "switches")
    assert before["upsert_role_assignable"] is True
    turned = {"upsert_role_assignable": False, "provisions_after": 1.5}
    assert control(graph, "POST", "switches", turned) == {**before, **turned}
    path = "/groups(uniqueName='x')"
    assert graph.refused("PATCH", path, group_body(), Prefer="create-if-missing")[0] == 400
    control(graph, "POST", "reset")
    assert control(graph, "GET", "switches") == before
    assert refused(graph, "POST", "switches", {"levitate": True})[0] == 400
    for unfit in ({"upsert_role_assignable": "no"}, {"upsert_role_assignable": 1}, {"provisions_after": True},
                  {"provisions_after": -1}, {"provisions_after": 1, "levitate": True}):  # fmt: skip
        assert refused(graph, "POST", "switches", unfit)[0] == 400
    assert control(graph, "GET", "switches") == before


def test_a_snapshot_brings_everything_back_again_and_again(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    group = graph.new_group()
    graph.assign(group["id"], duration="P30D")
    control(graph, "POST", "snapshot", {"name": "before"})
    then = emulator.clock.now()
    for _ in range(2):
        graph.done("DELETE", f"/groups/{group['id']}")
        emulator.clock.advance(days=60)
        assert graph.bearer(emulator.token()).schedules(group["id"]) == []
        control(graph, "POST", "restore", {"name": "before"})
        assert emulator.clock.now() == then
        assert len(graph.schedules(group["id"])) == 1
        assert graph.get(f"/groups/{group['id']}")["id"] == group["id"]
    emulator.clock.advance(days=30)
    assert graph.bearer(emulator.token()).schedules(group["id"]) == []
    assert refused(graph, "POST", "restore", {"name": "other"}) == (400, "there is no snapshot 'other'")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("GET", "nonsense", None, 404, "there is no control GET /_emulator/nonsense"),
        ("POST", "snapshot", {}, 400, "'name' is missing"),
        ("POST", "clock/advance", {"years": 1}, 400, "years"),
        ("POST", "clock/advance", [], 400, "must be a JSON object"),
        ("POST", "token", {"tenant": "nowhere"}, 400, "there is no tenant 'nowhere'"),
        ("POST", "token", {"levitate": True}, 400, "levitate"),
        ("POST", "token", {"permissions": "User.Read"}, 400, "permissions must be a list"),
        ("GET", "journal?since=x", None, 400, "invalid literal"),
    ],
)
def test_a_control_call_that_makes_no_sense_is_answered_with_a_sentence(
    graph: Graph, method: str, path: str, body: object, status: int, sentence: str
) -> None:
    found, said = refused(graph, method, path, body)
    assert found == status
    assert sentence in said


def test_a_control_body_must_be_json(graph: Graph) -> None:
    assert graph.http.post("/_emulator/reset", content=b"{").status_code == 400
