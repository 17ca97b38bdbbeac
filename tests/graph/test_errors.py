"""What is read out of an answer that says no, whatever it looks like."""

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_entra_pim.graph.errors import (
    AlreadyExists,
    Answer,
    Denied,
    GraphError,
    NotFound,
    Throttled,
    claims_challenge,
    date_of,
    error_of,
    json_object,
    one_line,
    read_error,
    retry_after,
)
from tests.graph.service import TOKEN, said

Recorded = Callable[[str], httpx.Response]

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(f"Bearer {TOKEN}"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
ANY_ENVELOPE = st.builds(
    lambda fields: {"error": fields},
    st.fixed_dictionaries(
        {},
        optional={
            "code": ANY_JSON,
            "message": ANY_JSON | ANY_JSON.map(json.dumps),
            "details": ANY_JSON | st.lists(st.fixed_dictionaries({"target": ANY_JSON})),
            "innerError": ANY_JSON | st.fixed_dictionaries({"request-id": ANY_JSON}),
        },
    ),
)
ANY_BODY = st.binary() | (ANY_JSON | ANY_ENVELOPE).map(lambda value: json.dumps(value).encode())
ANY_HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)


def read(response: httpx.Response) -> Answer:
    return read_error("POST", "/v1.0/users", response.status_code, response.headers, response.content)


class TestReading:
    def test_graphs_envelope(self, recorded: Recorded) -> None:
        assert read(recorded("user-name-taken")) == Answer(
            method="POST",
            path="/v1.0/users",
            status=400,
            code="Request_BadRequest",
            message="Another object with the same value for property userPrincipalName already exists.",
            request_id="462649d3-a124-42bc-b046-815fb41aae76",
            targets=("userPrincipalName",),
        )

    def test_an_error_that_is_nested_in_the_message_is_unwrapped(self, recorded: Recorded) -> None:
        answer = read(recorded("permission-scope-not-granted"))
        assert answer.code == "PermissionScopeNotGranted"
        assert answer.message == (
            "Authorization failed due to missing permission scope"
            " RoleEligibilitySchedule.ReadWrite.Directory,RoleManagement.ReadWrite.Directory."
        )

    def test_the_missing_permissions_are_named(self, recorded: Recorded) -> None:
        assert read(recorded("permission-scope-not-granted")).missing_permissions == (
            "RoleEligibilitySchedule.ReadWrite.Directory",
            "RoleManagement.ReadWrite.Directory",
        )

    def test_a_sentence_that_names_no_permissions_gives_none(self) -> None:
        body = b'{"error": {"code": "PermissionScopeNotGranted", "message": "Authorization failed."}}'
        assert read(httpx.Response(403, content=body)).missing_permissions == ()

    def test_only_that_code_names_permissions(self) -> None:
        message = "Authorization failed due to missing permission scope RoleManagement.ReadWrite.Directory."
        body = httpx.Response(403, json={"error": {"code": "Authorization_RequestDenied", "message": message}})
        assert read(body).missing_permissions == ()

    def test_the_request_id_is_the_headers_where_there_is_one(self, recorded: Recorded) -> None:
        assert read(recorded("token-expired")).request_id == "1740feb8-b33a-4c08-a6ee-ab5cfc5a18c4"
        assert read(recorded("documented-error")).request_id == "request-id"

    def test_a_claims_challenge_is_kept_and_not_shown(self) -> None:
        challenge = 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'
        answer = read(httpx.Response(401, headers={"www-authenticate": challenge}, json={"error": {}}))
        assert answer.claims == '{"access_token":{}}'
        assert answer.claims not in repr(answer)

    @pytest.mark.parametrize("claims", ["not base64!", "AAAA", "W10=", "e30", ""])
    def test_a_challenge_that_wants_nothing_is_none(self, claims: str) -> None:
        headers = {"www-authenticate": f'Bearer error="insufficient_claims", claims="{claims}"'}
        assert claims_challenge(headers) == ""

    def test_a_page_of_a_proxy_keeps_its_first_words(self) -> None:
        page = httpx.Response(502, html="<html>\n<title>Bad gateway</title>\n" + "x" * 5_000)
        message = read(page).message
        assert message.startswith("the answer is not Graph's (text/html; charset=utf-8): <html> <title>Bad gateway")
        assert len(message) < 300

    def test_an_answer_without_anything_says_so(self) -> None:
        answer = read(httpx.Response(500))
        assert answer.message.startswith("the answer is not Graph's (no content type):")

    @given(
        body=ANY_BODY,
        status=st.integers(300, 599),
        headers=st.dictionaries(
            st.sampled_from(["request-id", "retry-after", "date", "www-authenticate", "content-type"]), ANY_HEADER
        ),
    )
    @example(body=b'{"error": {"details": 5}}', status=400, headers={})
    @example(body=b'{"error": {"code": "a\\nb", "message": "\\u001b[31mred\\ud800"}}', status=400, headers={})
    @example(body=b"[" * 100_000, status=500, headers={})
    @example(body=b'{"error": {"message": "' + b"[" * 100_000 + b'"}}', status=500, headers={})
    @example(body=b"9" * 5_000, status=500, headers={})
    @example(body=TOKEN.encode(), status=500, headers={})
    def test_no_body_whatever_raises_or_breaks_the_line_or_shows_a_token(
        self, body: bytes, status: int, headers: dict[str, str]
    ) -> None:
        answer = read_error("GET", "/v1.0/users", status, headers, body)
        said(error_of(answer))
        said(error_of(answer, f"advice on {answer.code} {answer.targets}"))

    @given(path=st.text())
    def test_no_path_whatever_breaks_the_line(self, path: str) -> None:
        said(error_of(read_error("GET", path, 400, {}, b"")))


