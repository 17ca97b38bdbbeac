"""RoleAssignableGroup: a security group that may hold Entra roles.

Microsoft's pages: https://learn.microsoft.com/graph/api/resources/group and
https://learn.microsoft.com/entra/identity/role-based-access-control/groups-concept
"""

from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Annotated, Any, NotRequired, Required, TypedDict, Unpack, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from ..graph.client import Document, Operation
from ..graph.errors import AlreadyExists, GraphError, NotFound, Refused, TimedOut
from ..graph.paths import equals, literal, segment, select
from ..graph.waiting import LAG
from ..roles import role_name
from . import _engine, load_provider
from ._base import EntraResource, GraphProvider, given
from ._fields import Field, Values, declared, flag, guids, mail_nickname, same_ids, text
from ._objects import find, is_deleted, purge, settle
from ._relationships import AT_ONCE, Relationship, references, relate, related

# https://learn.microsoft.com/entra/identity/users/directory-service-limits-restrictions
OWNERS = 100
UNIQUE_NAME = 128

# Seconds for which a schedule that was just removed may be shown still.
REMOVAL_LAG = 30.0

_RELATIONSHIPS: tuple[Relationship, ...] = ("owners", "members")
_SELECT = select("id", "displayName", "description", "mailNickname", "uniqueName", "isAssignableToRole")


def _kept_unless_named(old: object, new: object) -> bool:
    """Compare two unique names: one that the program does not give stays as it is."""
    return new is None or old == new


class RoleAssignableGroupArgs(TypedDict):
    """The inputs of a RoleAssignableGroup. ``owners`` and ``members`` that are not given are not managed."""

    display_name: Required[Annotated[Input[str], Field(text(256), "displayName")]]
    mail_nickname: Required[Annotated[Input[str], Field(mail_nickname, "mailNickname")]]
    description: NotRequired[Annotated[Input[str] | None, Field(text(1024), "description")]]
    owners: NotRequired[Annotated[Input[Sequence[Input[str]]] | None, Field(guids(OWNERS), same=same_ids)]]
    members: NotRequired[Annotated[Input[Sequence[Input[str]]] | None, Field(guids(), same=same_ids)]]
    unique_name: NotRequired[Annotated[Input[str] | None, Field(text(UNIQUE_NAME), same=_kept_unless_named)]]
    adopt_existing: NotRequired[Annotated[Input[bool] | None, Field(flag, default=False)]]
    purge_on_destroy: NotRequired[Annotated[Input[bool] | None, Field(flag, default=False)]]
    force_destroy: NotRequired[Annotated[Input[bool] | None, Field(flag, default=False)]]


