"""TestUser: a person made for learning and testing PIM.

Microsoft's page: https://learn.microsoft.com/graph/api/resources/user
"""

import re
from typing import Annotated, Any, NotRequired, Required, TypedDict, Unpack, overload

from pulumi import Input, Output, ResourceOptions

from ..graph.client import Document, Operation
from ..graph.errors import AlreadyExists, Denied, Refused, TimedOut
from ..graph.paths import equals, segment, select
from ..graph.waiting import LAG
from . import _engine, load_provider
from ._base import EntraResource, GraphProvider, given
from ._fields import Field, Values, caseless, declared, flag, mail_nickname, text
from ._objects import OURS_WITHIN, age_of, find, purge, settle

# https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy
_UPN = re.compile(r"[A-Za-z0-9'._!#^~-]{1,64}(?<!\.)@(?=.{1,48}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")

# Of which any one is enough to delete a user who has no power. https://learn.microsoft.com/graph/api/user-delete
_MAY_DELETE = frozenset({"User.ReadWrite.All", "User.DeleteRestore.All", "Directory.ReadWrite.All"})


def upn(value: object) -> str | None:
    """Want a user principal name: alias@domain, at most 64 and 48 characters."""
    if isinstance(value, str) and _UPN.fullmatch(value):
        return None
    return (
        "be alias@domain with A-Z a-z 0-9 ' . - _ ! # ^ ~ before the @ (at most 64 characters, no dot at the end) and"
        f" a domain of at most 48 after it; {value!r} is not"
    )


def password(value: object) -> str | None:
    """Want a password that Entra takes: 8 to 256 characters of ASCII, three of the four kinds. Never quotes it."""
    if not isinstance(value, str):
        return "be a string"
    if not 8 <= len(value) <= 256 or not value.isascii():
        return "have 8 to 256 ASCII characters"
    if sum(bool(re.search(kind, value)) for kind in _CLASSES) < 3:
        return "have at least three of: lower-case letters, upper-case letters, digits, symbols"
    return None


def country(value: object) -> str | None:
    """Want a two-letter country code."""
    if isinstance(value, str) and re.fullmatch(r"[A-Z]{2}", value):
        return None
    return f"be a two-letter country code such as US (ISO 3166); {value!r} is not"


class TestUserArgs(TypedDict):
    """The inputs of a TestUser."""

    user_principal_name: Required[Annotated[Input[str], Field(upn, "userPrincipalName", same=caseless)]]
    display_name: Required[Annotated[Input[str], Field(text(256), "displayName")]]
    mail_nickname: Required[Annotated[Input[str], Field(mail_nickname, "mailNickname")]]
    password: NotRequired[Annotated[Input[str] | None, Field(password, secret=True)]]
    force_change_password_next_sign_in: NotRequired[Annotated[Input[bool] | None, Field(flag, default=True)]]
    account_enabled: NotRequired[Annotated[Input[bool] | None, Field(flag, "accountEnabled", default=True)]]
    given_name: NotRequired[Annotated[Input[str] | None, Field(text(64), "givenName")]]
    surname: NotRequired[Annotated[Input[str] | None, Field(text(64), "surname")]]
    job_title: NotRequired[Annotated[Input[str] | None, Field(text(128), "jobTitle")]]
    department: NotRequired[Annotated[Input[str] | None, Field(text(64), "department")]]
    usage_location: NotRequired[Annotated[Input[str] | None, Field(country, "usageLocation")]]
    adopt_existing: NotRequired[Annotated[Input[bool] | None, Field(flag, default=False)]]
    purge_on_destroy: NotRequired[Annotated[Input[bool] | None, Field(flag, default=False)]]


# pytest would collect a class of this name; said inside the class, it would be an input to type checkers.
type.__setattr__(TestUserArgs, "__test__", False)


