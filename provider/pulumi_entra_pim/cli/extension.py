"""Asking for more time: for an eligibility, or an assigned role, of one's own; an administrator decides.

https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ..graph.client import Document, Operation
from ..graph.errors import AlreadyExists, GraphError
from . import access, own_requests
from .access import Access, State
from .activation import GONE
from .activation_rules import failed_rules
from .endings import NotAllowed
from .own_requests import Ask, Kind
from .role_definitions import Role, role

_STATES: dict[Kind, State] = {"Eligibility": "eligible", "Assignment": "active"}


@dataclass(frozen=True, slots=True)
class Extension:
    """A request for more time, or the open one that there was; ``status`` is as Graph has it."""

    role: Role
    scope_id: str
    request_id: str
    status: str
    was_open: bool

    @property
    def waits(self) -> bool:
        """Say whether somebody has to decide."""
        return self.status in own_requests.UNDECIDED

    def document(self) -> Document:
        """Return it as JSON."""
        return {
            "role": {"id": self.role.id, "name": self.role.name},
            "scope": {"id": self.scope_id},
            "request_id": self.request_id,
            "status": self.status,
            "meaning": own_requests.MEANINGS.get(self.status, self.status),
            "was_open": self.was_open,
        }


def extend(operation: Operation, kind: Kind, name: str, scope: str, length: timedelta, justification: str) -> Extension:
    """Ask for more time, counted from now, for what is held or has ended within 30 days.

    Raises NotAllowed for what is held through a group or for ever, or not at all; Unclear.
    """
    wanted = role(operation, name)
    rows = [row for row in access.over(access.own(operation, _STATES[kind]), scope) if row.role_id == wanted.id]
    held = access.the_one(rows, f"{wanted.name} is held")
    if held is not None:
        _admit(held)
    ask = Ask(
        kind,
        "selfRenew" if held is None else "selfExtend",
        operation.caller.object_id,
        wanted.id,
        scope or "/" if held is None else held.scope_id,
        length,
        justification,
    )
    try:
        answer = own_requests.send(operation, ask)
    except AlreadyExists:
        there = own_requests.waiting(operation, ask)
        if there is None:
            raise
        return _extension(wanted, ask, there, was_open=True)
    except GraphError as error:
        raise _refusal(wanted, error) from error
    return _extension(wanted, ask, answer, was_open=False)


def _admit(held: Access) -> None:
    if held.member_type == "Group":
        raise NotAllowed(f"{held.role} is held through a group: whoever manages the group's grant extends it")
    if held.how == "Activated":
        raise NotAllowed(f"{held.role} was activated: activate it again when it has ended")
    if held.end is None:
        raise NotAllowed(f"{held.role} is held for ever: there is nothing to extend")


def _refusal(wanted: Role, error: GraphError) -> Exception:
    if error.code == GONE:
        return NotAllowed(
            f"{wanted.name} is not granted to you by name, and no such grant has ended in the last 30 days; a grant to"
            " a group is extended by whoever manages it"
        )
    if error.code == "RoleAssignmentRequestPolicyValidationFailed":
        rules = ", ".join(failed_rules(error.answer.message)) or error.answer.message
        return NotAllowed(f"the policy of {wanted.name} refuses: {rules}: {error.answer.message}")
    return error


def _extension(wanted: Role, ask: Ask, request: Document, *, was_open: bool) -> Extension:
    return Extension(wanted, ask.scope_id, str(request["id"]), str(request["status"]), was_open)
