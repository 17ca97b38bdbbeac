"""What the engine is told besides property values: errors of one line, half-made resources, lines on a row."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2

from pulumi_entra_pim.graph.errors import EntraError, Refused
from pulumi_entra_pim.resources import _engine
from pulumi_entra_pim.settings import SettingsError

from .engine import Engine, Line, Rpc, at_once, properties

URN = "urn:pulumi:dev::contoso::pulumi-python:dynamic/entra-pim:TestUser::aline"
CREATE = provider_pb2.CreateRequest(urn=URN, properties=properties({"display_name": "Aline", "password": "canary"}))
UPDATE = provider_pb2.UpdateRequest(id="1", urn=URN, news=properties({"display_name": "Aline D."}))


def failing(error: BaseException) -> Callable[[], None]:
    """Return a provider's method that fails."""

    @_engine.expected_failures
    def method() -> None:
        raise error

    return method


@pytest.mark.parametrize("error", [Refused("this is not ours; adopt it"), SettingsError("no credentials")])
def test_an_expected_failure_is_told_as_its_one_line(error: Exception) -> None:
    call = Rpc(CREATE)
    with pytest.raises(type(error)):
        call(failing(error))
    assert call.status is not None
    assert call.status.message == str(error)
    assert call.status.code == grpc.StatusCode.UNKNOWN.value[0]
    assert not call.status.details


def test_a_bug_keeps_the_traceback_that_the_sdk_shows() -> None:
    call = Rpc(CREATE)
    with pytest.raises(ZeroDivisionError):
        call(failing(ZeroDivisionError("a bug")))
    assert call.status is None


@pytest.mark.parametrize("stop", [SystemExit(1), KeyboardInterrupt()])
def test_a_stop_of_the_process_is_answered_instead_of_leaving_the_engine_waiting(stop: BaseException) -> None:
    call = Rpc(CREATE)
    with pytest.raises(RuntimeError, match=f"stopped by {type(stop).__name__}"):
        call(failing(stop))


@pytest.mark.parametrize("request_", [CREATE, UPDATE], ids=["create", "update"])
def test_a_half_made_resource_is_told_with_all_that_the_state_needs(request_: Any) -> None:
    call = Rpc(request_)
    outs = {"display_name": "Aline", "owners": ["a", "b"], "adopted": False, "job_title": None}
    with pytest.raises(_engine.HalfMade):
        call(failing(_engine.HalfMade("id-in-graph", outs, "members could not be added")))
    told = call.init_failed
    assert told.id == "id-in-graph"
    assert list(told.reasons) == ["members could not be added"]
    assert json_format.MessageToDict(told.properties) == {
        "display_name": "Aline",
        "owners": ["a", "b"],
        "adopted": False,
        "__provider": "pickled",
    }
    assert told.inputs == (request_.news if request_ is UPDATE else request_.properties)
    assert call.status is not None
    assert call.status.message == "members could not be added"


@pytest.mark.parametrize("error", [Refused("no"), _engine.HalfMade("id", {}, "no")])
def test_failures_are_the_same_where_no_engine_calls(error: EntraError) -> None:
    with pytest.raises(type(error), match="no"):
        failing(error)()


def test_what_a_method_returns_passes() -> None:
    @_engine.expected_failures
    def method() -> int:
        return 7

    assert Rpc(CREATE)(method) == 7


def test_lines_land_on_the_row_of_the_resource(engine: Engine) -> None:
    call = Rpc(CREATE)
    call(lambda: _engine.progress("waiting"))
    call(lambda: _engine.notice("released"))
    call(lambda: _engine.warn("adopted"))
    assert engine.lines == [
        Line(URN, "INFO", "waiting", ephemeral=True),
        Line(URN, "INFO", "released", ephemeral=False),
        Line(URN, "WARNING", "adopted", ephemeral=False),
    ]


@pytest.mark.parametrize("still_waiting", [True, False])
def test_a_call_that_the_engine_no_longer_waits_for_is_over(*, still_waiting: bool) -> None:
    call = Rpc(CREATE)
    call.context.add_callback.return_value = still_waiting
    over = call(_engine.call_over)
    assert over.is_set() is not still_waiting
    [ended] = call.context.add_callback.call_args.args
    ended()
    assert over.is_set()


def test_without_an_engine_nothing_is_over() -> None:
    assert not _engine.call_over().is_set()


def test_nothing_is_told_outside_of_a_call(engine: Engine) -> None:
    _engine.warn("nobody listens")
    assert engine.lines == []


def test_nothing_is_told_where_the_command_line_names_no_engine(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["provider"])
    Rpc(CREATE)(lambda: _engine.warn("nobody listens"))
    assert engine.lines == []


def test_an_engine_that_is_gone_does_not_stop_a_write_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["provider", "127.0.0.1:1"])
    Rpc(CREATE)(lambda: _engine.warn("nobody listens"))


def test_a_custom_timeout_of_the_program_is_found() -> None:
    assert Rpc(provider_pb2.CreateRequest(urn=URN, timeout=90))(_engine.allowed_seconds) == 90
    assert Rpc(provider_pb2.CreateRequest(urn=URN))(_engine.allowed_seconds) is None
    assert Rpc(provider_pb2.CheckRequest(urn=URN))(_engine.allowed_seconds) is None
    assert _engine.allowed_seconds() is None


def test_what_was_checked_and_is_now_deleted_is_being_replaced() -> None:
    urn = f"{URN}-{uuid.uuid4()}"
    delete = Rpc(provider_pb2.DeleteRequest(urn=urn))
    assert delete(_engine.is_replacement) is False
    Rpc(provider_pb2.CheckRequest(urn=urn))(_engine.remember_check)
    assert delete(_engine.is_replacement) is True


def test_nothing_is_a_replacement_where_no_engine_calls() -> None:
    _engine.remember_check()
    assert _engine.is_replacement() is False


def test_variables_that_only_look_like_a_call_are_not_taken_for_one() -> None:
    def with_another_context(request: Any, context: str) -> float | None:
        return _engine.allowed_seconds()

    def without_a_request(context: Any) -> float | None:
        return _engine.allowed_seconds()

    call = Rpc(provider_pb2.CreateRequest(urn=URN, timeout=90))
    assert with_another_context(call.request, "not a context of gRPC") is None
    assert without_a_request(call.context) is None


def test_the_pool_of_the_sdks_server_is_widened_from_one_of_its_calls() -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        pool.submit(_engine.widen_pool, 12).result()
        assert at_once(pool, 12)


def test_a_pool_that_is_wide_enough_stays_as_it_is() -> None:
    with ThreadPoolExecutor(max_workers=3) as pool:
        pool.submit(_engine.widen_pool, 2).result()
        assert at_once(pool, 3)


def test_no_pool_is_looked_for_on_a_thread_that_has_none() -> None:
    _engine.widen_pool(12)


def test_what_only_looks_like_a_pools_thread_is_left_alone() -> None:
    def _worker() -> None:
        _engine.widen_pool(12)

    _worker()


def test_a_pool_that_is_going_away_is_left_alone() -> None:
    def _worker(executor_reference: Callable[[], Any]) -> None:
        _engine.widen_pool(12)

    _worker(lambda: None)
