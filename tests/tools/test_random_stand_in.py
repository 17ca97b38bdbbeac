"""The stand-in through the door that the engine uses: its gRPC port."""

import signal
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bcrypt
import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from tools import random_stand_in

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
URN = f"urn:pulumi:local::project::{random_stand_in.PASSWORD_TYPE}::password"
PET = "urn:pulumi:local::project::my:Component$random:index/randomPet:RandomPet::pet"


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


class Plugin:
    def __init__(self, port: int) -> None:
        self.stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))

    def check(self, urn: str = URN, **inputs: Any) -> dict[str, str]:
        answer = self.stub.Check(provider_pb2.CheckRequest(urn=urn, news=struct(inputs)))
        return {failure.property: failure.reason for failure in answer.failures}

    def replaces(self, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        request = provider_pb2.DiffRequest(urn=URN, old_inputs=struct(old), news=struct(new))
        answer = self.stub.Diff(request)
        assert (answer.changes == provider_pb2.DiffResponse.DIFF_SOME) == bool(answer.replaces)
        return list(answer.replaces)

    def create(self, **inputs: Any) -> dict[str, Any]:
        answer = self.stub.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(inputs)))
        return dict(json_format.MessageToDict(answer.properties))


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    command = [sys.executable, str(Path(random_stand_in.__file__)), "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        yield Plugin(int(process.stdout.readline()))
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
    assert process.returncode == 0


def secret(wire: dict[str, str]) -> str:
    assert wire["4dabf18193072939515e22adb298388d"] == "1b47061264138c4ac30d75fd1eb44270"
    return wire["value"]


minimums = st.integers(0, 5)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extra=st.integers(1, 40), lower=minimums, upper=minimums, numeric=minimums, special=minimums)
def test_a_password_has_its_length_and_at_least_what_is_asked_of_each_kind(
    plugin: Plugin, extra: int, lower: int, upper: int, numeric: int, special: int
) -> None:
    length = extra + lower + upper + numeric + special
    least = {"minLower": lower, "minUpper": upper, "minNumeric": numeric, "minSpecial": special}
    password = secret(plugin.create(length=length, **least)["result"])
    assert len(password) == length
    kinds = [string.ascii_lowercase, string.ascii_uppercase, string.digits, SPECIAL]
    counts = [sum(character in kind for character in password) for kind in kinds]
    assert sum(counts) == length
    assert all(count >= wanted for count, wanted in zip(counts, least.values(), strict=True))


def test_a_kind_that_is_switched_off_does_not_occur(plugin: Plugin) -> None:
    password = secret(plugin.create(length=200, special=False, upper=False, numeric=False)["result"])
    assert set(password) <= set(string.ascii_lowercase)


def test_special_characters_of_ones_own_take_the_place_of_the_usual_ones(plugin: Plugin) -> None:
    inputs = {"length": 100, "overrideSpecial": "~^", "lower": False, "upper": False, "numeric": False}
    assert set(secret(plugin.create(**inputs)["result"])) == {"~", "^"}


def test_two_passwords_are_never_the_same(plugin: Plugin) -> None:
    assert plugin.create(length=20)["result"] != plugin.create(length=20)["result"]


@pytest.mark.parametrize("length", [8, 100])
def test_the_hash_is_of_the_password_and_as_secret(plugin: Plugin, length: int) -> None:
    outputs = plugin.create(length=length)
    assert bcrypt.checkpw(secret(outputs["result"]).encode()[:72], secret(outputs["bcryptHash"]).encode())


def test_outputs_hold_the_inputs_and_the_defaults(plugin: Plugin) -> None:
    outputs = plugin.create(length=20, minLower=3, keepers={"since": "may"})
    assert {name: outputs[name] for name in ("length", "minLower", "minUpper", "upper", "keepers")} == {
        "length": 20,
        "minLower": 3,
        "minUpper": 0,
        "upper": True,
        "keepers": {"since": "may"},
    }


def test_a_password_may_be_no_shorter_than_its_parts(plugin: Plugin) -> None:
    assert plugin.check(length=7, minLower=4, minUpper=4) == {"length": "must be at least 8"}
    assert plugin.check(length=8, minLower=4, minUpper=4) == {}
    assert plugin.check(length=0) == {"length": "must be at least 1"}


def test_a_password_of_no_characters_is_refused(plugin: Plugin) -> None:
    nothing: dict[str, Any] = {"lower": False, "upper": False, "numeric": False, "special": False}
    assert plugin.check(length=8, **nothing) == {"": "one of lower, upper, numeric, special must be true"}


def test_missing_and_unheard_of_inputs_are_named(plugin: Plugin) -> None:
    assert plugin.check(number=True) == {
        "number": "the stand-in does not know this property",
        "length": "is required",
    }


def test_what_is_not_known_yet_is_no_mistake(plugin: Plugin) -> None:
    assert plugin.check(length=UNKNOWN, minLower=4) == {}


@pytest.mark.parametrize("change", [{"length": 21}, {"special": False}, {"keepers": {"since": "june"}}])
def test_any_change_replaces(plugin: Plugin, change: dict[str, Any]) -> None:
    assert plugin.replaces({"length": 20}, {"length": 20, **change}) == list(change)


def test_spelling_out_a_default_is_no_change(plugin: Plugin) -> None:
    assert plugin.replaces({"length": 20}, {"length": 20, "special": True, "minLower": 0}) == []


def test_a_refresh_gives_back_what_is_stored_with_its_secrets(plugin: Plugin) -> None:
    stored = {"length": 20, "result": "p", "bcryptHash": "h"}
    request = provider_pb2.ReadRequest(id="none", urn=URN, properties=struct(stored), inputs=struct({"length": 20}))
    answer = plugin.stub.Read(request)
    outputs = json_format.MessageToDict(answer.properties)
    assert (answer.id, outputs["length"], secret(outputs["result"]), secret(outputs["bcryptHash"])) == (
        "none",
        20,
        "p",
        "h",
    )
    assert json_format.MessageToDict(answer.inputs) == {"length": 20}


def test_everything_else_of_pulumi_random_is_refused_by_name(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match=r"random:index/randomPet:RandomPet; it only makes RandomPassword"):
        plugin.check(urn=PET, length=1)
    with pytest.raises(grpc.RpcError, match=r"pulumi plugin install resource random v4\.21\.4"):
        plugin.stub.Invoke(provider_pb2.InvokeRequest(tok="random:index:anything"))
    with pytest.raises(grpc.RpcError, match="cannot import a password"):
        plugin.stub.Read(provider_pb2.ReadRequest(id="a password", urn=URN))


def test_it_names_the_version_it_stands_in_for(plugin: Plugin) -> None:
    assert plugin.stub.GetPluginInfo(empty_pb2.Empty()).version == "4.21.4"
