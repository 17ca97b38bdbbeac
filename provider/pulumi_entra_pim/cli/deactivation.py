"""Giving an activated role back before its time is over.

https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ..graph.client import Document, Operation
from ..graph.errors import GraphError
from . import access, own_requests
from .access import Access
from .activation import GONE
from .endings import NotAllowed
from .lengths import spoken
from .own_requests import Ask
from .role_definitions import Role, role

# While an activation is younger, PIM takes no change of it.
# https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-add-role-to-user
_FIVE_MINUTES = timedelta(minutes=5)
# Seconds for which a role that was given back may still be listed.
_REMOVAL_LAG = 30.0


@dataclass(frozen=True, slots=True)
class Deactivation:
    """What became of a role: given back now, or not active in the first place."""

    outcome: Literal["deactivated", "not active"]
    role: Role
    scope_id: str
    scope: str

    def document(self) -> Document:
        """Return it as JSON."""
        return {
            "outcome": self.outcome,
            "role": {"id": self.role.id, "name": self.role.name},
            "scope": {"id": self.scope_id, "name": self.scope},
        }


def deactivate(operation: Operation, name: str, scope: str, *, wait: bool) -> Deactivation:
    """Give an activated role back; one that is not active is a success.

    ``wait`` lets the five minutes pass for which PIM keeps an activation. Raises NotAllowed, Unclear.
    """
    wanted = role(operation, name)
    rows = [row for row in access.over(access.own(operation, "active"), scope) if row.role_id == wanted.id]
    activated = access.the_one([row for row in rows if row.how != "Assigned"], f"{wanted.name} is active")
    if activated is not None:
        return _give_back(operation, wanted, activated, wait=wait)
    if rows:
        raise NotAllowed(f"{wanted.name} was assigned to you, not activated: an administrator takes it away")
    return Deactivation("not active", wanted, scope or "/", scope or "the whole directory")


def _give_back(operation: Operation, wanted: Role, held: Access, *, wait: bool) -> Deactivation:
    ask = Ask("Assignment", "selfDeactivate", operation.caller.object_id, wanted.id, held.scope_id)
    done = Deactivation("deactivated", wanted, held.scope_id, held.scope)
    while True:
        try:
            operation.post(own_requests.path(ask.kind), ask.body())
        except GraphError as error:
            if error.code == "ActiveDurationTooShort":
                _let_it_age(operation, wanted, held, wait=wait)
                continue
            # Said of removals that worked, too.
            if error.code != GONE:
                raise
        _await_removal(operation, held)
        return done


def _let_it_age(operation: Operation, wanted: Role, held: Access, *, wait: bool) -> None:
    left = _FIVE_MINUTES
    if held.start:
        left = datetime.fromisoformat(held.start) + _FIVE_MINUTES - operation.now() + timedelta(seconds=1)
    left = max(left, timedelta(seconds=5))
    if not wait:
        raise NotAllowed(
            f"{wanted.name} can be given back once it has been active for five minutes: in {spoken(left)}; or say"
            " --wait"
        )
    operation.waiter.pause(left.total_seconds(), f"{wanted.name} can be given back in {spoken(left)}")


def _await_removal(operation: Operation, held: Access) -> None:
    def gone() -> bool | None:
        return True if all(row.key != held.key for row in access.own(operation, "active")) else None

    operation.waiter.until(gone, f"{held.role} is no longer listed as active", _REMOVAL_LAG)
