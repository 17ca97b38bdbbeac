"""The engine's side of a call: what the SDK does not pass on to a provider, reached with care.

The SDK hands a provider nothing but property values. The row that a message belongs to, the time the program
allows, and the answer that keeps a half-made resource in the state are in the gRPC call that is on the stack
above us. Everything here degrades to nothing where no such call is on the stack (a unit test, another host).
What was tried and seen is in docs/architecture.md.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache, wraps
from types import FrameType
from typing import Any, ParamSpec, TypeVar

import grpc
from google.protobuf import any_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2

from ..graph.errors import EntraError
from ..settings import SettingsError
from ._fields import Values

P = ParamSpec("P")
R = TypeVar("R")

_PROVIDER_KEY = "__provider"
_UNKNOWN_STATUS = 2  # grpc's UNKNOWN, which the SDK aborts with; the engine wants both to agree


class HalfMade(EntraError):
    """Say why a resource that exists is not finished; what there is of it goes into the state."""

    def __init__(self, id_: str, outs: Values, reason: str) -> None:
        super().__init__(reason)
        self.id = id_
        self.outs = outs


def expected_failures(method: Callable[P, R]) -> Callable[P, R]:
    """Show an expected failure as its one line, and a bug as its traceback.

    The SDK aborts every call with a traceback; the engine prefers the status in the trailer, which is ours.
    """

    @wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except HalfMade as error:
            _answer(str(error), _init_failed(error))
            raise
        except (EntraError, SettingsError) as error:
            _answer(str(error))
            raise
        except Exception:
            raise
        except BaseException as error:
            # The SDK does not catch these, and the call would never be answered.
            raise RuntimeError(f"the provider was stopped by {type(error).__name__}") from error

    return guarded


def progress(message: str) -> None:
    """Show a line on the resource's row while it lasts."""
    _log(engine_pb2.LogSeverity.INFO, message, ephemeral=True)


def notice(message: str) -> None:
    """Show a line on the resource's row and keep it in the diagnostics."""
    _log(engine_pb2.LogSeverity.INFO, message, ephemeral=False)


def warn(message: str) -> None:
    """Show a warning on the resource's row and keep it in the diagnostics."""
    _log(engine_pb2.LogSeverity.WARNING, message, ephemeral=False)


def allowed_seconds() -> float | None:
    """Return the time that the program's ``custom_timeouts`` give this call; None when it gives none."""
    call = _call()
    seconds = float(getattr(call[0], "timeout", 0.0)) if call else 0.0
    return seconds or None


def state_inputs() -> Values:
    """Return the inputs that the state holds of the resource that is read; none in any other call."""
    call = _call()
    if call is None or not isinstance(call[0], provider_pb2.ReadRequest):
        return {}
    inputs: Values = rpc.deserialize_properties(call[0].inputs)
    return inputs


def call_over() -> threading.Event:
    """Return what is set as soon as the engine no longer waits for this call: a second Ctrl-C, or its own death.

    https://grpc.github.io/grpc/python/grpc.html#grpc.RpcContext.add_callback
    """
    over = threading.Event()
    call = _call()
    if call is not None and not call[1].add_callback(over.set):
        over.set()
    return over


def remember_check() -> None:
    """Note that this process was asked to check the resource of this call."""
    call = _call()
    if call is not None:
        _checked.add(str(getattr(call[0], "urn", "")))


def is_replacement() -> bool:
    """Say whether the deletion that we are in makes room for a new object under the same name in the program.

    The engine does not say. But within one run it checks only what the program declares, and what is declared is
    deleted for no other reason than its replacement.
    """
    call = _call()
    return call is not None and str(getattr(call[0], "urn", "")) in _checked


def widen_pool(workers: int) -> None:
    """Let the SDK's server work on more calls at once than its fixed four.

    The executor is found on the stack of its own worker thread; CPython 3.11 to 3.13 keep it there.
    """
    for frame in _frames():
        if frame.f_code.co_name == "_worker" and "executor_reference" in frame.f_locals:
            executor = frame.f_locals["executor_reference"]()
            if executor is not None and getattr(executor, "_max_workers", workers) < workers:
                executor._max_workers = workers
            return


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _call() -> tuple[Any, grpc.ServicerContext] | None:
    """Return the request and the context of the gRPC call that we are in."""
    for frame in _frames():
        context = frame.f_locals.get("context")
        if "request" in frame.f_locals and isinstance(context, grpc.ServicerContext):
            return frame.f_locals["request"], context
    return None


def _answer(message: str, detail: any_pb2.Any | None = None) -> None:
    call = _call()
    if call is None:
        return
    status = status_pb2.Status(code=_UNKNOWN_STATUS, message=message, details=[detail] if detail else [])
    call[1].set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))


def _init_failed(error: HalfMade) -> any_pb2.Any | None:
    """Pack the engine's "initialisation failed": it stores the id and outputs, and updates at the next ``up``."""
    call = _call()
    if call is None:
        return None
    request = call[0]
    match request:
        case provider_pb2.UpdateRequest():
            inputs = request.news
        case provider_pb2.ReadRequest():
            inputs = request.inputs
        case _:
            inputs = request.properties
    properties = struct_pb2.Struct()
    properties.update({name: value for name, value in error.outs.items() if value is not None})
    properties.update({_PROVIDER_KEY: inputs[_PROVIDER_KEY]})
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(id=error.id, properties=properties, reasons=[str(error)], inputs=inputs)
    )
    return detail


def _log(severity: Any, message: str, *, ephemeral: bool) -> None:
    call = _call()
    if call is None or len(sys.argv) < 2:
        return
    request = engine_pb2.LogRequest(
        severity=severity, message=message, urn=getattr(call[0], "urn", ""), ephemeral=ephemeral
    )
    try:
        with _engine_lock:
            stub = _engine(sys.argv[-1])
        stub.Log(request, timeout=5)
    except grpc.RpcError:
        # A line that cannot be shown is no reason to stop a write half-way.
        return


_checked: set[str] = set()
_engine_lock = threading.Lock()


@cache
def _engine(address: str) -> engine_pb2_grpc.EngineStub:
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
