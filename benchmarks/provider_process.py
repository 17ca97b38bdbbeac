"""How soon the provider process can take work, and how large it is then."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.protobuf import struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from pulumi_entra_pim.resources import load_provider


@dataclass(frozen=True)
class Ready:
    """Seconds to the port line and to the first answered check; memory in MiB after it."""

    to_port: float
    to_first_check: float
    resident: float


def measure(env: Mapping[str, str]) -> Ready:
    """Start the SDK's provider process, have it load our user provider, and stop it."""
    pickled = serialize_provider(load_provider("TestUser"))
    assert base64.b64decode(pickled)
    started = time.perf_counter()
    command = [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(env)) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            to_port = time.perf_counter() - started
            news = struct_pb2.Struct()
            news.update({"__provider": pickled, "user_principal_name": "AlineD@contoso.com"})
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                stub.Configure(provider_pb2.ConfigureRequest())
                answer = stub.Check(provider_pb2.CheckRequest(news=news))
            assert any("display_name must be given" in failure.reason for failure in answer.failures)
            return Ready(to_port, time.perf_counter() - started, _resident(process.pid))
        finally:
            process.kill()


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [kibibytes] = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(kibibytes) / 1024
