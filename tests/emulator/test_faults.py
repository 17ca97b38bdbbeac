"""What goes wrong on the way: each fault, before or after the call is carried out, through both doors."""

import base64
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from entra_emulator import Emulator
from tests.emulator.graph import EVERYTHING, Graph, user_body

STATUSES = ("429", "500", "502", "503", "504")
GRAPH = "https://graph.microsoft.com"
PATIENCE = 10.0
# What httpx raises; over TLS Python shows a reset as an end of the connection.
CUT = {
    "reset": (httpx.ReadError, httpx.RemoteProtocolError),
    "close": (httpx.RemoteProtocolError,),
    "half": (httpx.RemoteProtocolError,),
    "hang": (httpx.ReadTimeout,),
}
ANSWERED = {**{each: int(each) for each in STATUSES}, "malformed": 201, "html": 200, "expired": 401, "claims": 401}


def call(graph: Graph, method: str, path: str, body: object = None, **options: Any) -> httpx.Response:
    """Call Graph without holding the answer against the description."""
    token = graph.emulator.token(permissions=EVERYTHING)
    return graph.http.request(
        method, f"/v1.0{path}", json=body, headers={"Authorization": f"Bearer {token}"}, **options
    )


def sign_in(graph: Graph) -> httpx.Response:
    facts = graph.emulator.contoso
    form = {"grant_type": "client_credentials", "client_id": facts.client_id, "client_secret": facts.client_secret,
            "scope": "https://graph.microsoft.com/.default"}  # fmt: skip
    return graph.http.post(f"/{facts.tenant_id}/oauth2/v2.0/token", data=form)


def control(graph: Graph, method: str, path: str, body: object = None) -> Any:
    response = graph.http.request(method, f"/_emulator/{path}", json=body)
    assert response.is_success, response.text
    return response.json() if response.content else None


@contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[list[Exception]]:
    """Do something in another thread; give what it raises, once the block has ended."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            act()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield raised
    thread.join(PATIENCE)
    assert not thread.is_alive()


# What a client meets, and what was done


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", [*ANSWERED, *CUT])
def test_a_fault_takes_the_place_of_the_answer_before_or_after_the_call_is_carried_out(
    graph: Graph, emulator: Emulator, kind: str, when: str
) -> None:
    emulator.faults.arm(kind, when=when, method="POST", path=r"/users$")
    if kind in CUT:
        with pytest.raises(CUT[kind]):
            call(graph, "POST", "/users", user_body(), timeout=0.05)
    else:
        assert call(graph, "POST", "/users", user_body()).status_code == ANSWERED[kind]
    (entry,) = emulator.journal.entries()
    status = 201 if kind == "half" else ANSWERED.get(kind, 0)
    assert (entry.status, entry.applied, entry.fault) == (status, when == "after", kind)
    assert len(graph.values("/users")) == (2 if when == "after" else 1)
    (fired,) = emulator.faults.fired
    assert (fired.number, fired.kind, fired.when) == (entry.number, kind, when)
    assert (fired.method, fired.path) == ("POST", "/v1.0/users")
    assert emulator.faults.armed == []


@pytest.mark.parametrize("kind", STATUSES)
def test_a_status_is_answered_in_graphs_form(graph: Graph, emulator: Emulator, kind: str) -> None:
    emulator.faults.arm(kind)
    status, code, message = graph.refused("GET", "/users")
    expected = ("TooManyRequests", "Please retry again later.") if kind == "429" else ("UnknownError", "")
    assert (status, code, message) == (int(kind), *expected)


@pytest.mark.parametrize("kind", STATUSES)
@pytest.mark.parametrize("value", ["7", "1.5", "Tue, 24 Nov 2026 07:00:00 GMT", "soon", None])
def test_retry_after_is_sent_as_it_was_asked_for_or_not_at_all(
    graph: Graph, emulator: Emulator, kind: str, value: str | None
) -> None:
    emulator.faults.arm(kind, retry_after=value)
    emulator.faults.arm(kind, retry_after=value, path="/token$")
    assert call(graph, "GET", "/users").headers.get("retry-after") == value
    assert sign_in(graph).headers.get("retry-after") == value


def test_an_expired_token_is_told_in_graphs_words(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("expired")
    response = graph.send("GET", "/users")
    assert response.json()["error"]["message"] == "Lifetime validation failed, the token is expired."
    assert response.headers["www-authenticate"].startswith('Bearer realm="", authorization_uri="https://login.')


def test_a_claims_challenge_asks_for_a_token_that_is_issued_from_now_on(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    emulator.faults.arm("claims")
    challenge = graph.send("GET", "/users").headers["www-authenticate"]
    assert 'error="insufficient_claims"' in challenge
    found = re.search(r'claims="([^"]+)"', challenge)
    assert found is not None
    now = str(int(emulator.clock.now().timestamp()))
    assert json.loads(base64.b64decode(found[1])) == {"access_token": {"nbf": {"essential": True, "value": now}}}


def test_a_malformed_answer_says_it_is_json_and_is_not(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("malformed", times=2)
    for method, status in (("GET", 200), ("POST", 201)):
        response = call(graph, method, "/users", None if method == "GET" else user_body())
        assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
        with pytest.raises(ValueError, match="Unterminated string"):
            response.json()


def test_a_proxys_page_is_html(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("html")
    response = call(graph, "PATCH", "/users/x", {})
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html")
    assert response.text.startswith("<!DOCTYPE html>")


def test_half_a_body_is_less_than_was_announced(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("half")
    with pytest.raises(httpx.RemoteProtocolError, match=r"received 51 bytes, expected 103"):
        call(graph, "GET", "/users")


def test_a_call_that_graph_refuses_is_not_applied_whatever_its_client_is_told(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("500", when="after", times=2)
    call(graph, "POST", "/users", {})
    sign_in(graph)
    assert [(each.applied, each.status) for each in emulator.journal.entries()] == [(False, 500), (True, 500)]


# Which call


def test_the_nth_call_that_matches_is_struck_and_those_after_it_as_often_as_asked(
    graph: Graph, emulator: Emulator
) -> None:
    emulator.faults.arm("503", method="GET", path=r"/users\?.*displayName", nth=2, times=2)
    graph.new_user("bert")
    seen = []
    for _ in range(5):
        graph.get("/users?$select=id")
        seen.append(call(graph, "GET", "/users?$select=displayName").status_code)
    assert seen == [200, 503, 503, 200, 200]


def test_the_path_is_searched_as_the_journal_shows_it(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("500", path=r"^/v1\.0/groups\(uniqueName='x%20y'\)\?\$select=id$")
    graph.refused("GET", "/groups(uniqueName='x')")
    assert call(graph, "GET", "/groups(uniqueName='x%20y')?$select=id").status_code == 500


def test_of_two_faults_for_a_call_the_first_comes_first_and_the_second_next(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("500")
    emulator.faults.arm("502")
    emulator.faults.arm("504", nth=4)
    assert [call(graph, "GET", "/users").status_code for _ in range(5)] == [500, 502, 200, 504, 200]


def test_what_is_armed_can_be_seen_and_disarmed(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("503", when="after", method="POST", path="/groups", nth=2, times=3, retry_after="1.5")
    (armed,) = emulator.faults.armed
    assert (armed.kind, armed.when, armed.method, armed.path) == ("503", "after", "POST", "/groups")
    assert (armed.nth, armed.times, armed.retry_after) == (2, 3, "1.5")
    emulator.faults.clear()
    assert emulator.faults.armed == []
    graph.new_group("a")
    graph.new_group("b")


def test_the_token_endpoint_can_be_struck_and_answers_in_its_own_form(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("503", path="/oauth2/v2.0/token")
    response = sign_in(graph)
    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
    assert response.json()["error_codes"] == [90033]
    assert sign_in(graph).status_code == 200


@pytest.mark.parametrize("kind", ["expired", "claims"])
def test_what_is_wrong_with_a_token_is_found_by_graph_alone(graph: Graph, emulator: Emulator, kind: str) -> None:
    emulator.faults.arm(kind)
    assert sign_in(graph).status_code == 200
    assert call(graph, "GET", "/users").status_code == 401


def test_a_control_is_never_struck(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("500")
    assert control(graph, "GET", "health")["status"] == "ok"
    assert emulator.faults.fired == []


def test_a_batch_is_struck_as_one_call(graph: Graph, emulator: Emulator) -> None:
    batch = {"requests": [{"id": "1", "method": "GET", "url": "/users"}]}
    emulator.faults.arm("500", path="/users")
    assert graph.post("/$batch", batch, status=200)["responses"][0]["status"] == 200
    emulator.faults.arm("502", path=r"/\$batch")
    assert call(graph, "POST", "/$batch", batch).status_code == 502


# Connections, as they are seen on the wire


@pytest.mark.parametrize(("kind", "seen"), [("reset", httpx.ReadError), ("close", httpx.RemoteProtocolError)])
def test_without_tls_a_reset_and_an_end_are_told_apart(
    emulator: Emulator, kind: str, seen: type[httpx.TransportError]
) -> None:
    with emulator.serve(http_port=0) as served, httpx.Client(base_url=served.http_url or "", trust_env=False) as http:
        emulator.faults.arm(kind)
        with pytest.raises(seen):
            http.get("/v1.0/users")
        assert http.get("/v1.0/users").status_code == 401
    with httpx.Client(transport=emulator.transport(), base_url=GRAPH) as http:
        emulator.faults.arm(kind)
        with pytest.raises(seen):
            http.get("/v1.0/users")


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_under_tls_the_connection_itself_is_reset_or_ended(emulator: Emulator, kind: str) -> None:
    emulator.faults.arm(kind)
    with emulator.serve() as served, _tls(served.url, served.ca_file) as (wire, write):
        write(b"GET /v1.0/users HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        if kind == "reset":
            with pytest.raises(ConnectionResetError):
                _drain(wire)
        else:
            _drain(wire)


@contextmanager
def _tls(url: str, ca_file: object) -> Iterator[tuple[socket.socket, Callable[[bytes], None]]]:
    """Speak TLS over a socket that can be looked at: Python's own hides how a connection ended."""
    context = ssl.create_default_context(cafile=str(ca_file))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), PATIENCE) as wire:

        def write(text: bytes) -> None:
            tls.write(text)
            wire.sendall(outgoing.read())

        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                wire.sendall(outgoing.read())
                incoming.write(wire.recv(65536))
        yield wire, write


