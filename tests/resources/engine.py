"""The engine's end of a provider's calls: a gRPC service for the lines that it shows, and the call on the stack."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest.mock import create_autospec

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import engine_pb2, provider_pb2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """What the engine was told to show: on whose row, how grave, and whether it stays."""

    urn: str
    severity: str
    message: str
    ephemeral: bool


@dataclass
class Engine:
    """Takes the lines that providers send."""

    address: str = ""
    lines: list[Line] = field(default_factory=list)

    def log(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Take one line."""
        severity = engine_pb2.LogSeverity.Name(request.severity)
        self.lines.append(Line(request.urn, severity, request.message, request.ephemeral))
        return empty_pb2.Empty()

    def said(self, severity: str) -> list[str]:
        """Return the messages of a severity that stay in the diagnostics."""
        return [line.message for line in self.lines if line.severity == severity and not line.ephemeral]


@contextmanager
def serving() -> Iterator[Engine]:
    """Serve an engine on a loopback port."""
    engine = Engine()
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    log = grpc.unary_unary_rpc_method_handler(
        engine.log, engine_pb2.LogRequest.FromString, empty_pb2.Empty.SerializeToString
    )
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("pulumirpc.Engine", {"Log": log})])
    engine.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield engine
    finally:
        server.stop(None).wait()


class Rpc:
    """One call as the SDK answers it: a request and a context, with a provider's method above them on the stack."""

    def __init__(self, request: Any) -> None:
        self.request = request
        self.context = create_autospec(grpc.ServicerContext, instance=True)

    def __call__(self, method: Callable[[], T]) -> T:
        """Call a provider's method as the SDK does."""
        request, context = self.request, self.context
        assert request is not context
        return method()

    @property
    def status(self) -> status_pb2.Status | None:
        """Return what the engine is told besides the SDK's traceback; None when it is told nothing."""
        told = self.context.set_trailing_metadata.call_args
        if told is None:
            return None
        [(key, value)] = told.args[0]
        assert key == "grpc-status-details-bin"
        return status_pb2.Status.FromString(value)

    @property
    def init_failed(self) -> provider_pb2.ErrorResourceInitFailed:
        """Return what keeps a half-made resource in the state."""
        assert self.status is not None
        [detail] = self.status.details
        failure = provider_pb2.ErrorResourceInitFailed()
        assert detail.Unpack(failure)
        return failure


def properties(values: dict[str, Any]) -> struct_pb2.Struct:
    """Return values as the engine sends them, with the provider that the SDK adds."""
    struct = struct_pb2.Struct()
    struct.update({**values, "__provider": "pickled"})
    return struct


def at_once(pool: ThreadPoolExecutor, calls: int) -> bool:
    """Say whether a pool works on so many calls at the same time."""
    together = threading.Barrier(calls)

    def call(_: int) -> bool:
        try:
            together.wait(timeout=2)
        except threading.BrokenBarrierError:
            return False
        return True

    return all(pool.map(call, range(calls)))
