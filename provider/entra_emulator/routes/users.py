"""/users and /me: https://learn.microsoft.com/graph/api/resources/user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from entra_emulator.directory import objects, privilege, users
from entra_emulator.directory.objects import GROUP, USER
from entra_emulator.directory.store import Document
from entra_emulator.permissions import USER_LIST, USER_UPDATE
from entra_emulator.refusals import Refusal
from entra_emulator.routes.call import NO_CONTENT, Answer, Call
from entra_emulator.routes.entities import count, many, mixed, one, stored
from entra_emulator.routes.object_types import DIRECTORY_OBJECT_TYPE, USER_TYPE

_ENOUGH_FOR_ONE_PROPERTY = {
    "passwordProfile": "User-PasswordProfile.ReadWrite.All",
    "accountEnabled": "User.EnableDisableAccount.All",
}


def create(call: Call) -> Answer:
    """POST /users."""
    return one(call, USER_TYPE, users.create(call.tenant, call.body), "users", status=201)


def read_all(call: Call) -> Answer:
    """GET /users."""
    return many(call, USER_TYPE, stored(call, USER.active), "users")


def count_all(call: Call) -> Answer:
    """GET /users/$count."""
    return count(call, USER_TYPE, stored(call, USER.active))


def read(call: Call) -> Answer:
    """GET /users/{id or user principal name}; User.Read is enough for oneself only."""
    user = users.read(call.tenant, call.parameters["id"])
    if user["id"] != call.caller.object_id:
        USER_LIST.admit(call.tenant, call.caller)
    return one(call, USER_TYPE, user, "users")


def update(call: Call) -> Answer:
    """PATCH /users/{id or user principal name}."""
    user, body = users.read(call.tenant, call.parameters["id"]), call.body
    _admit_update(call, user, body)
    users.update(call.tenant, call.caller, user, body)
    return NO_CONTENT


def delete(call: Call) -> Answer:
    """DELETE /users/{id or user principal name}."""
    users.delete(call.tenant, call.caller, users.read(call.tenant, call.parameters["id"]))
    return NO_CONTENT


def revoke_sign_in_sessions(call: Call) -> Answer:
    """POST /users/{id}/revokeSignInSessions."""
    users.revoke_sign_in_sessions(call.tenant, users.read(call.tenant, call.parameters["id"]))
    return Answer(document={"@odata.context": call.context("Edm.Boolean"), "value": True})


def member_of(call: Call) -> Answer:
    """GET /users/{id}/memberOf: groups only, not the roles and administrative units that Graph lists too."""
    return _groups(call, objects.groups_of)


def transitive_member_of(call: Call) -> Answer:
    """GET /users/{id}/transitiveMemberOf: groups only."""
    return _groups(call, objects.all_groups_of)


def of_me(operation: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """Turn an operation on a user into the one on the signed-in user."""

    def on_me(call: Call) -> Answer:
        if call.caller.is_app:
            raise Refusal(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
        return operation(replace(call, parameters={"id": call.caller.object_id}))

    return on_me


def _admit_update(call: Call, user: Document, body: Document) -> None:
    """A person may change their own profile; some permissions are for one property only.

    https://learn.microsoft.com/graph/api/user-update#permissions
    """
    caller = call.caller
    if user["id"] == caller.object_id and caller.may("User.ReadWrite", "User.ReadWrite.All", "Directory.ReadWrite.All"):
        return
    if not all(caller.may(_ENOUGH_FOR_ONE_PROPERTY.get(name, "")) for name in body):
        USER_UPDATE.admit(call.tenant, caller)
    elif not caller.is_app and not privilege.holds_role(call.tenant, caller.object_id, USER_UPDATE.roles):
        raise privilege.denied()


def _groups(call: Call, read_groups: Callable[..., list[Document]]) -> Answer:
    user = users.read(call.tenant, call.parameters["id"])
    found = mixed((GROUP, group) for group in read_groups(call.tenant, user["id"]))
    return many(call, DIRECTORY_OBJECT_TYPE, found, "directoryObjects")