def _drain(wire: socket.socket) -> None:
    while wire.recv(65536):
        pass


# Calls that hang


def test_in_process_a_hang_takes_its_clients_time_out_of_the_emulators_clock(emulator: Emulator) -> None:
    emulator.clock.freeze()
    start = emulator.clock.now()
    emulator.faults.arm("hang")
    with httpx.Client(transport=emulator.transport(), base_url=GRAPH) as http:
        with pytest.raises(httpx.ReadTimeout):
            http.get("/v1.0/users", timeout=httpx.Timeout(1.0, read=300.0))
        assert http.get("/v1.0/users").status_code == 401
    assert emulator.clock.now() == start + timedelta(seconds=300)
    assert not emulator.faults.hanging(0)


def test_a_call_without_a_time_out_hangs_until_it_is_released(graph: Graph, emulator: Emulator) -> None:
    emulator.faults.arm("hang", when="after", method="POST")
    with meanwhile(lambda: call(graph, "POST", "/users", user_body(), timeout=None)) as raised:
        assert emulator.faults.hanging(PATIENCE)
        assert control(graph, "GET", "faults")["hanging"] is True
        assert len(graph.values("/users")) == 2
        control(graph, "POST", "faults/release")
    assert isinstance(raised[0], httpx.RemoteProtocolError)
    assert not emulator.faults.hanging(0)