class RoleAssignableGroupProvider(GraphProvider):
    """Do the engine's work on /groups."""

    kind = "RoleAssignableGroup"
    args = RoleAssignableGroupArgs
    computed = ("default_unique_name",)

    def problems(self, olds: Values, inputs: Values) -> list[tuple[str, str]]:
        """Refuse to leave a group that has owners without one: Graph would, half-way through."""
        if inputs.get("owners") == [] and olds.get("owners"):
            reason = "owners must keep at least one: Graph does not let the last owner of a group go"
            return [("owners", f"{reason}; leave owners out to stop managing them")]
        default = inputs.get("default_unique_name", "")
        if not olds and "unique_name" not in inputs and len(default) > UNIQUE_NAME:
            return [("unique_name", f"unique_name must be given: {default} is longer than {UNIQUE_NAME} characters")]
        return []

    def complete(self, olds: Values, news: Values, inputs: Values) -> Values:
        """Keep the unique name that the group was made with, whatever the program, stack or resource is called now."""
        inputs = self.without(inputs, self.computed)
        if "unique_name" in inputs:
            return inputs
        source = olds or news
        names = ("unique_name", *self.computed)
        return {**inputs, **{name: source[name] for name in names if source.get(name) is not None}}

    def replaces(self, name: str, olds: Values) -> bool:
        """Say that a unique name can be given once and never be changed; all else is updated in place."""
        return name == "unique_name" and olds.get("unique_name") is not None

    def make(self, operation: Operation, inputs: Values) -> tuple[str, Values]:
        """Create the group under its unique name, which two groups cannot share."""
        return self._make(operation, inputs, inputs.get("unique_name") or inputs["default_unique_name"])

    def look(self, operation: Operation, id_: str, props: Values) -> Values | None:
        """GET the group, and its owners and members where they are managed."""
        group = find(operation, f"/groups/{segment(id_)}?{_SELECT}", id_)
        if group is None:
            return None
        outs = {**self.kept(props), **self.as_inputs(group, set(props)), "unique_name": group.get("uniqueName")}
        for each in _RELATIONSHIPS:
            if props.get(each) is not None:
                outs[each] = _in_order_of(props[each], settle(operation, partial(related, operation, id_, each)))
        return outs

    def stated(self, live: Values) -> Values:
        """Return the inputs that the user set: a unique name that was chosen by us is not one."""
        chosen = ("unique_name",) if live.get("default_unique_name") is not None else ()
        return self.without(super().stated(live), chosen)

    def change(self, operation: Operation, id_: str, olds: Values, inputs: Values) -> Values:
        """PATCH what differs; then bring owners and members, as they are now, to what is asked."""
        changed = self.changed(olds, inputs)
        body = self.body(inputs, changed)
        if "unique_name" in changed:
            body["uniqueName"] = inputs["unique_name"]
        if body:
            settle(operation, lambda: operation.patch(f"/groups/{segment(id_)}", body))
        for each in _RELATIONSHIPS:
            if each in changed and each in inputs:
                relate(operation, id_, each, inputs[each], olds.get(each) or ())
        return {"unique_name": inputs.get("unique_name") or olds.get("unique_name")}

    def remove(self, operation: Operation, id_: str, props: Values) -> None:
        """DELETE the group, into deletedItems for 30 days; release one that was adopted.

        A group that schedules outside this stack still name is not deleted unless ``force_destroy``: people would lose
        access that nobody here declared.
        """
        if props.get("adopted"):
            _engine.notice(f"group {props.get('display_name')!r} ({id_}) was adopted: released, not deleted")
            return
        if not props.get("force_destroy"):
            _refuse_if_in_use(operation, id_, str(props.get("display_name")))
        operation.delete(f"/groups/{segment(id_)}")
        if props.get("purge_on_destroy"):
            purge(operation, id_)

    # -- create, step by step -------------------------------------------------------------------------------------

    def _make(self, operation: Operation, inputs: Values, name: str) -> tuple[str, Values]:
        found = _find(operation, name)
        if found is not None and not is_deleted(operation, str(found["id"])):
            return self._take_over(operation, inputs, found)
        try:
            id_ = self._create(operation, inputs, name)
        except AlreadyExists as error:
            return self._go_on_from_held_name(operation, inputs, name, error)
        outs = {"adopted": False, "unique_name": name}
        if sum(len(inputs.get(each, ())) for each in _RELATIONSHIPS) > AT_ONCE:
            self._finish(operation, id_, inputs, outs)
        return id_, outs

    def _create(self, operation: Operation, inputs: Values, name: str) -> str:
        """Upsert by unique name, which cannot make two; POST where the service refuses that for such a group.

        Microsoft documents the upsert of a role-assignable group by an example; its Bicep extension, which upserts,
        documents that such groups fail to deploy. So both ways are here.
        https://learn.microsoft.com/graph/api/group-upsert, https://learn.microsoft.com/graph/templates/limitations
        """
        body = self._creation(operation, inputs)
        group = settle(operation, lambda: self._upsert_or_post(operation, inputs, name, body))
        if "isAssignableToRole" not in group:
            # No content: it was there, as an earlier send, whose answer was lost, had been acted on.
            group = operation.waiter.until(lambda: _find(operation, name), f"group {name} can be read", LAG)
            if group.get("isAssignableToRole") is not True:
                raise Refused(
                    f"a group with unique name {name!r} that is not role-assignable (object id {group['id']}) came up"
                    " while this one was made: choose another unique_name"
                )
        elif group["isAssignableToRole"] is not True:
            operation.delete(f"/groups/{segment(group['id'])}")
            raise Refused(f"Graph made group {name} ({group['id']}) without isAssignableToRole; it was deleted again")
        return str(group["id"])

    def _upsert_or_post(self, operation: Operation, inputs: Values, name: str, body: Document) -> Document:
        try:
            return operation.upsert(f"/groups(uniqueName={literal(name)})", body)
        except GraphError as error:
            # What the refusal of an upsert looks like is not on record; anything else would be refused twice.
            if isinstance(error, AlreadyExists | NotFound) or error.answer.status not in (400, 403):
                raise
        return operation.create(
            "/groups",
            {**body, "uniqueName": name},
            lambda: _find(operation, name),
            lambda found: self._is_as_asked(found, inputs),
        )

    def _creation(self, operation: Operation, inputs: Values) -> Document:
        """Return the body that creates the group, with as many owners and members as fit into one write."""
        body = {
            **self.body(inputs),
            "mailEnabled": False,
            "securityEnabled": True,
            "isAssignableToRole": True,
            "visibility": "Private",
        }
        room = AT_ONCE
        for each in _RELATIONSHIPS:
            first = inputs.get(each, [])[:room]
            room -= len(first)
            if first:
                body[f"{each}@odata.bind"] = references(operation, first)
        return body

    def _go_on_from_held_name(
        self, operation: Operation, inputs: Values, name: str, error: AlreadyExists
    ) -> tuple[str, Values]:
        """Go on after "this unique name is taken": by a group that is not shown yet, or by one in deletedItems.

        A deleted object keeps its unique name for the 30 days in which it can be restored.
        https://github.com/microsoftgraph/msgraph-bicep-types/issues/137
        """
        held: dict[str, Document] = {}

        def holder() -> Document | None:
            deleted = operation.pages(f"/directory/deletedItems/microsoft.graph.group?{_SELECT}")
            held.update({str(group.get("uniqueName")): group for group in deleted})
            return held.get(name) or _find(operation, name)

        found = operation.waiter.until(holder, f"group {name} can be read", LAG)
        if name not in held:
            return self._take_over(operation, inputs, found)
        if "unique_name" in inputs:
            id_ = held[name]["id"]
            raise Refused(
                f"unique_name {name!r} is held by the deleted group {held[name].get('displayName')!r} (object id {id_})"
                " for the 30 days in which it can be restored: restore it"
                f" (POST /directory/deletedItems/{id_}/restore) and set adopt_existing=True, or choose another"
            ) from error
        default = inputs["default_unique_name"]
        free = next(other for n in count(2) if (other := f"{default}-{n}") not in held)
        return self._make(operation, inputs, free)

    def _take_over(self, operation: Operation, inputs: Values, found: Document) -> tuple[str, Values]:
        id_, name, adopted = str(found["id"]), str(found["uniqueName"]), bool(inputs["adopt_existing"])
        what = f"group {found.get('displayName')!r} with unique name {name!r} exists already (object id {id_})"
        if found.get("isAssignableToRole") is not True:
            raise Refused(f"{what} and is not role-assignable, which nobody can change: choose another unique_name")
        as_asked = self._is_as_asked(found, inputs)
        if not (adopted or as_asked):
            raise Refused(f"{what} and is not this resource's; set adopt_existing=True to manage it")
        why = "adopted" if adopted else "exactly as asked, so taken as the work of a run that was cut short"
        _engine.warn(f"{what}: {why}")
        outs = {"adopted": adopted, "unique_name": name}
        with self.unfinished(
            operation, id_, {**self.without(inputs, _RELATIONSHIPS), **self.as_inputs(found, set(inputs)), **outs}
        ):
            if not as_asked:
                settle(operation, lambda: operation.patch(f"/groups/{segment(id_)}", self.body(inputs)))
        self._finish(operation, id_, inputs, outs)
        return id_, outs

    def _finish(self, operation: Operation, id_: str, inputs: Values, outs: Values) -> None:
        """Bring owners and members to what is asked; until then the state holds the group without them."""
        with self.unfinished(operation, id_, {**self.without(inputs, _RELATIONSHIPS), **outs}):
            for each in _RELATIONSHIPS:
                if each in inputs:
                    relate(operation, id_, each, inputs[each])

    def _is_as_asked(self, group: Document, inputs: Values) -> bool:
        live = self.as_inputs(group, set(declared(self.args)))
        return all(value == inputs.get(name) for name, value in live.items())


