"""What callers of Graph's verbs rely on: what is sent, how often, to whom, and what is said when it fails."""

import json
import ssl
import threading
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_entra_pim.graph.auth import GivenToken
from pulumi_entra_pim.graph.client import GraphClient, Operation
from pulumi_entra_pim.graph.connections import Connections
from pulumi_entra_pim.graph.errors import (
    Abandoned,
    AlreadyExists,
    AuthError,
    Denied,
    EntraError,
    GraphError,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Throttled,
    TimedOut,
)
from tests.graph.service import GRAPH, PASSWORD, TENANT, TOKEN, Service, Step, answer, bearer, refusal, said
from tests.graph.virtual_clock import START, VirtualClock

Verb = Callable[[Operation], object]

NEW_USER = {"displayName": "Aline", "passwordProfile": {"password": PASSWORD}}
READS: dict[str, Verb] = {
    "get": lambda graph: graph.get("/users/aline"),
    "find": lambda graph: graph.find("/users/aline"),
    "pages": lambda graph: list(graph.pages("/users")),
}
REPEATABLE_WRITES: dict[str, Verb] = {
    "patch": lambda graph: graph.patch("/users/aline", NEW_USER),
    "upsert": lambda graph: graph.upsert("/groups(uniqueName='helpdesk')", NEW_USER),
    "delete": lambda graph: graph.delete("/users/aline"),
    "post that may be repeated": lambda graph: graph.post("/groups/helpdesk/members/$ref", {}),
}
POST: dict[str, Verb] = {"post": lambda graph: graph.post_once("/users", NEW_USER)}
REPEATABLE = {**READS, **REPEATABLE_WRITES}
VERBS = {**REPEATABLE, **POST}

