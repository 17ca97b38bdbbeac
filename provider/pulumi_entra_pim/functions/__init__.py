"""What a program asks of the tenant before it declares anything: who am I, who is this, which role is that.

What fails as expected raises ``pulumi.RunError``, which Pulumi shows as its one line, without a traceback.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import ParamSpec, TypeVar, overload

import pulumi

from ..connection import connect
from ..graph.client import Document, Operation
from ..graph.errors import EntraError, Refused
from ..graph.paths import equals, segment, select
from ..settings import NAMESPACE, Settings, SettingsError

P = ParamSpec("P")
R = TypeVar("R")


def _one_line(function: Callable[P, R]) -> Callable[P, R]:
    """Let an expected failure end the program with its one line."""

    @wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (EntraError, SettingsError) as error:
            raise pulumi.RunError(str(error)) from error

    return asked


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Who the program runs as, by its token's claims; ``user_principal_name`` is empty for an application."""

    tenant_id: str
    client_id: str
    object_id: str
    is_application: bool
    user_principal_name: str


@dataclass(frozen=True, slots=True)
class User:
    """A user of the tenant."""

    object_id: str
    user_principal_name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A directory role of the tenant, built in or custom."""

    role_definition_id: str
    display_name: str
    description: str
    is_built_in: bool


@_one_line
def get_client_config() -> ClientConfig:
    """Return who the program runs as: the tutorial's "assign yourself"; raise RunError when there is no token."""
    identity = _operation().caller
    return ClientConfig(
        tenant_id=identity.tenant_id,
        client_id=identity.client_id,
        object_id=identity.object_id,
        is_application=identity.is_application,
        user_principal_name=identity.user_principal_name,
    )


@overload
def get_user(*, user_principal_name: str) -> User: ...


@overload
def get_user(*, object_id: str) -> User: ...


@_one_line
@cache
def get_user(*, user_principal_name: str = "", object_id: str = "") -> User:
    """Return a user by name or by object id, asked once a process; raise RunError when there is none."""
    key = _the_one(user_principal_name=user_principal_name, object_id=object_id)
    user = _operation().find(f"/users/{segment(key)}?{select('id', 'userPrincipalName', 'displayName')}")
    if user is None:
        raise Refused(f"there is no user {key!r} in the tenant: check the name, or the tenant (AZURE_TENANT_ID)")
    return User(str(user["id"]), str(user["userPrincipalName"]), str(user.get("displayName") or ""))


@overload
def get_role_definition(*, display_name: str) -> RoleDefinition: ...


@overload
def get_role_definition(*, role_definition_id: str) -> RoleDefinition: ...


@_one_line
@cache
def get_role_definition(*, display_name: str = "", role_definition_id: str = "") -> RoleDefinition:
    """Return a role by its id, or by its name in any case, asked once a process; raise RunError for none."""
    key = _the_one(display_name=display_name, role_definition_id=role_definition_id)
    operation = _operation()
    if role_definition_id:
        found = operation.find(f"/roleManagement/directory/roleDefinitions/{segment(role_definition_id)}")
    else:
        found = _by_name(operation, display_name)
    if found is None:
        raise Refused(f"there is no directory role {key!r} in the tenant")
    return RoleDefinition(
        str(found["id"]).lower(),
        str(found["displayName"]),
        str(found.get("description") or ""),
        bool(found.get("isBuiltIn")),
    )


def _by_name(operation: Operation, display_name: str) -> Document | None:
    """Find a role by name; Graph's filter minds case, people do not, so the whole list is the second try."""
    path = "/roleManagement/directory/roleDefinitions"
    exact = list(operation.pages(f"{path}?{equals(displayName=display_name)}"))
    wanted = display_name.casefold()
    found = exact or [each for each in operation.pages(path) if str(each["displayName"]).casefold() == wanted]
    if len(found) > 1:
        ids = ", ".join(str(each["id"]) for each in found)
        raise Refused(f"{len(found)} directory roles are called {display_name!r}: use role_definition_id, one of {ids}")
    return found[0] if found else None


def _the_one(**keys: str) -> str:
    given = [value for value in keys.values() if value]
    if len(given) != 1:
        raise Refused(f"say exactly one of {' and '.join(keys)}, and not as an empty text")
    return given[0]


def _operation() -> Operation:
    """Begin an operation on the program's own client: the stack's configuration, and the environment."""
    config = pulumi.Config(NAMESPACE)
    return connect(Settings.read(config.get, os.environ)).operation()
