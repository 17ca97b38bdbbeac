"""RoleEligibility: somebody may activate a role, from when to when, over what.

Microsoft's page: https://learn.microsoft.com/graph/api/resources/unifiedroleeligibilityschedule
"""

import re
from datetime import timedelta
from typing import Annotated, Any, NotRequired, Required, TypedDict, Unpack, overload

from pulumi import Input, Output, ResourceOptions

from ..graph.client import Document, Operation
from ..graph.errors import AlreadyExists, GraphError, Refused, TimedOut
from ..graph.waiting import SystemClock
from . import _engine, _schedules, _window, load_provider
from ._base import EntraResource, GraphProvider, given
from ._fields import Field, Values, caseless, flag, guid, text
from ._objects import ABSENCE, OURS_WITHIN, age_of
from ._schedules import LAG, TRANSIENT, WAITING, Grant

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
        return grant.id, self._assign(operation, grant, inputs, _window.asked(inputs), adopted=False)

    def look(self, operation: Operation, id_: str, props: Values) -> Values | None:
        """Read the schedule, or the request that waits for its start; without either, it has ended or is gone."""
        grant = _grant(props)
        found = _find(operation, grant) or _late(operation, grant, props)
        if found is None:
            return {**self.kept(props), "status": "Expired"} if _has_ended(operation, props) else None
        kept = self.without(self.kept(props), _window.SPELLING)
        return {**kept, **_window.reread(props, _window.shown(found)), **_outs(found)}

    def missing(self, live: Values) -> str:
        """Say that PIM has not made the schedule yet."""
        return f"PIM is still at it (status {live['status']})" if live["status"] in TRANSIENT else ""

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
        begins = schedule_info.get("startDateTime")
        if begins and end is not None and end <= _window.moment(begins):
            raise Refused(
                f"the window would end at {_window.spelled(end)}, before it begins at {begins}: give start too, or a"
                " later end"
            )
        adopted = bool(olds.get("adopted"))
        begins_later = _window.begins_later(olds, schedule_info, operation.now())
        if begins_later:
            # Nobody is to hold meanwhile what begins later; what PIM makes of such an update is not on record.
            _schedules.withdraw(operation, grant)
        if begins_later or olds.get("status") == CANCELED or _cancelled(operation, grant, olds):
            with self.unfinished(operation, id_, {**self.kept(olds), "status": CANCELED}):
                return self._assign(operation, grant, inputs, schedule_info, adopted=adopted, mine=True)
        if olds.get("status") in TRANSIENT and _find(operation, grant) is None:
            # PIM was still at it when it was last seen, and has given it up since.
            return self._assign(operation, grant, inputs, schedule_info, adopted=adopted, mine=True)
        try:
            return self._renew(operation, grant, inputs, schedule_info, adopted=adopted)
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
        adopted = bool(olds.get("adopted"))
        return self._assign(operation, _grant(inputs), inputs, _window.asked(inputs), adopted=adopted, mine=True)

    def _assign(
        self,
        operation: Operation,
        grant: Grant,
        inputs: Values,
        schedule_info: Document,
        *,
        adopted: bool,
        mine: bool = False,
        again: bool = False,
    ) -> Values:
        """Send adminAssign; ``mine`` says that whatever exists is this resource's.

        ``again`` says that what was in the way has gone.
        """
        try:
            made = _schedules.assign(
                operation,
                grant,
                _details(inputs, schedule_info),
                lambda: _find(operation, grant),
                lambda found: _is_ours(operation, grant, found, inputs),
            )
        except AlreadyExists as error:
            if again or not _schedules.is_leaving(operation, grant):
                return self._settle(operation, grant, inputs, error, adopted=adopted, mine=mine)
            # What is in the way has been withdrawn, and is not to be taken for what is asked now.
            _schedules.await_removal(operation, grant, error)
            return self._assign(operation, grant, inputs, schedule_info, adopted=adopted, mine=mine, again=True)
        return self._granted(operation, grant, inputs, made, adopted=adopted)

    def _settle(
        self, operation: Operation, grant: Grant, inputs: Values, error: AlreadyExists, *, adopted: bool, mine: bool
    ) -> Values:
        """Find out whose the grant is that exists already."""
        try:
            found = operation.waiter.until(lambda: _find(operation, grant), f"the grant of {grant.role} is listed", LAG)
        except TimedOut:
            raise error from None
        what = f"{grant.principal_id} is eligible for {grant.role} at {grant.directory_scope_id} already"
        if _is_ours(operation, grant, found, inputs):
            if not mine:
                _engine.warn(
                    f"{what}, as asked less than an hour ago by this caller: taken as the work of a run cut short"
                )
            return {**_outs(found), "adopted": adopted}
        if not mine and not inputs["adopt_existing"]:
            raise Refused(
                f"{what} (schedule or request {found['id']}) and that is not this resource's; set adopt_existing=True"
                " to manage it"
            ) from error
        if not mine:
            _engine.warn(f"{what}: adopted")
            adopted = True
        if _window.meets(inputs, _window.shown(found)):
            return {**_outs(found), "adopted": adopted}
        asked = _window.asked(inputs)
        if _waits(found) and _schedules.cancel(operation, grant, str(found["id"])):
            return self._assign(operation, grant, inputs, asked, adopted=adopted, mine=True)
        return self._renew(operation, grant, inputs, asked, adopted=adopted)

    def _renew(
        self, operation: Operation, grant: Grant, inputs: Values, schedule_info: Document, *, adopted: bool
    ) -> Values:
        made = _schedules.renew(operation, grant, _details(inputs, schedule_info))
        return self._granted(operation, grant, inputs, made, adopted=adopted)

    def _granted(self, operation: Operation, grant: Grant, inputs: Values, made: Document, *, adopted: bool) -> Values:
        """Return the outputs of what PIM has made, once it is seen to be what was asked, where that is in doubt."""
        outs = {**_outs(made), "adopted": adopted}
        if not _waits(made) or (made["status"] not in TRANSIENT and grant.directory_scope_id == "/"):
            return outs
        with self.unfinished(operation, grant.id, {**inputs, **outs}):
            row = _schedules.listed(operation, grant, made)
        _schedules.refuse_other_scope(operation, grant, row)
        return {**outs, "status": "Provisioned"} if made["status"] in TRANSIENT else outs


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


