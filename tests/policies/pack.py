"""The policy pack's process, asked as the engine asks it: by the analyzer's own protocol."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from pulumi_entra_pim.review.declared import AnyResource
from pulumi_entra_pim.review.properties import resource

PACK = Path(__file__).parents[2] / "policies" / "entra-pim-guardrails"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

_LEVELS = {analyzer_pb2.MANDATORY: "mandatory", analyzer_pb2.ADVISORY: "advisory"}


@dataclass(frozen=True)
class Declaration:
    """A resource as the engine tells a pack of it; ``sources`` names the resources that a property comes from."""

    kind: str
    name: str
    inputs: dict[str, Any]
    sources: dict[str, tuple["Declaration", ...]] = field(default_factory=dict)
    protect: bool = False
    stack: str = "dev"

    @property
    def type(self) -> str:
        """The type token; a kind with a colon is one of another provider."""
        return self.kind if ":" in self.kind else f"pulumi-python:dynamic/entra-pim:{self.kind}"

    @property
    def urn(self) -> str:
        """The engine's name for it."""
        return f"urn:pulumi:{self.stack}::contoso::{self.type}::{self.name}"

    def read(self) -> AnyResource | None:
        """Read it as the review does."""
        sources = {name: [each.urn for each in others] for name, others in self.sources.items()}
        return resource(self.type, self.urn, self.inputs, sources, protect=self.protect)


@dataclass(frozen=True)
class Violation:
    """What the engine would print, and stop for when it is mandatory."""

    policy: str
    level: str
    urn: str
    message: str


class Pack:
    """A running pack."""

    def __init__(self, analyzer: analyzer_pb2_grpc.AnalyzerStub) -> None:
        self._analyzer = analyzer

    def policies(self) -> dict[str, Any]:
        """Return what the pack says of its policies, by their names."""
        return {each.name: each for each in self._analyzer.GetAnalyzerInfo(empty_pb2.Empty()).policies}

    def before_write(self, declaration: Declaration) -> list[Violation]:
        """Ask about one resource that is about to be written."""
        request = analyzer_pb2.AnalyzeRequest(
            type=declaration.type,
            urn=declaration.urn,
            name=declaration.name,
            properties=_struct(declaration.inputs),
            options=analyzer_pb2.AnalyzerResourceOptions(protect=declaration.protect),
        )
        return _violations(self._analyzer.Analyze(request))

    def at_the_end(self, *declarations: Declaration) -> list[Violation]:
        """Ask about a whole stack."""
        request = analyzer_pb2.AnalyzeStackRequest(resources=[_resource(each) for each in declarations])
        return _violations(self._analyzer.AnalyzeStack(request))


@contextmanager
def running(folder: Path) -> Iterator[Pack]:
    """Run the pack in a project's folder."""
    with subprocess.Popen(_command(), cwd=folder, env=_environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Pack(analyzer_pb2_grpc.AnalyzerStub(channel))
        finally:
            process.kill()


def refusal(folder: Path) -> str:
    """Return what a pack that does not start says."""
    done = subprocess.run(_command(), check=False, cwd=folder, env=_environment(), capture_output=True, text=True)
    assert done.returncode == 1
    return done.stderr


def _command() -> list[str]:
    # The engine's own address comes first; the pack has no use for it.
    return [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)]


def _environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}


def _resource(declaration: Declaration) -> analyzer_pb2.AnalyzerResource:
    return analyzer_pb2.AnalyzerResource(
        type=declaration.type,
        urn=declaration.urn,
        name=declaration.name,
        properties=_struct(declaration.inputs),
        options=analyzer_pb2.AnalyzerResourceOptions(protect=declaration.protect),
        propertyDependencies={
            name: analyzer_pb2.AnalyzerPropertyDependencies(urns=[each.urn for each in sources])
            for name, sources in declaration.sources.items()
        },
    )


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def _violations(response: analyzer_pb2.AnalyzeResponse) -> list[Violation]:
    return [
        Violation(each.policyName, _LEVELS[each.enforcementLevel], each.urn, each.message)
        for each in response.diagnostics
    ]
