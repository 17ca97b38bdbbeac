"""RoleEligibility: somebody may activate a role, from when to when, over what.

Microsoft's page: https://learn.microsoft.com/graph/api/resources/unifiedroleeligibilityschedule
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, NotRequired, Required, TypedDict, Unpack, overload

from pulumi import Input, Output, ResourceOptions

from ..graph.client import Document, Operation
from ..graph.errors import AlreadyExists, GraphError, OutcomeUnknown, Refused, TimedOut
from ..graph.waiting import SystemClock
from . import _engine, _schedules, _window, load_provider
from ._base import EntraResource, GraphProvider, given
from ._fields import Field, Values, caseless, flag, guid, text
from ._schedules import LAG, TRANSIENT, WAITING, Grant

OURS_WITHIN = timedelta(hours=1)

# The status of a grant whose request was cancelled to make room for the changed one, which then failed.
CANCELED = "Canceled"

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_SCOPE = re.compile(rf"/|/administrativeUnits/{_GUID}|/{_GUID}")
# Graph states no bound for these; what a person writes fits.
_WORDS = text(10_000)


def directory_scope(value: object) -> str | None:
    """Want a directory scope: the tenant, an administrative unit, or an application."""
    if isinstance(value, str) and _SCOPE.fullmatch(value):
        return None
    return f'be "/" (the tenant), "/administrativeUnits/<id>" or "/<application object id>"; {value!r} is not'


class RoleEligibilityArgs(TypedDict):
    """The inputs of a RoleEligibility; exactly one of ``end``, ``duration`` and ``permanent=True`` ends it."""

    principal_id: Required[Annotated[Input[str], Field(guid, replaces=True, same=caseless)]]
    role_definition_id: Required[Annotated[Input[str], Field(guid, replaces=True, same=caseless)]]
    directory_scope_id: NotRequired[
        Annotated[Input[str] | None, Field(directory_scope, default="/", replaces=True, same=caseless)]
    ]
    justification: NotRequired[Annotated[Input[str] | None, Field(_WORDS)]]
    start: NotRequired[Annotated[Input[str] | None, Field(_window.instant)]]
    end: NotRequired[Annotated[Input[str] | None, Field(_window.instant)]]
    duration: NotRequired[Annotated[Input[str] | None, Field(_window.length)]]
    permanent: NotRequired[Annotated[Input[bool] | None, Field(flag)]]
    ticket_number: NotRequired[Annotated[Input[str] | None, Field(_WORDS)]]
    ticket_system: NotRequired[Annotated[Input[str] | None, Field(_WORDS)]]
    adopt_existing: NotRequired[Annotated[Input[bool] | None, Field(flag, default=False)]]


class RoleEligibilityProvider(GraphProvider):
    """Do the engine's work on the eligibility schedules of directory roles."""

    kind = "RoleEligibility"
    args = RoleEligibilityArgs
    outputs = (
        "tenant_id",
        "adopted",
        "schedule_id",
        "request_id",
        "status",
        "effective_start",
        "effective_end",
    )
    clock = SystemClock()

    def problems(self, olds: Values, inputs: Values) -> list[tuple[str, str]]:
        """Want one window, in the right order, that has not ended before it is asked for."""
        return _window.problems(olds, inputs, self.clock.now())

    def changed(self, olds: Values, news: Values) -> list[str]:
        """Leave out the window's spelling while the window is the same."""
        changed = super().changed(olds, news)
        if not _window.same(olds, news):
            return changed
        return [name for name in changed if name not in _window.SPELLING]

    def make(self, operation: Operation, inputs: Values) -> tuple[str, Values]:
        """Ask PIM for the grant; an answer that is lost, or "exists", is settled by looking the grant up."""
        grant = _grant(inputs)
        return grant.id, self._assign(operation, grant, inputs, _window.asked(inputs))

    def look(self, operation: Operation, id_: str, props: Values) -> Values | None:
        """Read the schedule, or the request that waits for its start; without either, it has ended or is gone."""
        found = _find(operation, _grant(props))
        if found is None:
            return {**self.kept(props), "status": "Expired"} if _has_ended(operation, props) else None
        kept = self.without(self.kept(props), _window.SPELLING)
        return {**kept, **_window.reread(props, _window.shown(found)), **_outs(found)}

    def change(self, operation: Operation, id_: str, olds: Values, inputs: Values) -> Values:
        """Ask PIM for the new window; for the old one again, to its second, when only the words changed."""
        if self.changed(olds, inputs) == ["adopt_existing"]:
            return {}
        if _has_ended(operation, olds):
            return self._give_anew(operation, olds, inputs)
        end = _window.end_after_change(olds, inputs)
        if end is not None and end <= operation.now():
            raise Refused(
                f"the window would end at {_window.spelled(end)}, which is past (a duration counts from the start of"
                " the grant): give a later end, or remove the resource"
            )
        grant, schedule_info = _grant(inputs), _window.renewed(olds, inputs, operation.now())
        if olds.get("status") == CANCELED or _cancelled(operation, grant, olds):
            with self.unfinished(operation, id_, {**self.kept(olds), "status": CANCELED}):
                return self._assign(operation, grant, inputs, schedule_info, mine=True)
        try:
            return self._renew(operation, grant, inputs, schedule_info)
        except GraphError:
            # The first answer tells the service's time: the grant may have ended by that.
            if not _has_ended(operation, olds):
                raise
            return self._give_anew(operation, olds, inputs)

    def remove(self, operation: Operation, id_: str, props: Values) -> None:
        """Take the grant away; one that has ended, and was not given anew, is gone already."""
        grant = _grant(props)
        if _has_ended(operation, props) and _find(operation, grant) is None:
            return
        if _cancelled(operation, grant, props):
            return
        _schedules.withdraw(operation, grant)

    # -- step by step ---------------------------------------------------------------------------------------------

    def _give_anew(self, operation: Operation, olds: Values, inputs: Values) -> Values:
        """Grant again after the end, when the window changed; new words alone give nobody anything."""
        if _window.same(olds, inputs):
            return {"status": "Expired"}
        return self._assign(operation, _grant(inputs), inputs, _window.asked(inputs), mine=True)

    def _assign(
        self,
        operation: Operation,
        grant: Grant,
        inputs: Values,
        schedule_info: Document,
        *,
        mine: bool = False,
        lost: bool = False,
        tries: int = 3,
    ) -> Values:
        """Send adminAssign; ``mine`` says that whatever exists is this resource's, ``lost`` that an answer was lost."""
        fresh = {} if mine else {"adopted": False}
        try:
            answer = _schedules.send(operation, grant, "adminAssign", _details(inputs, schedule_info))
        except OutcomeUnknown:
            found = _find(operation, grant)
            if found is not None and _is_ours(operation, grant, found, inputs):
                return {**_outs(found), **fresh}
            if tries == 1:
                raise
            return self._assign(operation, grant, inputs, schedule_info, mine=mine, lost=True, tries=tries - 1)
        except AlreadyExists as error:
            return self._settle(operation, grant, inputs, error, mine=mine, lost=lost)
        return {**self._granted(operation, grant, answer), **fresh}

    def _settle(
        self, operation: Operation, grant: Grant, inputs: Values, error: AlreadyExists, *, mine: bool, lost: bool
    ) -> Values:
        """Find out whose the grant is that exists already."""
        try:
            found = operation.waiter.until(lambda: _find(operation, grant), f"the grant of {grant.role} is listed", LAG)
        except TimedOut:
            raise error from None
        what = f"{grant.principal_id} is eligible for {grant.role} at {grant.directory_scope_id} already"
        if _is_ours(operation, grant, found, inputs):
            if not lost and not mine:
                _engine.warn(
                    f"{what}, as asked less than an hour ago by this caller: taken as the work of a run cut short"
                )
            return _outs(found) if mine else {**_outs(found), "adopted": False}
        if not mine and not inputs["adopt_existing"]:
            raise Refused(
                f"{what} (schedule or request {found['id']}) and that is not this resource's; set adopt_existing=True"
                " to manage it"
            ) from error
        adopted = {} if mine else {"adopted": True}
        if not mine:
            _engine.warn(f"{what}: adopted")
        if _window.meets(inputs, _window.shown(found)):
            return {**_outs(found), **adopted}
        if _waits(found) and _schedules.cancel(operation, grant, str(found["id"])):
            return {**self._assign(operation, grant, inputs, _window.asked(inputs), mine=True), **adopted}
        return {**self._renew(operation, grant, inputs, _window.asked(inputs)), **adopted}

    def _renew(self, operation: Operation, grant: Grant, inputs: Values, schedule_info: Document) -> Values:
        answer = _schedules.send(operation, grant, "adminUpdate", _details(inputs, schedule_info))
        return self._granted(operation, grant, answer)

    def _granted(self, operation: Operation, grant: Grant, answer: Document) -> Values:
        """Return the outputs of a request that PIM took, once what it made is what was asked."""
        if answer.get("status") in TRANSIENT or grant.directory_scope_id != "/":
            _schedules.confirm(operation, grant, answer)
        return _outs({**answer, "status": "Provisioned"} if answer.get("status") in TRANSIENT else answer)