def _late(operation: Operation, grant: Grant, props: Values) -> Document | None:
    """Return a grant that is not listed yet, once it is; None when it has ended, was taken away, or stays away.

    One whose request was done moments ago and that nobody undid is waited for; any other for a moment, as requests may
    be listed late too.
    """
    if _has_ended(operation, props):
        return None
    latest = next(iter(_schedules.requests_of(operation, grant)), {})
    if latest.get("action") == "adminRemove":
        return None
    is_new = latest.get("status") == "Provisioned" and age_of(operation, latest) <= timedelta(seconds=LAG)
    try:
        return operation.waiter.until(
            lambda: _find(operation, grant), f"the grant of {grant.role} is listed", LAG if is_new else ABSENCE
        )
    except TimedOut:
        return None


def _cancelled(operation: Operation, grant: Grant, props: Values) -> bool:
    """Cancel the request of a grant that was waiting for its start when it was last seen; say whether that worked."""
    waits = props.get("status") in WAITING - TRANSIENT
    return waits and _schedules.cancel(operation, grant, str(props.get("request_id")))


def _waits(found: Document) -> bool:
    """Say whether what was found is a request; a schedule names the request that made it."""
    return "createdUsing" not in found


def _outs(found: Document) -> Values:
    """Return what a schedule, or a request, says as outputs."""
    ids = (
        {"schedule_id": found.get("targetScheduleId"), "request_id": found["id"]}
        if _waits(found)
        else {"schedule_id": found["id"], "request_id": found.get("createdUsing")}
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
    return (
        str(by).lower() == operation.caller.object_id
        and age_of(operation, request) < OURS_WITHIN
        and request.get("justification") == inputs.get("justification")
        and _window.echoes(request, inputs)
    )


def _has_ended(operation: Operation, props: Values) -> bool:
    window = _window.held(props)
    return window is not None and window.end is not None and window.end <= operation.now()