NEVER_LEFT: list[Step] = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("15 s"),
    httpx.PoolTimeout("no room"),
    httpx.ProxyError("407 Proxy Authentication Required"),
]
ANSWER_LOST: list[Step] = [
    httpx.ReadTimeout("60 s"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.WriteTimeout("60 s"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    refusal(500),
    refusal(502),
    refusal(503),
    refusal(504),
]
DONE = answer(200, {"id": "aline", "value": []})


def over(verbs: dict[str, Verb]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("verb", list(verbs.values()), ids=list(verbs))


def failing(steps: list[Step]) -> pytest.MarkDecorator:
    names = [str(step.status_code) if isinstance(step, httpx.Response) else type(step).__name__ for step in steps]
    return pytest.mark.parametrize("failure", steps, ids=names)


class TestWhatIsSent:
    def test_a_path_goes_below_v1_of_the_configured_host_with_the_token(self, clock: VirtualClock) -> None:
        service = Service(DONE)
        service.operation(clock).get("/users/aline?$select=id")
        [request] = service.received
        assert str(request.url) == "https://graph.microsoft.com/v1.0/users/aline?$select=id"
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"

    def test_a_body_is_json(self, clock: VirtualClock) -> None:
        service = Service(answer(201, {"id": "aline"}))
        assert service.operation(clock).post("/users", NEW_USER) == {"id": "aline"}
        [request] = service.received
        assert (request.method, request.headers["Content-Type"]) == ("POST", "application/json")
        assert json.loads(request.content) == NEW_USER

    @over({**READS, "delete": REPEATABLE_WRITES["delete"]})
    def test_a_call_without_a_body_sends_none(self, verb: Verb, clock: VirtualClock) -> None:
        service = Service(DONE)
        verb(service.operation(clock))
        assert service.received[0].content == b""

    def test_every_try_can_be_looked_up_by_its_own_client_request_id(self, clock: VirtualClock) -> None:
        service = Service(refusal(429), DONE)
        service.operation(clock).get("/users/aline")
        assert len({uuid.UUID(request.headers["client-request-id"]) for request in service.received}) == 2

    def test_an_upsert_asks_to_create_what_is_missing(self, clock: VirtualClock) -> None:
        service = Service(answer(201, {"id": "helpdesk"}), answer(204))
        graph = service.operation(clock)
        assert graph.upsert("/groups(uniqueName='helpdesk')", {}) == {"id": "helpdesk"}
        assert graph.upsert("/groups(uniqueName='helpdesk')", {}) == {}
        assert [request.method for request in service.received] == ["PATCH", "PATCH"]
        assert {request.headers["Prefer"] for request in service.received} == {"create-if-missing"}

    def test_a_plain_update_creates_nothing(self, clock: VirtualClock) -> None:
        service = Service(answer(204))
        service.operation(clock).patch("/users/aline", {})
        assert "Prefer" not in service.received[0].headers

    def test_a_slash_at_the_end_of_graphs_address_does_not_matter(self, clock: VirtualClock) -> None:
        service = Service(DONE)
        client = GraphClient(f"{GRAPH}/", GivenToken(TOKEN), service.connections(), clock=clock)
        client.operation().get("/users")
        assert str(service.received[0].url) == f"{GRAPH}/v1.0/users"


class TestWhatIsThere:
    def test_find_answers_none_for_what_is_not_there(
        self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]
    ) -> None:
        service = Service(recorded("object-not-found"), DONE)
        assert service.operation(clock).find("/users/aline") is None
        assert service.operation(clock).find("/users/aline") == {"id": "aline", "value": []}

    def test_get_says_not_found(self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]) -> None:
        with pytest.raises(NotFound) as caught:
            Service(recorded("object-not-found")).operation(clock).get("/users/aline")
        assert said(caught.value) == (
            "Request_ResourceNotFound: Resource '5f5e1b3c-6f8d-4a38-9d0c-9a2a4b9f6f10' does not exist or one of its"
            " queried reference-property objects are not present. (GET /v1.0/users/aline, HTTP 404,"
            " request-id fba27774-b542-4190-a6c8-83a857dcd7ec)"
        )

    def test_find_hides_no_other_refusal(self, clock: VirtualClock) -> None:
        with pytest.raises(Denied):
            Service(refusal(403)).operation(clock).find("/users/aline")


class TestHowOften:
    @failing(ANSWER_LOST)
    def test_a_post_whose_answer_was_lost_is_sent_exactly_once(self, failure: Step, clock: VirtualClock) -> None:
        service = Service(failure)
        with pytest.raises(OutcomeUnknown) as caught:
            service.operation(clock).post_once("/users", NEW_USER)
        assert service.calls == ["POST /v1.0/users"]
        assert clock.slept == []
        assert "POST /v1.0/users" in said(caught.value)

    @failing(ANSWER_LOST)
    @over(REPEATABLE)
    def test_what_can_be_repeated_is_sent_again_when_its_answer_was_lost(
        self, verb: Verb, failure: Step, clock: VirtualClock
    ) -> None:
        service = Service(failure, failure, DONE)
        verb(service.operation(clock))
        assert len(service.calls) == 3
        assert len(set(service.calls)) == 1
        assert len({request.content for request in service.received}) == 1

    @failing(ANSWER_LOST)
    @over(REPEATABLE)
    def test_it_is_not_sent_again_for_ever(self, verb: Verb, failure: Step, clock: VirtualClock) -> None:
        service = Service(failure, repeat=True)
        with pytest.raises(OutcomeUnknown) as caught:
            verb(service.operation(clock))
        assert len(service.calls) == 8
        said(caught.value)

    @failing(NEVER_LEFT)
    @over(VERBS)
    def test_what_never_left_is_sent_again_whatever_the_verb(
        self, verb: Verb, failure: Step, clock: VirtualClock
    ) -> None:
        service = Service(failure, failure, DONE)
        verb(service.operation(clock))
        assert len(service.calls) == 3

    @failing(NEVER_LEFT)
    @over(VERBS)
    def test_an_unreachable_graph_is_said_to_be_unreachable(
        self, verb: Verb, failure: Step, clock: VirtualClock
    ) -> None:
        service = Service(failure, repeat=True)
        with pytest.raises(NotSent) as caught:
            verb(service.operation(clock))
        assert len(service.calls) == 5
        assert said(caught.value).startswith("cannot reach https://graph.microsoft.com (")
        assert said(caught.value).endswith("; check the network and the address")

    @pytest.mark.parametrize("url", ["http://127.0.0.1:8443", "https://localhost:8443", "https://[::1]:8443"])
    def test_an_unreachable_graph_on_this_machine_may_be_an_emulator_that_is_not_running(
        self, url: str, clock: VirtualClock
    ) -> None:
        connections = Service(httpx.ConnectError("refused"), repeat=True).connections()
        with pytest.raises(NotSent) as caught:
            GraphClient(url, GivenToken(TOKEN), connections, clock=clock).operation().get("/users")
        assert said(caught.value) == (
            f"cannot reach {url} (GET /v1.0/users): refused; is the emulator running? (`make up` starts it)"
        )

    @over(VERBS)
    def test_a_host_that_is_not_trusted_is_not_asked_again(self, verb: Verb, clock: VirtualClock) -> None:
        distrust = httpx.ConnectError("certificate verify failed")
        distrust.__cause__ = ssl.SSLCertVerificationError("certificate verify failed")
        service = Service(distrust)
        with pytest.raises(EntraError) as caught:
            verb(service.operation(clock))
        assert said(caught.value) == (
            "https://graph.microsoft.com is not trusted: certificate verify failed; if it is the right address, set"
            " entra-pim:caFile to its certificate authority's file"
        )
        assert len(service.calls) == 1

    @over(REPEATABLE)
    def test_pauses_start_short_and_grow(self, verb: Verb, clock: VirtualClock) -> None:
        with pytest.raises(OutcomeUnknown):
            verb(Service(refusal(502), repeat=True).operation(clock))
        assert clock.slept == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0]

    @pytest.mark.parametrize("status", [302, 400, 403, 404, 405, 409, 412, 501, 505])
    @over(VERBS)
    def test_an_answer_that_is_no_is_not_asked_again(self, verb: Verb, status: int, clock: VirtualClock) -> None:
        service = Service(refusal(status))
        if (verb, status) != (VERBS["find"], 404):
            with pytest.raises(GraphError) as caught:
                verb(service.operation(clock))
            assert f"HTTP {status}" in said(caught.value)
        else:
            assert verb(service.operation(clock)) is None
        assert len(service.calls) == 1

    def test_nothing_of_the_http_library_comes_out_of_a_verb(self, clock: VirtualClock) -> None:
        failures = [kind("what httpx says") for kind in _leaves(httpx.HTTPError) if kind is not httpx.HTTPStatusError]
        assert len(failures) > 10
        for failure in failures:
            for verb in VERBS.values():
                with pytest.raises(EntraError) as caught:
                    verb(Service(failure, repeat=True).operation(clock))
                assert "what httpx says" in said(caught.value)
                assert caught.value.__cause__ is failure


