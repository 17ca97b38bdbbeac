"""The resources as a program declares them, with the SDK's own mocks in the engine's place."""

from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format
from pulumi.runtime import Mocks, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.mocks import test as awaited

import pulumi_entra_pim as entra

from .entra import PASSWORD
from .programs import NOBODY, USER_ADMINISTRATOR

# How a secret travels: https://github.com/pulumi/pulumi/blob/master/sdk/python/lib/pulumi/runtime/rpc.py
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": PASSWORD}

USER = entra.TestUserArgs(
    user_principal_name="AlineD@contoso.com", display_name="Aline Dupuy", mail_nickname="AlineD", password=PASSWORD
)
GROUP = entra.RoleAssignableGroupArgs(display_name="IT Helpdesk (User)", mail_nickname="userHelpdesk")
ELIGIBILITY = entra.RoleEligibilityArgs(principal_id=NOBODY, role_definition_id=USER_ADMINISTRATOR, duration="P365D")

EVERY_KIND: list[tuple[Any, dict[str, Any]]] = [
    (entra.TestUser, dict(USER)),
    (entra.RoleAssignableGroup, dict(GROUP)),
    (entra.RoleEligibility, dict(ELIGIBILITY)),
]
every_kind = pytest.mark.parametrize(("resource", "inputs"), EVERY_KIND, ids=lambda each: getattr(each, "__name__", ""))


class Echo(Mocks):
    """Answers a registration with the inputs as outputs."""

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", args.inputs

    def call(self, args: Any) -> Any:
        raise AssertionError(f"{args.token} was called")


@pytest.fixture
def registered() -> Iterator[list[Any]]:
    """The registrations that the program sends, as the engine would get them."""
    requests: list[Any] = []
    monitor = MockMonitor(Echo())
    register = monitor.RegisterResource

    def record(request: Any) -> Any:
        if request.custom:
            requests.append(request)
        return register(request)

    vars(monitor)["RegisterResource"] = record
    set_mocks(Echo(), project="contoso", stack="dev", monitor=monitor)
    yield requests
    pulumi.runtime.settings.reset_options()


def run(program: Callable[[], Any]) -> None:
    """Run a program to its end, all registrations included."""
    awaited(program)()


def sent(request: Any) -> dict[str, Any]:
    """Return the inputs of a registration, without the provider that the SDK adds."""
    values: dict[str, Any] = json_format.MessageToDict(request.object)
    assert isinstance(values.pop("__provider"), str)
    return values


def test_a_user_sends_what_is_set_and_its_password_as_a_secret(registered: list[Any]) -> None:
    run(lambda: entra.TestUser("aline", USER))
    [request] = registered
    assert request.type == "pulumi-python:dynamic/entra-pim:TestUser"
    assert sent(request) == {
        "user_principal_name": "AlineD@contoso.com",
        "display_name": "Aline Dupuy",
        "mail_nickname": "AlineD",
        "password": SECRET,
    }


def test_a_group_sends_the_name_that_it_gets_where_the_program_gives_none(registered: list[Any]) -> None:
    run(lambda: entra.RoleAssignableGroup("it-helpdesk", GROUP))
    [request] = registered
    assert request.type == "pulumi-python:dynamic/entra-pim:RoleAssignableGroup"
    assert sent(request) == {
        "display_name": "IT Helpdesk (User)",
        "mail_nickname": "userHelpdesk",
        "default_unique_name": "contoso-dev-it-helpdesk",
    }


def test_an_eligibility_sends_what_is_set(registered: list[Any]) -> None:
    run(lambda: entra.RoleEligibility("admin", ELIGIBILITY))
    [request] = registered
    assert request.type == "pulumi-python:dynamic/entra-pim:RoleEligibility"
    assert sent(request) == {
        "principal_id": NOBODY,
        "role_definition_id": USER_ADMINISTRATOR,
        "duration": "P365D",
    }


@every_kind
def test_keywords_and_an_args_object_say_the_same(resource: Any, inputs: dict[str, Any], registered: list[Any]) -> None:
    run(lambda: resource("one", inputs))
    run(lambda: resource("one", **inputs))
    one, other = registered
    assert one.object == other.object


@every_kind
def test_the_old_one_goes_before_the_new_one_comes_unless_the_program_says_otherwise(
    resource: Any, inputs: dict[str, Any], registered: list[Any]
) -> None:
    run(lambda: resource("one", inputs))
    run(lambda: resource("two", inputs, pulumi.ResourceOptions(delete_before_replace=False)))
    assert [(each.deleteBeforeReplace, each.deleteBeforeReplaceDefined) for each in registered] == [
        (True, True),
        (False, True),
    ]


def test_the_password_stays_a_secret_among_the_outputs_whatever_else_the_program_hides(registered: list[Any]) -> None:
    options = pulumi.ResourceOptions(additional_secret_outputs=["job_title"], protect=True)
    run(lambda: entra.TestUser("aline", USER, options))
    [request] = registered
    assert sorted(request.additionalSecretOutputs) == ["job_title", "password"]
    assert request.protect


@pytest.mark.parametrize("resource", [entra.RoleAssignableGroup, entra.RoleEligibility])
def test_nothing_else_is_a_secret(resource: Any, registered: list[Any]) -> None:
    inputs: Any = GROUP if resource is entra.RoleAssignableGroup else ELIGIBILITY
    run(lambda: resource("one", inputs))
    assert list(registered[0].additionalSecretOutputs) == []


def test_a_user_to_adopt_needs_no_password(registered: list[Any]) -> None:
    run(
        lambda: entra.TestUser(
            "aline",
            user_principal_name="AlineD@contoso.com",
            display_name="Aline Dupuy",
            mail_nickname="AlineD",
            adopt_existing=True,
        )
    )
    assert "password" not in sent(registered[0])


def test_what_a_program_reads_from_a_resource_is_there(registered: list[Any]) -> None:
    seen: dict[str, Any] = {}

    def program() -> pulumi.Output[Any]:
        group = entra.RoleAssignableGroup("it", GROUP)
        grant = entra.RoleEligibility(
            "admin", principal_id=group.id, role_definition_id=entra.BuiltInRole.USER_ADMINISTRATOR, permanent=True
        )
        return pulumi.Output.all(grant.principal_id, grant.permanent, grant.effective_end, group.members).apply(
            lambda values: seen.update(values=values)
        )

    run(program)
    assert seen["values"] == ["it-id", True, None, None]


@every_kind
def test_an_input_that_does_not_exist_is_named_with_those_that_do(
    resource: Any, inputs: dict[str, Any], registered: list[Any]
) -> None:
    with pytest.raises(TypeError, match=f"{resource.__name__} 'one' has no input 'colour'; it has ") as error:
        resource("one", **inputs, colour="red")
    assert all(name in str(error.value) for name in inputs)
    assert registered == []


@every_kind
def test_inputs_come_in_one_form_only(resource: Any, inputs: dict[str, Any], registered: list[Any]) -> None:
    with pytest.raises(TypeError, match="as an Args object or as keywords, not both"):
        resource("one", inputs, **inputs)
    assert registered == []
