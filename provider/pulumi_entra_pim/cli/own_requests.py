"""A person's own requests to PIM: sent exactly once, found again, and their states in plain words.

https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ..graph.client import Document, Operation
from .lengths import written

Kind = Literal["Assignment", "Eligibility"]

MEANINGS: Mapping[str, str] = {
    "Canceled": "withdrawn before it took effect",
    "Denied": "refused by an approver",
    "Failed": "taken by PIM and then failed: ask again",
    "Granted": "accepted, and in effect from its start on",
    "PendingAdminDecision": "waits for an administrator",
    "PendingApproval": "waits for an approver",
    "PendingProvisioning": "accepted, and about to take effect",
    "PendingScheduleCreation": "accepted, and about to take effect",
    "Provisioned": "in effect, or it was until its end",
    "Revoked": "taken back, as this or a later request asked",
    "ScheduleCreated": "accepted, and in effect from its start on",
}
"""What each status of a request means."""

UNDECIDED = frozenset({"PendingApproval", "PendingAdminDecision"})
UNDER_WAY = frozenset({"PendingProvisioning", "PendingScheduleCreation", "ScheduleCreated"})
LOST = frozenset({"Canceled", "Denied", "Failed"})

# The machines of a service need not agree on the time to the second.
_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a person asks of PIM for themselves, without the window where it ends something.

    ``ticket`` is its system and its number, either of which may be empty.
    """

    kind: Kind
    action: str
    principal_id: str
    role_id: str
    scope_id: str
    length: timedelta | None = None
    justification: str = ""
    ticket: tuple[str, str] = ("", "")

    def body(self) -> Document:
        """Return the request's body."""
        body: Document = {
            "action": self.action,
            "principalId": self.principal_id,
            "roleDefinitionId": self.role_id,
            "directoryScopeId": self.scope_id,
        }
        if self.justification:
            body["justification"] = self.justification
        if self.length is not None:
            body["scheduleInfo"] = {"expiration": {"type": "afterDuration", "duration": written(self.length)}}
        if any(self.ticket):
            body["ticketInfo"] = {"ticketSystem": self.ticket[0], "ticketNumber": self.ticket[1]}
        return body

    def is_in(self, request: Document) -> bool:
        """Say whether a request asks for the same, in the same words."""
        wanted = self.body()
        names = ("action", "roleDefinitionId", "directoryScopeId", "justification")
        return all(str(request.get(name) or "").lower() == str(wanted.get(name) or "").lower() for name in names)


def path(kind: Kind) -> str:
    """Return the collection that takes requests of a kind."""
    return f"/roleManagement/directory/role{kind}ScheduleRequests"


def mine(operation: Operation, kind: Kind) -> list[Document]:
    """Return the caller's requests of a kind that Entra still remembers, the latest first."""
    address = f"{path(kind)}/filterByCurrentUser(on='principal')?$expand=roleDefinition,directoryScope"
    rows = list(operation.pages(address, wants=("id", "status")))
    return sorted(rows, key=lambda row: str(row.get("createdDateTime")), reverse=True)


def waiting(operation: Operation, ask: Ask) -> Document | None:
    """Return the caller's open request for the same role and scope."""
    rows = (row for row in mine(operation, ask.kind) if row["status"] in UNDECIDED | UNDER_WAY | {"Granted"})
    return next((row for row in rows if _same_subject(row, ask)), None)


def send(operation: Operation, ask: Ask) -> Document:
    """Ask once; return the request, or what an earlier send of ours has made when its answer was lost.

    Raises AlreadyExists when the role is active or a request is open, and the rest of the family.
    """
    began = operation.now() - _A_SECOND

    def find() -> Document | None:
        return next((row for row in mine(operation, ask.kind) if ask.is_in(row) and _is_since(began, row)), None)

    return operation.create(path(ask.kind), ask.body(), find, lambda _: True, wants=("id", "status"))


def validate(operation: Operation, ask: Ask) -> None:
    """Ask PIM whether it would take the request; nothing is made."""
    operation.post(path(ask.kind), {**ask.body(), "isValidationOnly": True})


def read(operation: Operation, kind: Kind, request_id: str) -> Document | None:
    """Return one of the caller's requests; None once Entra has forgotten it."""
    return next((row for row in mine(operation, kind) if row["id"] == request_id), None)


def _is_since(moment: datetime, request: Document) -> bool:
    made = request.get("createdDateTime")
    return made is not None and datetime.fromisoformat(made) >= moment


def _same_subject(row: Document, ask: Ask) -> bool:
    names = {"roleDefinitionId": ask.role_id, "directoryScopeId": ask.scope_id}
    return all(str(row.get(name)).lower() == value.lower() for name, value in names.items())