class TestThrottling:
    in_five_seconds = {"retry_after": "Mon, 23 Nov 2026 18:00:05 GMT", "date": "Mon, 23 Nov 2026 18:00:00 GMT"}

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [({"retry_after": "7"}, 7.0), ({"retry_after": "2.128"}, 2.128), (in_five_seconds, 5.0)],
        ids=["whole seconds", "fractions", "HTTP date"],
    )
    @over(VERBS)
    def test_a_throttled_call_comes_back_when_graph_says_and_never_earlier(
        self, verb: Verb, headers: dict[str, str], seconds: float, clock: VirtualClock
    ) -> None:
        arrivals: list[float] = []

        def throttle(_request: httpx.Request) -> httpx.Response:
            arrivals.append(clock.monotonic())
            return refusal(429, **headers) if len(arrivals) == 1 else DONE

        verb(Service(throttle, repeat=True).operation(clock))
        assert arrivals == [0.0, pytest.approx(seconds)]
        assert arrivals[1] >= seconds

    def test_graphs_own_example_is_understood(
        self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]
    ) -> None:
        Service(recorded("throttled"), DONE).operation(clock).get("/users")
        assert clock.slept == [2.128]

    @pytest.mark.parametrize("status", [503, 504, 500])
    @over(REPEATABLE)
    def test_a_busy_service_is_left_alone_as_long_as_it_asks(
        self, verb: Verb, status: int, clock: VirtualClock
    ) -> None:
        verb(Service(refusal(status, retry_after="30"), DONE).operation(clock))
        assert clock.slept == [30.0]

    @over(VERBS)
    def test_without_a_wait_asked_for_it_comes_back_soon(self, verb: Verb, clock: VirtualClock) -> None:
        verb(Service(refusal(429), refusal(429), DONE).operation(clock))
        assert clock.slept == [0.25, 0.5]

    @over(VERBS)
    def test_throttled_for_ever_is_an_error(self, verb: Verb, clock: VirtualClock) -> None:
        service = Service(refusal(429, "TooManyRequests", retry_after="1"), repeat=True)
        with pytest.raises(Throttled) as caught:
            verb(service.operation(clock))
        assert len(service.calls) == 20
        assert said(caught.value).startswith("TooManyRequests: ")

    @over(VERBS)
    def test_a_wait_beyond_the_deadline_is_refused_at_once(self, verb: Verb, clock: VirtualClock) -> None:
        service = Service(refusal(429, "TooManyRequests", retry_after="61"))
        with pytest.raises(TimedOut) as caught:
            verb(service.operation(clock, seconds=60))
        assert clock.slept == []
        assert "TooManyRequests" in said(caught.value)
        assert "raise entra-pim:operationTimeout" in said(caught.value)

    def test_all_calls_of_an_operation_share_its_deadline(self, clock: VirtualClock) -> None:
        graph = Service(refusal(429, retry_after="40"), DONE, refusal(429, retry_after="40")).operation(
            clock, seconds=60
        )
        graph.get("/users/aline")
        with pytest.raises(TimedOut):
            graph.get("/users/aline")
        assert clock.slept == [40.0]

    def test_a_resources_own_timeout_replaces_the_configured_one(self, clock: VirtualClock) -> None:
        client = Service(refusal(429, retry_after="40"), DONE).client(clock, seconds=10)
        client.operation(seconds=60).get("/users/aline")
        assert clock.slept == [40.0]

    def test_the_person_is_told_what_is_waited_for(self, clock: VirtualClock) -> None:
        told: list[str] = []
        client = Service(refusal(429, "TooManyRequests", retry_after="5"), DONE).client(clock)
        client.operation(told.append).get("/users/aline")
        assert told == [
            "TooManyRequests: Graph's words. (GET /v1.0/users/aline, HTTP 429, request-id a-request)"
            " Trying again (5.0 s)"
        ]

    @over({**READS, "patch": REPEATABLE_WRITES["patch"]})
    def test_after_a_503_another_connection_is_used_and_kept(self, verb: Verb, clock: VirtualClock) -> None:
        service, opened = Service(refusal(503), DONE, DONE), []

        def open_one() -> httpx.Client:
            opened.append(httpx.Client(transport=httpx.MockTransport(service)))
            return opened[-1]

        graph = GraphClient(GRAPH, GivenToken(TOKEN), Connections(open_one, 4), clock=clock).operation()
        verb(graph)
        verb(graph)
        assert [each.is_closed for each in opened] == [True, False]