class TestUserProvider(GraphProvider):
    """Do the engine's work on /users."""

    __test__ = False
    kind = "TestUser"
    args = TestUserArgs

    def problems(self, olds: Values, inputs: Values) -> list[tuple[str, str]]:
        """Want a password for a user that is yet to be made."""
        if not olds and "password" not in inputs and not inputs["adopt_existing"]:
            return [("password", "password must be given, unless adopt_existing takes an existing user over")]
        return []

    def make(self, operation: Operation, inputs: Values) -> tuple[str, Values]:
        """POST the user; an answer that is lost, or "exists", is settled by looking the name up."""
        try:
            user = operation.create(
                "/users",
                {**self.body(inputs), "passwordProfile": _password_profile(inputs)},
                lambda: self._find(operation, inputs),
                lambda found: self._is_as_asked(found, inputs),
            )
        except AlreadyExists as error:
            return self._take_over(operation, inputs, error)
        return str(user["id"]), {"adopted": False}

    def look(self, operation: Operation, id_: str, props: Values) -> Values | None:
        """GET the user; what Graph does not tell (the password) stays as it was."""
        user = find(operation, f"/users/{segment(id_)}?{self._select()}", id_)
        if user is None:
            return None
        return {**self.kept(props), **self.as_inputs(user, set(props))}

    def change(self, operation: Operation, id_: str, olds: Values, inputs: Values) -> Values:
        """PATCH what differs, and the password only when it is what differs."""
        changed = self.changed(olds, inputs)
        body = self.body(inputs, changed)
        if "password" in changed and "password" in inputs:
            body["passwordProfile"] = _password_profile(inputs)
        elif "force_change_password_next_sign_in" in changed:
            body["passwordProfile"] = {"forceChangePasswordNextSignIn": inputs["force_change_password_next_sign_in"]}
        if body:
            settle(operation, lambda: operation.patch(f"/users/{segment(id_)}", body))
        return {}

    def remove(self, operation: Operation, id_: str, props: Values) -> None:
        """DELETE the user, into deletedItems for 30 days; release one that was adopted."""
        if props.get("adopted"):
            _engine.notice(f"user {props.get('user_principal_name')} ({id_}) was adopted: released, not deleted")
            return
        try:
            operation.delete(f"/users/{segment(id_)}")
        except Denied as error:
            if not self._is_free(operation, id_):
                raise
            self._delete_once_unprotected(operation, id_, error)
        if props.get("purge_on_destroy"):
            purge(operation, id_)

    def _find(self, operation: Operation, inputs: Values) -> Document | None:
        return operation.find(f"/users/{segment(inputs['user_principal_name'])}?{self._select()}")

    def _take_over(self, operation: Operation, inputs: Values, error: AlreadyExists) -> tuple[str, Values]:
        upn = inputs["user_principal_name"]
        try:
            found = operation.waiter.until(lambda: self._find(operation, inputs), f"user {upn} can be read", LAG)
        except TimedOut:
            raise error from None
        id_ = str(found["id"])
        if inputs["adopt_existing"]:
            return self._adopt(operation, id_, inputs, found)
        if self._is_as_asked(found, inputs) and age_of(operation, found) < OURS_WITHIN:
            _engine.warn(
                f"user {upn} ({id_}) was there already, made less than an hour ago and exactly as asked: taken as the"
                " work of a run that was cut short"
            )
            return id_, {"adopted": False}
        raise Refused(
            f"user {upn} exists already (object id {id_}, created {found.get('createdDateTime')}) and is not this"
            " resource's; set adopt_existing=True to manage it"
        ) from error

    def _adopt(self, operation: Operation, id_: str, inputs: Values, found: Document) -> tuple[str, Values]:
        _engine.warn(f"user {inputs['user_principal_name']} ({id_}) is adopted; its password is left as it is")
        live = {**inputs, **self.as_inputs(found, set(inputs)), "adopted": True}
        with self.unfinished(operation, id_, live):
            operation.patch(f"/users/{segment(id_)}", self.body(inputs))
        return id_, {"adopted": True}

    def _is_free(self, operation: Operation, id_: str) -> bool:
        """Say whether nothing that the directory shows, nor a permission that is missing, keeps the user from deletion.

        Who holds a role, or is in a role-assignable group, is protected.
        https://learn.microsoft.com/graph/api/resources/users#who-can-perform-sensitive-actions
        """
        if not operation.caller.permissions & _MAY_DELETE:
            return False
        try:
            groups = operation.pages(f"/users/{segment(id_)}/memberOf")
            roles = operation.pages(f"/roleManagement/directory/roleAssignments?{equals(principalId=id_)}")
            return not any(each.get("isAssignableToRole") for each in groups) and not any(roles)
        except Denied:
            return False

    def _delete_once_unprotected(self, operation: Operation, id_: str, error: Denied) -> None:
        """Delete a user whose last protection has just gone, which Entra takes a while to notice."""
        refusals = [error]

        def delete() -> bool | None:
            try:
                operation.delete(f"/users/{segment(id_)}")
            except Denied as refusal:
                refusals.append(refusal)
                return None
            return True

        try:
            operation.waiter.until(delete, f"Entra no longer protects user {id_}", LAG)
        except TimedOut as late:
            raise Refused(
                f"{refusals[-1]} The directory shows no role and no role-assignable group of this user any more, so"
                " that protection should end by itself: run again in some minutes"
            ) from late

    def _select(self) -> str:
        return select(
            "id", "createdDateTime", *(each.field.graph for each in declared(self.args).values() if each.field.graph)
        )

    def _is_as_asked(self, user: Document, inputs: Values) -> bool:
        # What was not asked for has to be empty too.
        live = self.as_inputs(user, set(declared(self.args)))
        return all(declared(self.args)[name].field.same(value, inputs.get(name)) for name, value in live.items())


class TestUser(EntraResource, module="entra-pim", name="TestUser"):
    """A cloud-only user of the tenant. Its Pulumi id is Graph's object id."""

    __test__ = False

    user_principal_name: Output[str]
    display_name: Output[str]
    mail_nickname: Output[str]
    password: Output[str | None]
    force_change_password_next_sign_in: Output[bool]
    account_enabled: Output[bool]
    given_name: Output[str | None]
    surname: Output[str | None]
    job_title: Output[str | None]
    department: Output[str | None]
    usage_location: Output[str | None]
    adopt_existing: Output[bool]
    purge_on_destroy: Output[bool]
    tenant_id: Output[str]
    adopted: Output[bool]

    @overload
    def __init__(self, resource_name: str, args: TestUserArgs, opts: ResourceOptions | None = None) -> None: ...

    @overload
    def __init__(
        self, resource_name: str, *, opts: ResourceOptions | None = None, **inputs: Unpack[TestUserArgs]
    ) -> None: ...

    def __init__(
        self,
        resource_name: str,
        args: TestUserArgs | None = None,
        opts: ResourceOptions | None = None,
        **inputs: Any,
    ) -> None:
        super().__init__(load_provider("TestUser"), resource_name, given(args, inputs), opts)


def _password_profile(inputs: Values) -> Document:
    return {
        "password": inputs.get("password"),
        "forceChangePasswordNextSignIn": inputs["force_change_password_next_sign_in"],
    }
