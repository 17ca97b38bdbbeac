"""``entra-pim requests``: what the signed-in person asked of PIM, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .exits import Exit, epilog
from .moments import shown
from .output import Output, OutputOption, print_json, print_table
from .progress import Progress
from .session import Session

if TYPE_CHECKING:
    from ..graph.client import Document

EPILOG = epilog(
    "entra-pim requests",
    "entra-pim requests --output json",
    codes=(Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.SIGN_IN),
)
NEEDS = (
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
)


def requests(output: OutputOption = Output.TABLE) -> None:
    """List your requests to activate, extend and renew roles, each with what its status means.

    Entra forgets requests after some weeks; what you hold is in entra-pim assignments.
    """
    from .own_requests import mine

    session = Session.of(NEEDS, person=True)
    with Progress() as tell:
        operation = session.operation(tell)
        found = [_document(row) for kind in ("Assignment", "Eligibility") for row in mine(operation, kind)]
    if output is Output.JSON:
        print_json({"requests": found})
        return
    columns = ("Asked", "What", "Role", "Over", "Status", "Which means")
    print_table(
        "Your requests",
        columns,
        [
            (shown(row["asked"]), row["action"], row["role"], row["scope"], row["status"], row["meaning"])
            for row in found
        ],
    )


def _document(request: Document) -> dict[str, Any]:
    from ..roles import role_name
    from .own_requests import MEANINGS

    role, scope = request.get("roleDefinition") or {}, request.get("directoryScope") or {}
    scope_id = str(request.get("directoryScopeId") or "/")
    status = str(request["status"])
    return {
        "id": request["id"],
        "action": str(request.get("action") or ""),
        "role": str(role.get("displayName") or role_name(str(request.get("roleDefinitionId") or ""))),
        "scope": "the whole directory" if scope_id == "/" else str(scope.get("displayName") or scope_id),
        "status": status,
        "meaning": MEANINGS.get(status, "a status that this version does not know"),
        "asked": request.get("createdDateTime"),
        "justification": request.get("justification"),
    }
