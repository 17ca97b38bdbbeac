"""JSON batching: https://learn.microsoft.com/graph/json-batching."""

from typing import Any

import pytest

from entra_emulator import Emulator
from tests.emulator.graph import Graph, user_body


def item(name: str, method: str = "GET", url: str = "/organization", **more: object) -> dict[str, object]:
    return {"id": name, "method": method, "url": url, **more}


def run(graph: Graph, *items: object) -> dict[str, Any]:
    return {each["id"]: each for each in graph.post("/$batch", {"requests": list(items)}, status=200)["responses"]}


def create(name: str, **more: object) -> dict[str, object]:
    return item(name, "POST", "users", body=user_body(name), headers={"Content-Type": "application/json"}, **more)


def test_each_request_of_a_batch_is_answered_by_its_id(graph: Graph) -> None:
    found = run(
        graph,
        create("anna"),
        item("2", url="/users/nobody@contoso.com"),
        item("3", "DELETE", "/users/anna@contoso.com", dependsOn=["ANNA"]),
        item("4", url="/users/$count", headers={"ConsistencyLevel": "eventual"}, dependsOn=["3"]),
    )
    assert {name: each["status"] for name, each in found.items()} == {"anna": 201, "2": 404, "3": 204, "4": 200}
    assert found["anna"]["body"]["userPrincipalName"] == "anna@contoso.com"
    assert found["2"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert "body" not in found["3"]
    assert found["4"]["body"] == "MQ=="
    assert found["anna"]["headers"]["request-id"]


def test_what_depends_on_a_failure_fails_without_being_tried(graph: Graph) -> None:
    found = run(
        graph,
        create("last", dependsOn=["middle"]),
        create("middle", dependsOn=["first"]),
        item("first", url="/users/nobody@contoso.com"),
    )
    assert [found[name]["status"] for name in ("first", "middle", "last")] == [404, 424, 424]
    assert found["last"]["body"]["error"]["code"] == "FailedDependency"
    assert len(graph.values("/users")) == 1


def test_each_request_of_a_batch_is_kept_or_refused_by_itself(graph: Graph) -> None:
    found = run(graph, create("anna"), {**create("again"), "body": user_body("anna")}, create("bert"))
    assert [found[name]["status"] for name in ("anna", "again", "bert")] == [201, 400, 201]
    assert len(graph.values("/users")) == 3


def test_a_batch_is_one_entry_of_the_journal(graph: Graph, emulator: Emulator) -> None:
    run(graph, item("1"), item("2"))
    (entry,) = emulator.journal.entries()
    assert (entry.method, entry.path, entry.status) == ("POST", "/v1.0/$batch", 200)
    assert len(entry.response_body["responses"]) == 2


@pytest.mark.parametrize(
    "requests",
    [
        None,
        [],
        "x",
        ["x"],
        [{"id": "1", "method": "GET"}],
        [item(str(number)) for number in range(21)],
        [item("a"), item("A")],
        [item("1", "POST", "/$batch", body={"requests": []})],
        [item("1", dependsOn=["2"])],
        [item("1", dependsOn=["2"]), item("2", dependsOn=["1"])],
    ],
)
def test_a_batch_that_is_malformed_is_refused_whole(graph: Graph, requests: object) -> None:
    assert graph.refused("POST", "/$batch", {"requests": requests})[:2] == (400, "BadRequest")


def test_a_batch_needs_a_token_and_carries_it_on(graph: Graph) -> None:
    body = {"requests": [item("1")]}
    assert graph.bearer(None).refused("POST", "/$batch", body)[0] == 401
    assert run(graph.app("Mail.Read"), item("1"))["1"]["status"] == 403
