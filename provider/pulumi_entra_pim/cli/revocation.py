"""Ending people's sign-in sessions, one after the other, whatever becomes of one of them.

https://learn.microsoft.com/graph/api/user-revokesigninsessions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..graph.auth import Identity
from ..graph.client import Document, GraphClient, Operation
from ..graph.errors import AuthError, Denied, GraphError, NotFound, NotSent, OutcomeUnknown, TimedOut
from ..graph.paths import equals, segment, select
from ..graph.waiting import Tell
from .endings import Unclear
from .role_definitions import is_id

# https://learn.microsoft.com/graph/api/user-revokesigninsessions#permissions
_NOT_ALLOWED = (
    "you may not: it takes the permission User.RevokeSessions.All, and of a person also an active role that may, such"
    " as User Administrator (entra-pim activate)"
)
_COMMENT = re.compile(r"(?:^|\s)#")

Outcome = Literal["revoked", "not revoked", "not known", "not reached"]


@dataclass(frozen=True, slots=True)
class Revocation:
    """What became of one person's sessions; ``why`` says what went wrong."""

    person: str
    outcome: Outcome
    why: str = ""

    def document(self) -> Document:
        """Return it as JSON."""
        return {"person": self.person, "outcome": self.outcome, "why": self.why or None}


def people_of_file(text: str) -> list[str]:
    """Return the names in a file, one a line; ``#`` begins a comment, but not within a name, as guests' have it."""
    return [name for line in text.splitlines() if (name := _COMMENT.split(line)[0].strip())]


def people_of_group(operation: Operation, group: str) -> list[str]:
    """Return who is in a group, through other groups too; raise Unclear for no such group, and for several."""
    rows = operation.pages(
        f"/groups/{segment(_group(operation, group))}/transitiveMembers?{select('id', 'userPrincipalName')}"
    )
    return [str(row["userPrincipalName"]) for row in rows if row.get("userPrincipalName")]


def in_order(people: Iterable[str], caller: Identity) -> list[str]:
    """Return each name once, whatever its case, and the caller's last: it may end the session that does the rest."""
    first: dict[str, str] = {}
    for name in people:
        first.setdefault(name.casefold(), name)
    own = {caller.user_principal_name.casefold(), caller.object_id}
    return [name for is_own in (False, True) for key, name in first.items() if (key in own) is is_own]


def revoke(client: GraphClient, people: Sequence[str], tell: Tell, keep: Callable[[Revocation], None]) -> None:
    """End the sessions of people, and hand over what became of each as soon as it is known.

    A failure of one is no reason to leave the others out, but for one that would meet them all: no token, no network,
    no time.
    """
    for number, person in enumerate(people, start=1):
        tell(f"{number} of {len(people)}: {person}")
        try:
            keep(_revoke(client.operation(tell), person))
        except (AuthError, Denied, NotSent, TimedOut) as error:
            keep(Revocation(person, "not known" if isinstance(error, TimedOut) else "not revoked", str(error)))
            for each in people[number:]:
                keep(Revocation(each, "not reached", "stopped at the one before, which would stop this one too"))
            return


def interrupted(people: Sequence[str], done: Sequence[Revocation]) -> list[Revocation]:
    """Return what became of everybody: of the one at whom it was interrupted it is not known."""
    at, others = people[len(done) : len(done) + 1], people[len(done) + 1 :]
    return [
        *done,
        *(Revocation(person, "not known", "interrupted") for person in at),
        *(Revocation(person, "not reached", "interrupted") for person in others),
    ]


def _revoke(operation: Operation, person: str) -> Revocation:
    try:
        operation.post(f"/users/{segment(person)}/revokeSignInSessions")
    except NotFound:
        return Revocation(person, "not revoked", "there is no such user in the tenant")
    except OutcomeUnknown as error:
        return Revocation(person, "not known", str(error))
    except Denied as error:
        if error.answer.status == 401:
            raise
        return Revocation(person, "not revoked", f"{_NOT_ALLOWED} ({error.code}, request-id {error.answer.request_id})")
    except GraphError as error:
        return Revocation(person, "not revoked", str(error))
    return Revocation(person, "revoked")


def _group(operation: Operation, name: str) -> str:
    if is_id(name):
        return name
    found = list(operation.pages(f"/groups?{equals(displayName=name)}&{select('id', 'displayName')}"))
    if not found:
        raise Unclear(f"there is no group {name!r} in the tenant: check the name, or give its id")
    if len(found) > 1:
        ids = ", ".join(str(each["id"]) for each in found)
        raise Unclear(f"{len(found)} groups are called {name!r}: give the id of one, {ids}")
    return str(found[0]["id"])