class TestRetryAfter:
    now = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    now_text = format_datetime(now, usegmt=True)

    def after(self, text: str, **headers: str) -> float | None:
        return retry_after({"retry-after": text, "date": self.now_text, **headers})

    @given(seconds=st.integers(0, 10**9))
    def test_whole_seconds(self, seconds: int) -> None:
        assert self.after(str(seconds)) == seconds
        assert self.after(f" {seconds} ") == seconds

    @given(milliseconds=st.integers(0, 10**9))
    def test_fractions(self, milliseconds: int) -> None:
        text = f"{milliseconds // 1000}.{milliseconds % 1000:03}"
        assert self.after(text) == pytest.approx(milliseconds / 1000)

    @given(seconds=st.integers(-(10**6), 10**6), zone=st.integers(-14, 14))
    def test_a_date_is_meant_by_the_services_own_clock(self, seconds: int, zone: int) -> None:
        until = (self.now + timedelta(seconds=seconds)).astimezone(timezone(timedelta(hours=zone)))
        assert self.after(format_datetime(until)) == max(0, seconds)

    @pytest.mark.parametrize("zone", ["GMT", "", "-0000", "UT"])
    def test_a_date_with_its_zone_left_out_means_gmt(self, zone: str) -> None:
        assert self.after(f"Mon, 23 Nov 2026 18:00:05 {zone}") == 5
        assert (
            retry_after({"retry-after": "Mon, 23 Nov 2026 18:00:05 GMT", "date": f"Mon, 23 Nov 2026 18:00:00 {zone}"})
            == 5
        )

    def test_a_date_without_the_services_clock_is_meant_by_ours(self) -> None:
        an_hour_ahead = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
        asked = retry_after({"retry-after": an_hour_ahead})
        assert asked is not None
        assert 3_590 < asked <= 3_600

    @pytest.mark.parametrize(
        "text", ["", "soon", "-5", "nan", "inf", "1e3", "1_000", "5 seconds", "٣", "Mon, 99 Nov 2026"]
    )
    def test_anything_else_asks_for_nothing(self, text: str) -> None:
        assert self.after(text) is None

    def test_no_header_asks_for_nothing(self) -> None:
        assert retry_after({}) is None

    @given(text=st.text() | st.text("0123456789.,:+- MonNovGT"))
    @example("Mon, 23 Nov 99999999999999999999 18:00:05 GMT")
    @example("Mon, 23 Nov 2026 18:00:05 +9999999999")
    def test_no_text_whatever_raises_or_asks_to_come_back_in_the_past(self, text: str) -> None:
        asked = self.after(text)
        assert asked is None or asked >= 0
        date_of({"date": text})


