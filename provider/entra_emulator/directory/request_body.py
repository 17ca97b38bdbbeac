"""A schedule request's body: what is asked for, checked as far as it can be by itself.

https://learn.microsoft.com/graph/api/resources/unifiedroleeligibilityschedulerequest
https://learn.microsoft.com/graph/api/resources/requestschedule
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from entra_emulator.directory import moments, objects
from entra_emulator.directory.schedules import ASSIGNMENT, ELIGIBILITY, Kind, Triple
from entra_emulator.directory.store import Document
from entra_emulator.refusals import Detail, Refusal, not_emulated

REMOVALS = ("adminRemove", "selfDeactivate")
EXTENSIONS = ("adminExtend", "selfExtend")
RENEWALS = ("adminRenew", "selfRenew")
ACTIVATION = "selfActivate"
_BOTH_KINDS = ("adminAssign", "adminUpdate", "adminRemove", *EXTENSIONS, *RENEWALS)
_EMULATED = {ELIGIBILITY: _BOTH_KINDS, ASSIGNMENT: (*_BOTH_KINDS, ACTIVATION, "selfDeactivate")}
_ACTIONS = {action.casefold(): action for action in _EMULATED[ASSIGNMENT]}
_LONGEST_WAIT = timedelta(days=365)
_EXPIRATIONS = {name.casefold(): name for name in ("notSpecified", "noExpiration", "afterDateTime", "afterDuration")}


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when (UTC; an ``end`` of ``None`` is for ever), and the expiration as it was asked for."""

    start: datetime
    end: datetime | None
    expiration: Document


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for; there is no window where something is to end."""

    action: str
    principal_id: str
    role_definition_id: str
    directory_scope_id: str | None
    app_scope_id: str | None
    window: Window | None
    justification: str | None
    ticket_number: str | None
    ticket_system: str | None
    validation_only: bool

    @property
    def triple(self) -> Triple:
        """Principal, role and scope."""
        scope = self.directory_scope_id or self.app_scope_id or ""
        return Triple(self.principal_id, self.role_definition_id, scope.casefold())

    @property
    def is_by_oneself(self) -> bool:
        """Whether the principal asks, and not an administrator."""
        return self.action.startswith("self")


def read(now: datetime, kind: Kind, body: Document) -> Asked:
    """Read a request's body.

    Raises:
        Refusal: 400 InvalidRoleAssignmentRequest; 501 for an activation among the requests of eligibilities.
    """
    action = _ACTIONS.get(str(body.get("action")).casefold())
    if action is None:
        raise invalid("The action of the role assignment request is missing or unknown.")
    if action not in _EMULATED[kind]:
        raise not_emulated(f"the action '{action}' of role{kind.name}ScheduleRequests")
    principal_id, role_id = (_guid(body, name) for name in ("principalId", "roleDefinitionId"))
    directory_scope_id, app_scope_id = _text(body, "directoryScopeId"), _text(body, "appScopeId")
    if (directory_scope_id is None) == (app_scope_id is None):
        raise invalid("Exactly one of directoryScopeId and appScopeId is required.")
    ticket = body.get("ticketInfo") or {}
    if not isinstance(ticket, dict):
        raise invalid("ticketInfo must be an object.")
    return Asked(
        action=action,
        principal_id=principal_id,
        role_definition_id=role_id,
        directory_scope_id=directory_scope_id,
        app_scope_id=app_scope_id,
        window=None if action in REMOVALS else _read_window(now, body.get("scheduleInfo")),
        justification=_text(body, "justification"),
        ticket_number=_text(ticket, "ticketNumber"),
        ticket_system=_text(ticket, "ticketSystem"),
        validation_only=body.get("isValidationOnly") is True,
    )


def end_of(start: datetime, expiration: Document) -> datetime | None:
    """Tell when an expiration that was read before comes (UTC; ``None`` for never), counted from a start.

    Raises:
        TypeError, ValueError, OverflowError: it names no such moment.
    """
    if expiration["endDateTime"] is not None:
        return moments.read(expiration["endDateTime"])
    if expiration["duration"] is not None:
        return start + moments.read_duration(expiration["duration"])
    return None


def invalid(reason: str) -> Refusal:
    """Name the 400 for a request that makes no sense.

    Graph does not say why (azuread#1464); the emulator adds its reason as a detail of its own.
    """
    return Refusal(
        400,
        "InvalidRoleAssignmentRequest",
        "The role assignment request is invalid.",
        [Detail("EmulatorReason", reason)],
    )


def _read_window(now: datetime, schedule_info: Any) -> Window:
    """Read what is asked for; a start that is missing or past is now."""
    if not isinstance(schedule_info, dict):
        raise invalid("scheduleInfo is required.")
    if schedule_info.get("recurrence") is not None:
        raise invalid("A recurrence is not supported.")
    expiration = schedule_info.get("expiration") or {}
    if not isinstance(expiration, dict):
        raise invalid("The expiration must be an object.")
    kind = _EXPIRATIONS.get(str(expiration.get("type") or "notSpecified").casefold())
    end, duration = expiration.get("endDateTime"), expiration.get("duration")
    if (
        kind is None
        or (kind == "afterDateTime") != (end is not None)
        or (kind == "afterDuration") != (duration is not None)
    ):
        raise invalid("The expiration's type, endDateTime and duration do not fit together.")
    try:
        sent = schedule_info.get("startDateTime")
        start = max(moments.read(sent), now) if sent is not None else now
        until = end_of(start, {"endDateTime": end, "duration": duration})
        if duration is not None:
            # What waits for a decision begins later than it was asked for.
            end_of(start + _LONGEST_WAIT, {"endDateTime": None, "duration": duration})
    except (TypeError, ValueError, OverflowError) as error:
        raise invalid(f"The schedule cannot be read: {error}.") from error
    if until is not None and until <= start:
        raise invalid("The schedule ends before it starts.")
    written = moments.write_precise(until) if end is not None and until is not None else None
    return Window(start, until, {"type": kind, "endDateTime": written, "duration": duration})


def _guid(body: Document, name: str) -> str:
    value = _text(body, name)
    if value is None or not objects.is_guid(value):
        raise invalid(f"{name} is required and must be a GUID.")
    return value.casefold()


def _text(body: Document, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{name} must be a text.")
    return value or None