class RoleEligibility(EntraResource, module="entra-pim", name="RoleEligibility"):
    """An eligible assignment of a directory role. Its Pulumi id is ``scope|role|principal``."""

    principal_id: Output[str]
    role_definition_id: Output[str]
    directory_scope_id: Output[str]
    justification: Output[str | None]
    start: Output[str | None]
    end: Output[str | None]
    duration: Output[str | None]
    permanent: Output[bool | None]
    ticket_number: Output[str | None]
    ticket_system: Output[str | None]
    adopt_existing: Output[bool]
    tenant_id: Output[str]
    adopted: Output[bool]
    schedule_id: Output[str | None]
    request_id: Output[str]
    status: Output[str]
    effective_start: Output[str]
    effective_end: Output[str | None]

    @overload
    def __init__(self, resource_name: str, args: RoleEligibilityArgs, opts: ResourceOptions | None = None) -> None: ...

    @overload
    def __init__(
        self, resource_name: str, *, opts: ResourceOptions | None = None, **inputs: Unpack[RoleEligibilityArgs]
    ) -> None: ...

    def __init__(
        self,
        resource_name: str,
        args: RoleEligibilityArgs | None = None,
        opts: ResourceOptions | None = None,
        **inputs: Any,
    ) -> None:
        super().__init__(load_provider("RoleEligibility"), resource_name, given(args, inputs), opts)


