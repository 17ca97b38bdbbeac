"""A stand-in for pulumi-random's plug-in: RandomPassword, and nothing else of it.

The engine starts it with its own address as the argument and reads the port from the first line printed.
The rules are those of https://www.pulumi.com/registry/packages/random/api-docs/randompassword/
"""

from __future__ import annotations

import importlib.metadata
import secrets
import signal
import string
import threading
from collections.abc import Mapping
from concurrent import futures
from typing import Any, NoReturn

import bcrypt
import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

PASSWORD_TYPE = "random:index/randomPassword:RandomPassword"

_CHARACTERS = {
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "numeric": string.digits,
    "special": "!@#$%&*()-_=+[]{}<>:?",
}
_MINIMUMS = {kind: f"min{kind.capitalize()}" for kind in _CHARACTERS}
_DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(_CHARACTERS, True),
    **dict.fromkeys(_MINIMUMS.values(), 0),
    "overrideSpecial": None,
    "keepers": None,
}
_SECRET_OUTPUTS = ("result", "bcryptHash")
# How the provider protocol writes a secret: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig
_SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
# bcrypt reads no more than this of a password.
_BCRYPT_BYTES = 72
_BCRYPT_ROUNDS = 10


def problems(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what is wrong with a password's inputs, as (property, reason); unknown values pass."""
    strangers = [(name, "the stand-in does not know this property") for name in inputs if name not in _inputs()]
    if rpc.UNKNOWN in inputs.values():
        return strangers
    settings = _DEFAULTS | dict(inputs)
    if "length" not in inputs:
        return [*strangers, ("length", "is required")]
    least = max(1, sum(settings[minimum] for minimum in _MINIMUMS.values()))
    if settings["length"] < least:
        return [*strangers, ("length", f"must be at least {least:.0f}")]
    if not any(settings[kind] for kind in _CHARACTERS):
        return [*strangers, ("", f"one of {', '.join(_CHARACTERS)} must be true")]
    return strangers


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """List the inputs that differ; a default that is spelt out is no difference."""
    before, after = _DEFAULTS | dict(old), _DEFAULTS | dict(new)
    return [name for name in _inputs() if before.get(name) != after.get(name)]


def generate(inputs: Mapping[str, Any]) -> str:
    """Draw a password from the operating system's random source."""
    settings = _DEFAULTS | dict(inputs)
    sets = {**_CHARACTERS, "special": settings["overrideSpecial"] or _CHARACTERS["special"]}
    drawn = [secrets.choice(sets[kind]) for kind in sets for _ in range(int(settings[_MINIMUMS[kind]]))]
    allowed = "".join(sets[kind] for kind in sets if settings[kind])
    drawn += [secrets.choice(allowed) for _ in range(int(settings["length"]) - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


class RandomStandIn(provider_pb2_grpc.ResourceProviderServicer):
    """The provider protocol's calls that one kind of resource without updates needs."""

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Name the version that is stood in for."""
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi-random"))

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Ask for secrets as plain values: a password's inputs are none."""
        return provider_pb2.ConfigureResponse(acceptSecrets=False)

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Refuse other resources by name, and wrong inputs one by one."""
        _refuse_others(request.urn, context)
        found = problems(json_format.MessageToDict(request.news))
        failures = [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in found]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Replace on any change, as the original does."""
        old, new = json_format.MessageToDict(request.old_inputs), json_format.MessageToDict(request.news)
        names = changed(old, new)
        changes = provider_pb2.DiffResponse.DIFF_SOME if names else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, diffs=names, replaces=names)

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Draw a password and hash it."""
        inputs = json_format.MessageToDict(request.properties)
        password = generate(inputs)
        salt = bcrypt.gensalt(_BCRYPT_ROUNDS)
        outputs = {
            **{name: value for name, value in _DEFAULTS.items() if value is not None},
            **inputs,
            "result": password,
            "bcryptHash": bcrypt.hashpw(password.encode()[:_BCRYPT_BYTES], salt).decode(),
        }
        return provider_pb2.CreateResponse(id="none", properties=_with_secrets(outputs))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Give back what is stored: a password is nowhere else."""
        outputs = json_format.MessageToDict(request.properties)
        if "result" not in outputs:
            _refuse("cannot import a password", context)
        return provider_pb2.ReadResponse(id=request.id, properties=_with_secrets(outputs), inputs=request.inputs)

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Do nothing."""
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """Refuse: pulumi-random has no function that is stood in for."""
        _refuse(f"does not know {request.tok}", context)

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Do nothing: no call takes long."""
        return empty_pb2.Empty()


def _inputs() -> list[str]:
    return ["length", *_DEFAULTS]


def _with_secrets(outputs: Mapping[str, Any]) -> struct_pb2.Struct:
    """Mark the secret outputs in the engine's wire form."""
    marked = struct_pb2.Struct()
    marked.update(outputs)
    marked.update({name: {_SIGNATURE_KEY: _SECRET_SIGNATURE, "value": outputs[name]} for name in _SECRET_OUTPUTS})
    return marked


def _refuse_others(urn: str, context: grpc.ServicerContext) -> None:
    resource_type = urn.split("::")[2].rsplit("$", 1)[-1]
    if resource_type != PASSWORD_TYPE:
        _refuse(f"does not know {resource_type}", context)


def _refuse(what: str, context: grpc.ServicerContext) -> NoReturn:
    version = importlib.metadata.version("pulumi-random")
    context.abort(
        grpc.StatusCode.UNIMPLEMENTED,
        f"this repository's stand-in for pulumi-random {what}; it only makes RandomPassword."
        f" For the rest: pulumi plugin install resource random v{version}",
    )


def main() -> None:
    """Serve until the engine ends this process."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    server = grpc.server(futures.ThreadPoolExecutor())
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(RandomStandIn(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    ending.wait()
    server.stop(grace=None).wait()


if __name__ == "__main__":
    main()