def test_a_client_that_goes_away_hangs_no_more(emulator: Emulator) -> None:
    emulator.faults.arm("hang")
    with emulator.serve(http_port=0) as served, httpx.Client(base_url=served.http_url or "", trust_env=False) as http:
        with _hanging(emulator, served.http_url):
            pass
        # Each answer to another call shows that the server has looked at its connections again.
        left = (http.get("/_emulator/health") for _ in range(1_000))
        assert any(not emulator.faults.hanging(0) for _ in left)


def test_a_reset_releases_what_hangs(emulator: Emulator) -> None:
    emulator.faults.arm("hang")
    with emulator.serve(http_port=0) as served, _hanging(emulator, served.http_url) as wire:
        emulator.reset()
        assert wire.recv(100) == b""


def test_serving_ends_though_a_call_hangs(emulator: Emulator) -> None:
    emulator.faults.arm("hang")
    with ExitStack() as serving:
        served = serving.enter_context(emulator.serve(http_port=0))
        with _hanging(emulator, served.http_url) as wire:
            serving.close()
            assert wire.recv(100) == b""
    assert not emulator.faults.hanging(0)


@contextmanager
def _hanging(emulator: Emulator, url: str | None) -> Iterator[socket.socket]:
    """Have a call hang, and look at its connection; then go away."""
    with socket.create_connection(("127.0.0.1", int((url or "").rpartition(":")[2])), PATIENCE) as wire:
        wire.sendall(b"GET /v1.0/users HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert emulator.faults.hanging(PATIENCE)
        yield wire


# Callers that come back before they may


def _moment_after(emulator: Emulator, seconds: float) -> str:
    return format_datetime(emulator.clock.now() + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("spelling", ["7", "6.5", "date"])
@pytest.mark.parametrize("kind", ["429", "503"])
def test_who_comes_back_before_retry_after_is_noted_and_who_is_on_time_is_not(
    graph: Graph, emulator: Emulator, kind: str, spelling: str
) -> None:
    emulator.clock.freeze()
    emulator.clock.set(emulator.clock.now().replace(microsecond=0) + timedelta(seconds=1))
    start = emulator.clock.now()
    seconds = 7.0 if spelling == "date" else float(spelling)
    retry_after = _moment_after(emulator, 7) if spelling == "date" else spelling
    emulator.faults.arm(kind, path="/users", retry_after=retry_after)
    call(graph, "GET", "/users")
    emulator.clock.advance(seconds=seconds - 0.001)
    call(graph, "GET", "/users")
    (early,) = emulator.faults.early
    assert (early.method, early.path) == ("GET", "/v1.0/users")
    assert (early.at, early.allowed_at) == (emulator.clock.now(), start + timedelta(seconds=seconds))
    emulator.clock.advance(seconds=0.001)
    call(graph, "GET", "/users")
    assert emulator.faults.early == [early]


def test_a_429_holds_for_every_call_of_the_app_and_for_nobody_else(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    other = emulator.register(name="other", permissions=["User.Read.All"], secret="s").client_id
    emulator.faults.arm("429", retry_after="60")
    call(graph, "GET", "/users")
    graph.bearer(emulator.token(app=other)).get("/users")
    graph.app("User.Read.All", tenant="fabrikam").get("/users")
    sign_in(graph)
    assert emulator.faults.early == []
    graph.get("/groups")
    assert [each.path for each in emulator.faults.early] == ["/v1.0/groups"]


def test_a_503_holds_for_the_same_call_alone(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    emulator.faults.arm("503", path="/users", retry_after="60")
    call(graph, "GET", "/users")
    graph.get("/groups")
    graph.get("/users?$top=5")
    graph.new_user()
    assert emulator.faults.early == []
    graph.get("/users")
    assert len(emulator.faults.early) == 1


def test_a_throttled_sign_in_holds_for_sign_ins(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    emulator.faults.arm("429", path="/token$", retry_after="60")
    sign_in(graph)
    graph.get("/users")
    assert emulator.faults.early == []
    sign_in(graph)
    assert len(emulator.faults.early) == 1


def test_a_later_promise_does_not_shorten_an_earlier_one(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    start = emulator.clock.now()
    emulator.faults.arm("429", retry_after="60")
    emulator.faults.arm("429", retry_after="1")
    emulator.faults.arm("429", retry_after="whenever you like")
    for _ in range(3):
        call(graph, "GET", "/users")
    emulator.clock.advance(seconds=59)
    call(graph, "GET", "/users")
    assert [each.allowed_at for each in emulator.faults.early] == [start + timedelta(seconds=60)] * 3


def test_a_restored_snapshot_binds_nobody_to_a_time_that_is_undone(graph: Graph, emulator: Emulator) -> None:
    emulator.snapshot("before")
    emulator.faults.arm("429", retry_after="3600")
    call(graph, "GET", "/users")
    emulator.restore("before")
    graph.get("/users")
    assert emulator.faults.early == []


# The controls


def test_faults_are_armed_seen_and_cleared_over_http(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    fault = {"kind": "429", "when": "before", "method": "GET", "path": "/users", "nth": 1, "times": 2,
             "retry_after": "2"}  # fmt: skip
    assert control(graph, "POST", "faults", fault)["armed"] == [fault]
    for _ in range(2):
        assert call(graph, "GET", "/users").status_code == 429
    found = control(graph, "GET", "faults")
    assert (found["armed"], found["hanging"]) == ([], False)
    numbers = [each["number"] for each in control(graph, "GET", "journal")["entries"] if each["fault"]]
    struck = {"kind": "429", "when": "before", "method": "GET", "path": "/v1.0/users"}
    assert found["fired"] == [{"number": number, **struck} for number in numbers]
    (early,) = found["early"]
    assert early["at"] < early["allowed_at"]
    control(graph, "DELETE", "faults")
    nothing = {"armed": [], "fired": [], "early": [], "hanging": False}
    assert control(graph, "GET", "faults") == nothing
    emulator.faults.arm("500")
    control(graph, "POST", "reset")
    assert control(graph, "GET", "faults") == nothing


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({}, "'kind' is missing"),
        ({"kind": "418"}, "there is no fault '418', only 429, 500, 502, 503, 504, reset, close, hang, malformed"),
        ({"kind": 503}, "there is no fault 503"),
        ({"kind": ["503"]}, "there is no fault ['503']"),
        ({"kind": "503", "when": "during"}, "before or after a call is carried out, not 'during'"),
        ({"kind": "503", "method": "get"}, "method must be GET, POST, PATCH, PUT, DELETE or empty for any, not 'get'"),
        ({"kind": "503", "path": "("}, "path must be a regular expression, not '('"),
        ({"kind": "503", "path": 5}, "path must be a regular expression, not 5"),
        ({"kind": "503", "nth": 0}, "nth must be a whole number from 1 on, not 0"),
        ({"kind": "503", "nth": True}, "nth must be a whole number from 1 on, not True"),
        ({"kind": "503", "times": "2"}, "times must be a whole number from 1 on, not '2'"),
        ({"kind": "503", "retry_after": 5}, "retry_after must be a header's value in a text, not 5"),
        ({"kind": "503", "retry_after": "5\r\nX: y"}, "retry_after must be a header's value in a text"),
        ({"kind": "reset", "retry_after": "5"}, "retry_after goes with 429, 500, 502, 503, 504, not with 'reset'"),
        ({"kind": "503", "retryAfter": "5"}, "there is no 'retryAfter' here, only kind, when, method, path, nth"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(graph: Graph, fault: object, sentence: str) -> None:
    response = graph.http.post("/_emulator/faults", json=fault)
    assert response.status_code == 400
    assert sentence in response.json()["error"]
    assert graph.emulator.faults.armed == []