def _grant(props: Values) -> Grant:
    return Grant(
        "Eligibility",
        str(props["principal_id"]).lower(),
        str(props["role_definition_id"]).lower(),
        _canonical(str(props["directory_scope_id"])),
    )


def _canonical(scope: str) -> str:
    head, slash, id_ = scope.rpartition("/")
    return f"{head}{slash}{id_.lower()}"


def _find(operation: Operation, grant: Grant) -> Document | None:
    return _schedules.schedule_of(operation, grant) or _schedules.waiting_request_of(operation, grant)


def _cancelled(operation: Operation, grant: Grant, props: Values) -> bool:
    """Cancel the request of a grant that was waiting for its start when it was last seen; say whether that worked."""
    return props.get("status") in WAITING and _schedules.cancel(operation, grant, str(props.get("request_id")))


def _waits(found: Document) -> bool:
    """Say whether what was found is a request; a schedule names the request that made it."""
    return "createdUsing" not in found


def _outs(found: Document) -> Values:
    """Return what a schedule, or a request, says as outputs."""
    ids = (
        {"schedule_id": found.get("targetScheduleId"), "request_id": found["id"]}
        if _waits(found)
        else {"schedule_id": found["id"], "request_id": found["createdUsing"]}
    )
    return {**ids, "status": found["status"], **_window.outputs(_window.shown(found))}


def _details(inputs: Values, schedule_info: Document) -> Document:
    ticket = {
        "ticketNumber": inputs.get("ticket_number"),
        "ticketSystem": inputs.get("ticket_system"),
    }
    words = {"justification": inputs["justification"]} if "justification" in inputs else {}
    return {"scheduleInfo": schedule_info, **words, **({"ticketInfo": ticket} if any(ticket.values()) else {})}


def _is_ours(operation: Operation, grant: Grant, found: Document, inputs: Values) -> bool:
    """Say whether this caller asked for exactly this within the hour: then a run of ours was cut short."""
    request = found if _waits(found) else _schedules.request_behind(operation, grant, found)
    if request is None:
        return False
    by = ((request.get("createdBy") or {}).get("user") or {}).get("id")
    age = operation.now() - datetime.fromisoformat(str(request["createdDateTime"]))
    return (
        str(by).lower() == operation.caller.object_id
        and age < OURS_WITHIN
        and request.get("justification") == inputs.get("justification")
        and _window.echoes(request, inputs)
    )


def _has_ended(operation: Operation, props: Values) -> bool:
    window = _window.held(props)
    return window is not None and window.end is not None and window.end <= operation.now()