class RoleAssignableGroup(EntraResource, module="entra-pim", name="RoleAssignableGroup"):
    """A role-assignable security group. Its Pulumi id is Graph's object id: what uses the group wants ``group.id``."""

    display_name: Output[str]
    mail_nickname: Output[str]
    description: Output[str | None]
    owners: Output[Sequence[str] | None]
    members: Output[Sequence[str] | None]
    unique_name: Output[str | None]
    adopt_existing: Output[bool]
    purge_on_destroy: Output[bool]
    force_destroy: Output[bool]
    tenant_id: Output[str]
    adopted: Output[bool]

    @overload
    def __init__(
        self, resource_name: str, args: RoleAssignableGroupArgs, opts: ResourceOptions | None = None
    ) -> None: ...

    @overload
    def __init__(
        self, resource_name: str, *, opts: ResourceOptions | None = None, **inputs: Unpack[RoleAssignableGroupArgs]
    ) -> None: ...

    def __init__(
        self,
        resource_name: str,
        args: RoleAssignableGroupArgs | None = None,
        opts: ResourceOptions | None = None,
        **inputs: Any,
    ) -> None:
        default = f"{pulumi.get_project()}-{pulumi.get_stack()}-{resource_name}"
        provider = load_provider("RoleAssignableGroup")
        super().__init__(provider, resource_name, given(args, inputs), opts, default_unique_name=default)


