"""Many collections in few requests, and none of them less complete, or asked for less patiently, for that."""

import json
from typing import Any

import httpx
import pytest

from pulumi_entra_pim.graph.batch import AT_ONCE, collections
from pulumi_entra_pim.graph.errors import Denied, EntraError

from .service import Service, answer, refusal, said
from .virtual_clock import VirtualClock


def page(*ids: str, **more: Any) -> dict[str, Any]:
    return {"value": [{"id": id_} for id_ in ids], **more}


def item(number: int, body: Any, status: int = 200, **headers: str) -> dict[str, Any]:
    return {"id": str(number), "status": status, "headers": headers, "body": body}


def batch(*items: Any) -> httpx.Response:
    return answer(200, {"responses": list(items)})


def ids(service: Service, clock: VirtualClock, *paths: str) -> list[list[str]]:
    found = collections(service.operation(clock), paths, {"ConsistencyLevel": "eventual"})
    return [[each["id"] for each in elements] for elements in found]


def test_twenty_collections_are_one_request(clock: VirtualClock) -> None:
    service = Service(batch(*(item(number, page(f"of-{number}")) for number in range(AT_ONCE))))
    paths = [f"/groups/{number}/members" for number in range(AT_ONCE)]

    assert ids(service, clock, *paths) == [[f"of-{number}"] for number in range(AT_ONCE)]
    [request] = service.received
    assert request.url.path == "/v1.0/$batch"
    items = json.loads(request.content)["requests"]
    assert [(each["method"], each["url"]) for each in items] == [("GET", path) for path in paths]
    assert all(each["headers"] == {"ConsistencyLevel": "eventual"} for each in items)


def test_more_go_into_further_requests_and_answers_may_come_in_any_order(clock: VirtualClock) -> None:
    full = [item(number, page(str(number))) for number in range(AT_ONCE)]
    service = Service(batch(*reversed(full)), batch(item(0, page("last"))))

    found = ids(service, clock, *(f"/users/{number}/memberOf" for number in range(AT_ONCE + 1)))

    assert found == [*([str(number)] for number in range(AT_ONCE)), ["last"]]
    assert len(service.received) == 2


def test_nothing_asked_is_nothing_sent(clock: VirtualClock) -> None:
    assert ids(Service(), clock) == []


def test_the_further_pages_of_a_collection_are_followed(clock: VirtualClock) -> None:
    following = "https://graph.microsoft.com/v1.0/groups/1/members?$skiptoken=x"
    service = Service(batch(item(0, page("a", **{"@odata.nextLink": following}))), answer(200, page("b")))

    assert ids(service, clock, "/groups/1/members") == [["a", "b"]]
    assert service.received[1].headers["ConsistencyLevel"] == "eventual"


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(item(0, {"error": {"code": "x"}}, 500), id="failed"),
        pytest.param(item(0, "<html>"), id="not JSON"),
        pytest.param(item(0, {"value": "a"}), id="not a list"),
        pytest.param(item(0, {"value": ["a"]}), id="not a list of objects"),
        pytest.param(item(0, {"value": [{"displayName": "a"}]}), id="without an id"),
        pytest.param(item(0, {"value": [{"id": 7}]}), id="an id that is a number"),
        pytest.param(item(0, page("a", **{"@odata.nextLink": 7})), id="no address of a page"),
        pytest.param(item(1, page("b")), id="another question's"),
        pytest.param({"id": "0", "status": 200, "body": None}, id="nothing"),
        pytest.param("0", id="no object"),
    ],
)
def test_what_a_batch_does_not_answer_well_is_asked_again_on_its_own(clock: VirtualClock, odd: Any) -> None:
    service = Service(batch(odd), answer(200, page("a")))

    assert ids(service, clock, "/groups/1/members") == [["a"]]
    assert service.calls == ["POST /v1.0/$batch", "GET /v1.0/groups/1/members"]


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(httpx.ReadTimeout("slow"), id="no answer"),
        pytest.param(httpx.ConnectError("refused"), id="not sent"),
        pytest.param(answer(500), id="failed"),
        pytest.param(answer(200, []), id="no object"),
        pytest.param(answer(200, {"responses": None}), id="no answers"),
    ],
)
def test_a_batch_that_is_lost_is_asked_one_by_one(clock: VirtualClock, lost: Any) -> None:
    service = Service(lost, answer(200, page("a")), answer(200, page("b")))

    assert ids(service, clock, "/groups/1/members", "/groups/2/members") == [["a"], ["b"]]


@pytest.mark.parametrize(
    "throttled",
    [
        pytest.param(refusal(429, "TooManyRequests", retry_after="30"), id="the whole"),
        pytest.param(batch(item(0, {"error": {"code": "TooManyRequests"}}, 429, **{"Retry-After": "30"})), id="a part"),
    ],
)
def test_nothing_goes_out_before_the_time_that_a_throttled_batch_asks_for(
    clock: VirtualClock, throttled: httpx.Response
) -> None:
    service = Service(throttled, answer(200, page("a")))

    assert ids(service, clock, "/groups/1/members") == [["a"]]
    assert sum(clock.slept) >= 30


def test_a_batch_waits_too_while_graph_wants_no_requests(clock: VirtualClock) -> None:
    service = Service(batch(item(0, page("a"))))
    client = service.client(clock)
    client.traffic.close(12.0)

    [found] = collections(client.operation(), ["/groups/1/members"])

    assert found == [{"id": "a"}]
    assert sum(clock.slept) >= 12


def test_a_part_without_headers_is_read_as_well(clock: VirtualClock) -> None:
    service = Service(batch({"id": "0", "status": 200, "body": page("a")}))

    assert ids(service, clock, "/groups/1/members") == [["a"]]


def test_what_is_refused_is_refused_as_ever(clock: VirtualClock) -> None:
    service = Service(batch(item(0, {"error": {"code": "no"}}, 403)), refusal(403, "Authorization_RequestDenied"))

    with pytest.raises(Denied) as refused:
        ids(service, clock, "/groups/1/members")
    assert "Authorization_RequestDenied" in said(refused.value)


def test_a_page_at_another_host_is_not_followed(clock: VirtualClock) -> None:
    service = Service(batch(item(0, page("a", **{"@odata.nextLink": "https://evil.example/v1.0/groups"}))))

    with pytest.raises(EntraError, match="not followed"):
        ids(service, clock, "/groups/1/members")