class TestFamily:
    @pytest.mark.parametrize(
        ("name", "family"),
        [
            ("user-name-taken", AlreadyExists),
            ("grant-exists", AlreadyExists),
            ("object-not-found", NotFound),
            ("permission-scope-not-granted", Denied),
            ("token-expired", Denied),
            ("throttled", Throttled),
            ("documented-error", GraphError),
        ],
    )
    def test_a_recorded_answer_is_the_error_that_callers_handle(
        self, name: str, family: type[GraphError], recorded: Recorded
    ) -> None:
        assert type(error_of(read(recorded(name)))) is family

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("Request_BadRequest", "Another object with the same value for property uniqueName already exists."),
            (
                "Request_BadRequest",
                "A conflicting object with one or more of the specified property values is present in the directory.",
            ),
            (
                "Request_BadRequest",
                "One or more added object references already exist for the following modified properties: 'members'.",
            ),
            ("RoleAssignmentExists", "The Role assignment already exists."),
            ("PendingRoleAssignmentRequest", "There is already an existing pending Role assignment request."),
        ],
    )
    def test_what_is_there_already_in_each_of_graphs_words(self, code: str, message: str) -> None:
        assert isinstance(error_of(Answer("POST", "/", 400, code, message)), AlreadyExists)

    @pytest.mark.parametrize(("status", "family"), [(401, Denied), (403, Denied), (429, Throttled), (404, NotFound)])
    def test_a_status_decides_where_the_words_do_not(self, status: int, family: type[GraphError]) -> None:
        assert type(error_of(Answer("GET", "/", status))) is family

    def test_a_denied_or_throttled_call_does_not_become_one_that_found_something(self) -> None:
        for status, family in ((403, Denied), (429, Throttled)):
            assert type(error_of(Answer("POST", "/", status, "RoleAssignmentExists"))) is family


class TestTheLine:
    answer = Answer("GET", "/v1.0/users", 400, "aCode", "What Graph says", "a-request")

    def test_what_failed_why_what_to_do_and_the_request_id(self) -> None:
        assert said(GraphError(self.answer, "Do this")) == (
            "aCode: What Graph says. Do this. (GET /v1.0/users, HTTP 400, request-id a-request)"
        )

    def test_a_sentence_that_has_its_stop_gets_no_other(self) -> None:
        assert said(GraphError(self.answer, "Do this!")).count("!. ") == 0

    def test_what_graph_left_out_is_said(self) -> None:
        assert said(GraphError(Answer("GET", "/v1.0/users", 500))) == (
            "no code: Graph gave no reason. (GET /v1.0/users, HTTP 500, request-id none)"
        )

    def test_the_code_is_at_hand(self) -> None:
        assert GraphError(self.answer).code == "aCode"

    def test_an_error_survives_pickling(self) -> None:
        error = NotFound(self.answer, "Do this")
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
        assert (type(copy), str(copy)) == (NotFound, str(error))


@given(text=st.text())
def test_words_of_somebody_else_become_part_of_a_line(text: str) -> None:
    line = one_line(text)
    assert line == "" or line.isprintable()
    line.encode()


@given(value=ANY_JSON)
def test_only_a_json_object_is_a_document(value: object) -> None:
    document = json_object(json.dumps(value))
    assert (document is not None) == isinstance(value, dict)