class TestPages:
    def test_every_element_of_every_page_in_order(
        self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]
    ) -> None:
        service = Service(recorded("first-page"), recorded("last-page"))
        names = [user["displayName"] for user in service.operation(clock).pages("/users?$top=5")]
        assert names == ["Adele Vance", "Alex Wilber", "Diego Siciliani"]

    def test_the_next_link_is_followed_as_it_is_given(
        self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]
    ) -> None:
        service = Service(recorded("first-page"), recorded("last-page"))
        list(service.operation(clock).pages("/users?$top=5"))
        assert service.calls == [
            "GET /v1.0/users?$top=5",
            "GET /v1.0/users?$top=5&$skiptoken=X%2744537076633B900000000000000000000%27",
        ]

    def test_headers_are_sent_with_each_page(
        self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]
    ) -> None:
        service = Service(recorded("first-page"), recorded("last-page"))
        list(service.operation(clock).pages("/users?$top=5", {"ConsistencyLevel": "eventual"}))
        assert [request.headers["ConsistencyLevel"] for request in service.received] == ["eventual", "eventual"]

    def test_a_page_is_asked_for_when_its_elements_are_wanted(
        self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]
    ) -> None:
        service = Service(recorded("first-page"))
        assert next(service.operation(clock).pages("/users?$top=5"))["displayName"] == "Adele Vance"
        assert len(service.calls) == 1

    def test_a_page_may_be_empty(self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]) -> None:
        empty = answer(200, {"value": [], "@odata.nextLink": f"{GRAPH}/v1.0/users?$skiptoken=1"})
        assert len(list(Service(empty, recorded("last-page")).operation(clock).pages("/users"))) == 1

    def test_a_throttled_page_does_not_begin_the_list_again(
        self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]
    ) -> None:
        service = Service(recorded("first-page"), recorded("throttled"), recorded("last-page"))
        assert len(list(service.operation(clock).pages("/users?$top=5"))) == 3

    def test_a_link_that_comes_twice_ends_in_an_error(self, clock: VirtualClock) -> None:
        service = Service(
            answer(200, {"value": [], "@odata.nextLink": f"{GRAPH}/v1.0/users?$skiptoken=1"}), repeat=True
        )
        with pytest.raises(EntraError) as caught:
            list(service.operation(clock).pages("/users"))
        assert said(caught.value) == "Graph's pages of /users do not end"
        assert len(service.calls) == 2

    def test_links_that_never_end_do(self, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pulumi_entra_pim.graph.client._PAGE_LIMIT", 20)
        count = iter(range(1_000_000))
        service = Service(
            lambda _: answer(200, {"value": [], "@odata.nextLink": f"{GRAPH}/v1.0/users?$skiptoken={next(count)}"}),
            repeat=True,
        )
        with pytest.raises(EntraError, match="do not end"):
            list(service.operation(clock).pages("/users"))
        assert len(service.calls) < 30

    @pytest.mark.parametrize(
        "document",
        [
            {"value": None},
            {"value": {}},
            {"value": "users"},
            {"value": ["aline"]},
            {"value": [], "@odata.nextLink": 5},
            {"value": [], "@odata.nextLink": {"href": "/users"}},
        ],
        ids=json.dumps,
    )
    def test_what_is_not_a_collection_is_never_taken_for_an_empty_one(
        self, document: dict[str, Any], clock: VirtualClock
    ) -> None:
        service = Service(answer(200, document), repeat=True)
        with pytest.raises(EntraError) as caught:
            list(service.operation(clock).pages("/users"))
        assert said(caught.value).startswith("Graph's answer to GET /users is not a collection")
        assert len(service.calls) == 1


class TestTheTokenStaysAtGraph:
    @pytest.mark.parametrize(
        "link",
        [
            "https://evil.example/v1.0/users",
            "https://graph.microsoft.com.evil.example/v1.0/users",
            "https://graph.microsoft.com@evil.example/v1.0/users",
            "https://graph.microsoft.com:444/v1.0/users",
            "http://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.us/v1.0/users",
        ],
    )
    def test_a_next_link_to_another_host_is_refused(self, link: str, clock: VirtualClock) -> None:
        service = Service(answer(200, {"value": [{"id": "aline"}], "@odata.nextLink": link}))
        with pytest.raises(EntraError) as caught:
            list(service.operation(clock).pages("/users"))
        assert "not followed, as the token is for https://graph.microsoft.com" in said(caught.value)
        assert service.calls == ["GET /v1.0/users"]

    @pytest.mark.parametrize(
        "link", ["https://GRAPH.microsoft.com/v1.0/users?2", "https://graph.microsoft.com:443/v1.0/users?2"]
    )
    def test_another_spelling_of_the_same_host_is_followed(self, link: str, clock: VirtualClock) -> None:
        service = Service(answer(200, {"value": [], "@odata.nextLink": link}), answer(200, {"value": []}))
        list(service.operation(clock).pages("/users"))
        assert service.calls == ["GET /v1.0/users", "GET /v1.0/users?2"]

    @given(
        link=st.text(min_size=1)
        | st.builds(
            "".join,
            st.lists(
                st.sampled_from(
                    [*"/\\@:#?&%.[] \t\n\0", "http", "https://", "graph.microsoft.com", "evil.example", "xn--"]
                )
            ),
        )
    )
    @example("https://[")
    @example("https://graph.microsoft.com:port/")
    @example("https://graph.micro\nsoft.com/")
    @example("https://graph.microsoft.com\\@evil.example/")
    @example("https://xn--/")
    @example("//evil.example/")
    @example("@evil.example/")
    def test_no_link_whatever_leads_the_token_elsewhere(self, link: str) -> None:
        service = Service(answer(200, {"value": [], "@odata.nextLink": link}), answer(200, {"value": []}))
        try:
            list(service.operation(VirtualClock()).pages("/users"))
        except EntraError as error:
            said(error)
        assert {(request.url.scheme, request.url.host, request.url.port) for request in service.received} == {
            ("https", "graph.microsoft.com", None)
        }

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @over(VERBS)
    def test_a_redirect_is_not_followed(self, verb: Verb, status: int, clock: VirtualClock) -> None:
        service = Service(answer(status, location="https://evil.example/v1.0/users"))
        with pytest.raises(GraphError) as caught:
            verb(service.operation(clock))
        assert [request.url.host for request in service.received] == ["graph.microsoft.com"]
        assert f"HTTP {status}" in said(caught.value)


class TestAnswersOfSomebodyElse:
    html = b"<html>\n<head><title>Sign in to the network</title></head>\x1b[31m</html>"
    strange = pytest.mark.parametrize(
        "body",
        [html, b'{"value": [{"id": "al', b"[]", b'"text"', b"null", b"\xff\xfe\x00", b"[" * 100_000],
        ids=["a proxy's page", "cut off", "a list", "a text", "null", "bytes", "nested without end"],
    )

    @strange
    @over(READS)
    def test_a_read_that_is_not_graphs_is_an_error_and_not_an_absence(
        self, verb: Verb, body: bytes, clock: VirtualClock
    ) -> None:
        service = Service(httpx.Response(200, content=body), repeat=True)
        with pytest.raises(OutcomeUnknown, match=r"is not Graph's \(HTTP 200\)") as caught:
            verb(service.operation(clock))
        said(caught.value)
        assert len(service.calls) == 8

    @over(READS)
    def test_a_read_without_an_answer_is_an_error(self, verb: Verb, clock: VirtualClock) -> None:
        with pytest.raises(OutcomeUnknown, match=r"is not Graph's \(HTTP 200\): nothing"):
            verb(Service(answer(200), repeat=True).operation(clock))

    @strange
    def test_a_create_whose_answer_nobody_understands_has_an_unknown_outcome(
        self, body: bytes, clock: VirtualClock
    ) -> None:
        service = Service(httpx.Response(201, content=body))
        with pytest.raises(OutcomeUnknown) as caught:
            service.operation(clock).post_once("/users", NEW_USER)
        assert "POST /users" in said(caught.value)
        assert len(service.calls) == 1

    def test_an_upsert_whose_answer_nobody_understands_is_sent_again(self, clock: VirtualClock) -> None:
        service = Service(httpx.Response(200, content=self.html), answer(201, {"id": "helpdesk"}))
        assert service.operation(clock).upsert("/groups(uniqueName='helpdesk')", {}) == {"id": "helpdesk"}

    @over({**REPEATABLE_WRITES, **POST})
    def test_a_write_may_be_answered_with_nothing(self, verb: Verb, clock: VirtualClock) -> None:
        verb(Service(answer(204)).operation(clock))

    def test_a_compressed_answer_that_is_broken_was_lost(self, clock: VirtualClock) -> None:
        broken = httpx.Response(201, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip"))
        with pytest.raises(OutcomeUnknown):
            Service(lambda _: broken).operation(clock).post_once("/users", NEW_USER)

    @over(VERBS)
    def test_an_answer_without_end_is_not_read_to_it(
        self, verb: Verb, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pulumi_entra_pim.graph.client._LONGEST_ANSWER", 10_000)
        taken = 0

        def endless(_request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=chunks())

        def chunks() -> Iterator[bytes]:
            nonlocal taken
            while True:
                taken += 1
                yield b"x" * 1_000

        with pytest.raises(OutcomeUnknown, match="it is longer than 10000 bytes") as caught:
            verb(Service(endless, repeat=True).operation(clock))
        said(caught.value)
        assert taken <= 8 * 11

    @pytest.mark.parametrize("status", [200, 400, 403, 502])
    def test_a_page_that_repeats_our_request_does_not_put_the_token_into_the_error(
        self, status: int, clock: VirtualClock
    ) -> None:
        def echo(request: httpx.Request) -> httpx.Response:
            return httpx.Response(status, text=f"You sent:\nauthorization: {request.headers['authorization']}\n")

        with pytest.raises(EntraError) as caught:
            Service(echo, repeat=True).operation(clock).get("/users")
        assert "You sent: authorization: Bearer [token]" in said(caught.value)


class Tokens:
    """A source of tokens that can be renewed."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.refused: list[str] = []
        self.claims: list[str] = []

    def token(self) -> str:
        return self._tokens[0]

    def renew(self, refused: str, claims: str = "", /) -> bool:
        self.refused.append(refused)
        self.claims.append(claims)
        if len(self._tokens) > 1:
            self._tokens.pop(0)
        return True


class TestTokens:
    first, second = bearer(jti="1"), bearer(jti="2")

    @over(VERBS)
    def test_a_refused_token_is_renewed_once_and_the_call_sent_again(self, verb: Verb, clock: VirtualClock) -> None:
        service, tokens = Service(refusal(401), DONE), Tokens(self.first, self.second)
        verb(service.operation(clock, tokens))
        assert [request.headers["Authorization"] for request in service.received] == [
            f"Bearer {self.first}",
            f"Bearer {self.second}",
        ]
        assert len({request.content for request in service.received}) == 1
        assert tokens.refused == [self.first]

    @over(VERBS)
    def test_a_second_refusal_is_the_answer(
        self, verb: Verb, clock: VirtualClock, recorded: Callable[[str], httpx.Response]
    ) -> None:
        service = Service(recorded("token-expired"), repeat=True)
        with pytest.raises(Denied) as caught:
            verb(service.operation(clock, Tokens(self.first, self.second)))
        assert len(service.calls) == 2
        assert said(caught.value).startswith(
            "InvalidAuthenticationToken: Access token has expired or is not yet valid. ("
        )

    @over(VERBS)
    def test_claims_that_graph_wants_are_asked_for(self, verb: Verb, clock: VirtualClock) -> None:
        claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'
        challenge = f'Bearer realm="", error="insufficient_claims", claims="{b64encode(claims.encode()).decode()}"'
        service, tokens = Service(refusal(401, www_authenticate=challenge), DONE), Tokens(self.first, self.second)
        verb(service.operation(clock, tokens))
        assert tokens.claims == [claims]

    def test_a_given_token_has_no_successor(self, clock: VirtualClock) -> None:
        service = Service(refusal(401))
        with pytest.raises(Denied):
            service.operation(clock).get("/users")

    def test_the_same_token_again_is_not_tried(self, clock: VirtualClock) -> None:
        service = Service(refusal(401))
        with pytest.raises(Denied):
            service.operation(clock, Tokens(self.first)).get("/users")

    @pytest.mark.parametrize("token", [f"{TOKEN}\n", f"{TOKEN} ", "two words", "sécret", "a\r\nX-Evil: 1", ""])
    @over(VERBS)
    def test_a_token_that_is_none_is_refused_before_anything_is_sent(
        self, verb: Verb, token: str, clock: VirtualClock
    ) -> None:
        service = Service()
        with pytest.raises(AuthError) as caught:
            verb(service.operation(clock, GivenToken(token)))
        assert "check ENTRA_PIM_ACCESS_TOKEN" in said(caught.value)
        assert service.calls == []

    def test_the_caller_is_who_the_token_names(self, clock: VirtualClock) -> None:
        service = Service()
        assert service.client(clock).identity().tenant_id == TENANT
        assert service.operation(clock).caller.object_id == "an-object"

    def test_who_the_caller_is_is_asked_again_while_entra_gives_no_token(self, clock: VirtualClock) -> None:
        class Busy(Tokens):
            failures = [NotSent("Entra is busy", 7.0), NotSent("Entra is busy")]

            def token(self) -> str:
                if self.failures:
                    raise self.failures.pop(0)
                return super().token()

        assert Service().operation(clock, Busy(self.first)).caller.object_id == "an-object"
        assert clock.slept == [7.0, 0.5]

    def test_an_operation_stays_with_the_caller_it_began_with(self, clock: VirtualClock) -> None:
        tokens = Tokens(self.first, bearer(tid="another"))
        operation = Service(refusal(401), DONE).operation(clock, tokens)
        before = operation.caller
        operation.get("/users")
        assert operation.caller is before


class TestTime:
    def test_the_present_is_the_services(self, clock: VirtualClock) -> None:
        ahead = START + timedelta(minutes=7)
        client = Service(answer(200, {"id": "aline"}, date=format_datetime(ahead, usegmt=True)), DONE).client(clock)
        operation = client.operation()
        assert client.now() == operation.now() == START
        operation.get("/users")
        assert client.now() == operation.now() == ahead
        clock.advance(60)
        assert operation.now() == ahead + timedelta(minutes=1)
        operation.get("/users")
        assert operation.now() == ahead + timedelta(minutes=1)

    @pytest.mark.parametrize("date", ["yesterday", "Mon, 99 Nov 2026 18:00:00 GMT", ""])
    def test_an_unreadable_date_changes_nothing(self, date: str, clock: VirtualClock) -> None:
        operation = Service(answer(200, {"id": "aline"}, date=date)).operation(clock)
        operation.get("/users")
        assert operation.now() == START

    def test_without_a_clock_it_is_the_machines(self) -> None:
        client = GraphClient(GRAPH, GivenToken(TOKEN), Service(DONE).connections())
        assert client.operation().get("/users")["id"] == "aline"
        assert client.now().tzinfo is not None


class TestTheEnd:
    @over(VERBS)
    def test_nothing_is_sent_for_an_operation_that_is_over(self, verb: Verb, clock: VirtualClock) -> None:
        service, over = Service(), threading.Event()
        over.set()
        with pytest.raises(Abandoned) as caught:
            verb(service.client(clock).operation(over=over))
        assert said(caught.value).startswith("the run was stopped: nothing more was sent")
        assert service.calls == []

    @over(VERBS)
    def test_a_wait_ends_with_its_operation_and_nothing_follows(self, verb: Verb, clock: VirtualClock) -> None:
        service, over = Service(refusal(429, retry_after="600")), threading.Event()
        with pytest.raises(Abandoned):
            verb(service.client(clock).operation(lambda _: over.set(), over=over))
        assert len(service.calls) == 1


class TestAdvice:
    def test_a_missing_permission_is_named(
        self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]
    ) -> None:
        with pytest.raises(Denied) as caught:
            Service(recorded("permission-scope-not-granted")).operation(clock).get(
                "/roleManagement/directory/roleEligibilityScheduleRequests"
            )
        assert said(caught.value) == (
            "PermissionScopeNotGranted: Authorization failed due to missing permission scope"
            " RoleEligibilitySchedule.ReadWrite.Directory,RoleManagement.ReadWrite.Directory."
            " Grant the caller one of RoleEligibilitySchedule.ReadWrite.Directory, RoleManagement.ReadWrite.Directory,"
            " with admin consent."
            " (GET /v1.0/roleManagement/directory/roleEligibilityScheduleRequests, HTTP 403,"
            " request-id 43e63764-47fb-4790-8f24-7be256e356ab)"
        )

    def test_where_graph_does_not_name_it_we_do(self, clock: VirtualClock) -> None:
        denied = refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        with pytest.raises(Denied) as caught:
            Service(denied).operation(clock).post("/users", NEW_USER)
        assert said(caught.value) == (
            "Authorization_RequestDenied: Insufficient privileges to complete the operation."
            " The call needs User.ReadWrite.All with admin consent."
            " (POST /v1.0/users, HTTP 403, request-id a-request)"
        )

    def test_what_exists_already_is_told_apart(
        self, clock: VirtualClock, recorded: Callable[[str], httpx.Response]
    ) -> None:
        for name in ("user-name-taken", "grant-exists"):
            with pytest.raises(AlreadyExists) as caught:
                Service(recorded(name)).operation(clock).post("/users", NEW_USER)
            said(caught.value)


def _leaves(kind: type[httpx.HTTPError]) -> list[type[httpx.HTTPError]]:
    return [leaf for below in kind.__subclasses__() for leaf in _leaves(below)] or [kind]