def _find(operation: Operation, name: str) -> Document | None:
    return operation.find(f"/groups(uniqueName={literal(name)})?{_SELECT}")


def _in_order_of(asked: list[str], live: set[str]) -> list[str]:
    """Return the live ids: those asked for in the program's order and spelling, then the others."""
    kept = [each for each in asked if each.lower() in live]
    return kept + sorted(live - {each.lower() for each in kept})


def _refuse_if_in_use(operation: Operation, id_: str, display_name: str) -> None:
    """Raise Refused when schedules still name the group, once a removal just made has had time to show."""

    def nothing_left() -> bool | None:
        grants.clear()
        for kind, eligible in (("Eligibility", "eligible for"), ("Assignment", "active in")):
            path = f"/roleManagement/directory/role{kind}Schedules?{equals(principalId=id_)}"
            grants.extend(
                f"{eligible} {role_name(str(row['roleDefinitionId']))} at {row['directoryScopeId']}"
                for row in operation.pages(path)
                if row.get("memberType") == "Direct"
            )
        gone = grants and operation.find(f"/groups/{segment(id_)}?{select('id')}") is None
        return True if gone or not grants else None

    grants: list[str] = []
    try:
        operation.waiter.until(nothing_left, f"nothing names group {id_}", REMOVAL_LAG)
    except TimedOut as error:
        raise Refused(
            f"group {display_name!r} ({id_}) is not deleted, as this stack does not manage all that it holds: it is"
            f" {'; '.join(grants)}; remove that first, or set force_destroy=True"
        ) from error
