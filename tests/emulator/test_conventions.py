"""What holds for every call: headers, error bodies, gaps, methods, spellings."""

import re

import pytest

from entra_emulator import Emulator
from tests.emulator.graph import Graph, user_body

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_every_answer_carries_graphs_headers(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.advance(days=400)
    emulator.clock.freeze()
    caller = graph.bearer(emulator.token())
    for path in ("/organization", "/users/nobody@contoso.com"):
        headers = caller.send(
            "GET", path, headers={"client-request-id": "11111111-2222-3333-4444-555555555555"}
        ).headers
        assert GUID.fullmatch(headers["request-id"])
        assert headers["client-request-id"] == "11111111-2222-3333-4444-555555555555"
        assert headers["date"] == emulator.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
        assert headers["x-ms-ags-diagnostic"].startswith('{"ServerInfo":')
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert headers["content-type"].startswith("application/json;odata.metadata=minimal;")


def test_without_an_id_of_the_client_both_ids_are_the_same(graph: Graph) -> None:
    headers = graph.send("GET", "/organization").headers
    assert headers["client-request-id"] == headers["request-id"]


def test_an_error_body_repeats_the_ids_and_a_date_without_zone(graph: Graph) -> None:
    response = graph.send("GET", "/users/nobody@contoso.com")
    error = response.json()["error"]
    assert list(error) == ["code", "message", "innerError"]
    assert error["innerError"]["request-id"] == response.headers["request-id"]
    assert error["innerError"]["client-request-id"] == response.headers["client-request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", error["innerError"]["date"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1.0/planets"),
        ("POST", "/v1.0/users/admin@contoso.com/assignLicense"),
        ("DELETE", "/v1.0/organization/x"),
        ("GET", "/beta/users"),
        ("GET", "/v1.0"),
        ("GET", "/"),
    ],
)
def test_a_gap_names_itself_and_the_path(graph: Graph, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": f"Bearer {graph.emulator.token()}"}):
        response = graph.http.request(method, path, headers=headers)
        assert response.status_code == 501
        error = response.json()["error"]
        assert error["code"] == "EmulatorNotImplemented"
        assert error["message"] == f"entra-emulator does not emulate {method} {path}."


def test_a_method_that_no_collection_has_is_not_allowed(graph: Graph) -> None:
    message = "Specified HTTP method is not allowed for the request target."
    assert graph.refused("PUT", "/users", user_body()) == (405, "Request_BadRequest", message)


def test_paths_are_compared_without_case(graph: Graph) -> None:
    assert graph.get("/USERS/Admin@Contoso.com")["displayName"] == "MOD Administrator"


def test_links_and_contexts_are_built_from_the_clients_own_address(graph: Graph) -> None:
    graph.new_user()
    page = graph.get("/users?$top=1")
    root = str(graph.http.base_url).rstrip("/")
    assert page["@odata.context"].startswith(f"{root}/v1.0/$metadata#users")
    assert page["@odata.nextLink"].startswith(f"{root}/v1.0/users?")


def test_text_beyond_ascii_passes_unharmed(graph: Graph) -> None:
    made = graph.new_user(displayName="Åline Dûpuy 李")
    assert graph.get(f"/users/{made['id']}")["displayName"] == "Åline Dûpuy 李"
    (found,) = graph.values("/users?$filter=displayName eq 'åline dûpuy 李'")
    assert found["id"] == made["id"]


def test_a_failure_of_the_emulator_itself_says_so_and_changes_nothing(
    graph: Graph, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("entra_emulator.directory.users._apply", broken)
    status, code, message = graph.refused("POST", "/users", user_body())
    assert (status, code, message) == (500, "EmulatorError", "entra-emulator failed: RuntimeError: broken")
    assert "Traceback" in caplog.text
    monkeypatch.undo()
    graph.new_user()
    assert [entry.status for entry in emulator.journal.entries()] == [500, 201]
