"""What the tenant would refuse at ``up``, asked before anything is written: with the setting ``preflight`` only.

What is there and unfit is a refusal. What is not there may be made in this very run, as ``up`` checks again in its
course: so that is a warning on the row, as is what could not be asked. Nothing here stops what Graph would take.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import isodate

from ..graph.client import Document, GraphClient, Operation
from ..graph.errors import EntraError, TimedOut
from ..graph.licence import has_pim
from ..graph.paths import segment, select
from . import _engine, _window
from ._fields import Values, is_unknown
from ._objects import whereabouts
from ._role_policy import admin_rules, advice_on, advice_on_length
from ._schedules import Kind

T = TypeVar("T")

# Seconds that all questions of a process may take together, but for the last request's own: the engine checks one
# resource after the other.
_PATIENCE = 15.0

_GRANTS: Mapping[str, Kind] = {"RoleEligibility": "Eligibility"}
"""The kinds of resources that are grants, and the kind of schedule that each is."""


def refusals(kind: str, client: GraphClient, olds: Values, inputs: Values) -> list[tuple[str, str]]:
    """Return what the tenant would refuse of a new or changed resource, as (property, reason); warn of doubts.

    Values that are not known yet are not asked about.
    """
    if kind not in _GRANTS:
        return []
    grant = _Grant(_tenant_of(client), _GRANTS[kind], inputs, is_new=not olds)
    found: list[_Finding] = []
    for what, judge in _JUDGES.items():
        try:
            found += judge(grant)
        except EntraError as error:
            found.append(_Finding("", f"{what} was not checked: {error}", certain=False))
    for finding in found:
        if not finding.certain:
            _engine.warn(finding.reason)
    return [(finding.property, finding.reason) for finding in found if finding.certain]


class _Tenant:
    """What one process asks of one tenant and hears: each question once, whatever comes of it."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._heard: dict[str, Any] = {}
        self._left = _PATIENCE

    def ask(self, question: str, look: Callable[[Operation], T]) -> T:
        """Return the answer to a question; raise EntraError, each time it is asked, where there is none."""
        if question not in self._heard:
            self._heard[question] = self._ask(look)
        answer: T | EntraError = self._heard[question]
        if isinstance(answer, EntraError):
            raise answer
        return answer

    def now(self) -> datetime:
        """Return the present by the service's clock."""
        return self._client.now()

    def _ask(self, look: Callable[[Operation], T]) -> T | EntraError:
        if self._left <= 0:
            return TimedOut(f"the questions of a preview may take {_PATIENCE:g} s, and have")
        operation = self._client.operation(_engine.progress, self._left, _engine.call_over())
        try:
            return look(operation)
        except EntraError as error:
            return error
        finally:
            self._left = operation.waiter.deadline.left()


@cache
def _tenant_of(client: GraphClient) -> _Tenant:
    return _Tenant(client)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the tenant says against an input; one that is not certain is no reason to stop."""

    property: str
    reason: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class _Grant:
    """A grant that a program declares, held against what the tenant says."""

    tenant: _Tenant
    kind: Kind
    inputs: Values
    is_new: bool

    def licence(self) -> Iterator[_Finding]:
        """Want a licence for PIM."""
        if not self.tenant.ask("licence", has_pim):
            yield _Finding(
                "",
                "Privileged Identity Management needs a Microsoft Entra ID P2 or ID Governance licence in this tenant",
            )

    def role(self) -> Iterator[_Finding]:
        """Want the role definition to be there."""
        role = self.inputs["role_definition_id"]
        if is_unknown(role):
            return
        path = f"/roleManagement/directory/roleDefinitions/{segment(role)}?{select('id')}"
        if self.tenant.ask(f"role {role.lower()}", lambda operation: operation.find(path)) is None:
            yield _Finding(
                "role_definition_id",
                f"the directory shows no role definition {role}: check the id, unless it is made in this run",
                certain=False,
            )

    def policy(self) -> Iterator[_Finding]:
        """Want what the role's policy demands of whoever assigns the role."""
        role = self.inputs["role_definition_id"]
        if is_unknown(role):
            return
        rules = self.tenant.ask(f"policy {role.lower()}", lambda operation: admin_rules(operation, self.kind, role))
        if rules is None:
            return
        if rules.must_end and rules.longest is not None:
            yield from self._length(rules.longest)
        for rule, name in (("JustificationRule", "justification"), ("TicketingRule", "ticket_number")):
            if rule in rules.wanted and name not in self.inputs:
                yield _Finding(name, advice_on(rule))
        if "MfaRule" in rules.wanted:
            # Who deploys need not be who previews.
            yield _Finding("", advice_on("MfaRule"), certain=False)

    def principal(self) -> Iterator[_Finding]:
        """Want a principal that is there and may hold a role."""
        id_ = self.inputs["principal_id"]
        if is_unknown(id_):
            return
        path = f"/groups/{segment(id_)}?{select('id', 'isAssignableToRole')}"
        group = self.tenant.ask(f"group {id_.lower()}", lambda operation: operation.find(path))
        if group is None:
            yield from self._other_principal(id_)
        elif group.get("isAssignableToRole") is not True:
            yield _Finding(
                "principal_id",
                f"principal {id_} is a group that is not role-assignable, which cannot be changed after its"
                " creation: use a RoleAssignableGroup",
            )

    def _other_principal(self, id_: str) -> Iterator[_Finding]:
        match self.tenant.ask(f"principal {id_.lower()}", lambda operation: whereabouts(operation, id_)):
            case "deleted":
                yield _Finding(
                    "principal_id",
                    f"The principal {id_} was deleted and is in deletedItems: restore it, or check the id",
                )
            case "nowhere":
                yield _Finding(
                    "principal_id",
                    f"the directory shows no user or group {id_}: check the id, unless it is an application's or is"
                    " made in this run",
                    certain=False,
                )
            case "hidden":
                yield _Finding("principal_id", f"the caller may not look for the principal {id_}", certain=False)

    def _length(self, longest: str) -> Iterator[_Finding]:
        """Want a window that is no longer than the policy allows."""
        if any(is_unknown(self.inputs.get(name)) for name in _window.SPELLING):
            return
        asked = _window.asked(self.inputs)
        start, end = _bounds(asked, self.tenant.now())
        if end is None or end > start + isodate.parse_duration(longest):
            given = next(name for name in ("end", "duration", "permanent") if self.inputs.get(name))
            # A duration counts from the start of the grant, and PIM judges what is left of it.
            certain = self.is_new or given != "duration"
            yield _Finding(given, advice_on_length(longest, asked), certain)


_JUDGES: Mapping[str, Callable[[_Grant], Iterator[_Finding]]] = {
    "the licence": _Grant.licence,
    "the role definition": _Grant.role,
    "the role's policy": _Grant.policy,
    "the principal": _Grant.principal,
}
"""What is asked about a grant, in the order in which it is said."""


def _bounds(schedule_info: Document, now: datetime) -> tuple[datetime, datetime | None]:
    """Return from when to when a grant would be; a start in the past means now."""
    expiration = schedule_info["expiration"]
    start = max(now, datetime.fromisoformat(schedule_info.get("startDateTime", now.isoformat())))
    if "duration" in expiration:
        return start, start + isodate.parse_duration(expiration["duration"])
    end = expiration.get("endDateTime")
    return start, datetime.fromisoformat(end) if end else None
