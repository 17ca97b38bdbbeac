"""Activating a role one is eligible for: what stands in the way first, then one request, then what became of it.

https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import unquote

import isodate

from ..graph.client import Document, Operation
from ..graph.errors import AlreadyExists, GraphError, json_object
from ..graph.waiting import LAG, growing
from . import access, own_requests
from .access import Access
from .activation_rules import ADMINISTRATORS, ActivationRules, activation_rules, failed_rules
from .endings import NotAllowed, SignInNeeded, Unclear, Waits
from .exits import CannotBeDone
from .lengths import spoken
from .own_requests import Ask
from .role_definitions import Role, role

Outcome = Literal["already active", "active", "accepted", "waits", "would be allowed"]

GONE = "RoleAssignmentDoesNotExist"
_NOT_ELIGIBLE = (GONE, "InvalidScope")
_CLAIMS_WANTED = "RoleAssignmentRequestAcrsValidationFailed"
_POLICY = "RoleAssignmentRequestPolicyValidationFailed"
_CLAIMS = re.compile(r"claims=([^&\s]+)")
# What is asked for where the policy cannot be read and no length was given.
_AN_HOUR = timedelta(hours=1)
# Seconds between two looks at a request that waits for a person.
_LONGEST_PAUSE = 30.0


class ClaimsWanted(Exception):
    """Say that the sign-in has to show more; ``claims`` is the JSON text to sign in with."""

    def __init__(self, claims: str) -> None:
        super().__init__(claims)
        self.claims = claims


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person says that they want; ``length``, ``scope`` and the rest are empty where they did not say.

    ``ticket`` is a system and a number.
    """

    role: str
    length: timedelta | None = None
    scope: str = ""
    justification: str = ""
    ticket: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an activation would be: of which role, over what, through which group, under which rules.

    ``rules`` is None where the person may not read them; ``active`` is the row of a role that is active already.
    """

    ask: Ask
    role: Role
    scope: str
    through: str
    rules: ActivationRules | None
    active: Access | None

    @property
    def missing(self) -> list[Literal["justification", "ticket"]]:
        """Return what the rules want that was not said."""
        rules = self.rules or ActivationRules()
        wanted: dict[Literal["justification", "ticket"], bool] = {
            "justification": rules.wants_justification and not self.ask.justification,
            "ticket": rules.wants_ticket and not self.ask.ticket[1],
        }
        return [name for name, is_missing in wanted.items() if is_missing]

    def saying(self, justification: str, ticket: tuple[str, str]) -> Plan:
        """Return the plan with what was missing."""
        return replace(self, ask=replace(self.ask, justification=justification, ticket=ticket))


@dataclass(frozen=True, slots=True)
class Activation:
    """What became of it; moments as Graph writes them, None where they are not known or there is none."""

    outcome: Outcome
    plan: Plan
    request_id: str | None = None
    start: str | None = None
    end: str | None = None

    def document(self) -> Document:
        """Return it as JSON."""
        plan = self.plan
        return {
            "outcome": self.outcome,
            "role": {"id": plan.role.id, "name": plan.role.name},
            "scope": {"id": plan.ask.scope_id, "name": plan.scope},
            "through": plan.through or None,
            "request_id": self.request_id,
            "start": self.start,
            "end": self.end,
            "rules": None if plan.rules is None else plan.rules.document(),
        }


def plan(operation: Operation, wish: Wish) -> Plan:
    """Find what the person is eligible for, and what its policy demands; nothing is asked of PIM yet.

    Raises Unclear for a name or scope that may be several, NotAllowed for what PIM is sure to refuse.
    """
    wanted = role(operation, wish.role)
    active = [row for row in access.own(operation, "active") if row.role_id == wanted.id]
    eligible = access.own(operation, "eligible")
    of_role = [row for row in eligible if row.role_id == wanted.id]
    scope_id, scope = _scope(wanted, wish.scope, [*of_role, *active])
    held = next((row for row in active if row.scope_id.lower() == scope_id.lower()), None)
    ask = Ask(
        "Assignment",
        "selfActivate",
        operation.caller.object_id,
        wanted.id,
        scope_id,
        wish.length or _AN_HOUR,
        wish.justification,
        wish.ticket,
    )
    if held is not None:
        return Plan(ask, wanted, scope, "", None, held)
    rules = activation_rules(operation, wanted.id)
    through = _through(operation, ask, [row for row in of_role if row.scope_id.lower() == scope_id.lower()])
    if through is None:
        raise NotAllowed(_not_eligible(wanted, scope, eligible))
    return Plan(replace(ask, length=_length(wanted, wish.length, rules)), wanted, scope, through, rules, None)


def validate(operation: Operation, planned: Plan) -> Activation:
    """Ask PIM whether it would take the request, which is not made; raise as ``send`` does."""
    try:
        own_requests.validate(operation, planned.ask)
    except GraphError as error:
        found = _there_already(operation, planned, error)
        if found is None:
            raise _refusal(planned, error) from error
        return found
    return Activation("would be allowed", planned)


def send(operation: Operation, planned: Plan) -> Activation:
    """Activate, once; what is active or asked for already is a success too.

    Raises ClaimsWanted, before anything was done, for a sign-in that has to show more; NotAllowed, SignInNeeded.
    """
    try:
        answer = own_requests.send(operation, planned.ask)
    except GraphError as error:
        found = _there_already(operation, planned, error)
        if found is None:
            raise _refusal(planned, error) from error
        return found
    return _activation(planned, answer)


def settle(operation: Operation, made: Activation) -> Activation:
    """Wait until a request is decided and in effect, with what is left of the approvers' time in the lines told.

    The operation's time is the limit. Raises CannotBeDone when it is denied or fails.
    """
    planned, pauses = made.plan, growing(first=1.0, most=_LONGEST_PAUSE)
    while made.outcome in ("waits", "accepted"):
        left = operation.waiter.deadline.left()
        if left <= 0:
            raise Waits(f"{planned.role.name} is not active yet, and the time for a decision is over: ask again")
        who = decider(made) if made.outcome == "waits" else "PIM"
        line = f"{planned.role.name} waits for {who}; {spoken(timedelta(seconds=left))} left"
        operation.waiter.pause(min(next(pauses), left), line)
        found = own_requests.read(operation, "Assignment", made.request_id or "")
        if found is None:
            raise CannotBeDone(f"the request {made.request_id} is gone from PIM: ask again")
        made = _activation(planned, found)
    operation.waiter.until(lambda: _row(operation, planned), f"{planned.role.name} is listed as active", LAG)
    return made


def decider(made: Activation) -> str:
    """Say who decides about a request."""
    return made.plan.rules.deciders if made.plan.rules is not None else f"its approvers, or {ADMINISTRATORS}"


def _scope(wanted: Role, said: str, rows: list[Access]) -> tuple[str, str]:
    """Return the scope that is meant, and what it is called; raise Unclear where it may be several."""
    scopes = {row.scope_id: row.scope for row in rows} or {"/": "the whole directory"}
    if said:
        meant = {id_: name for id_, name in scopes.items() if said.casefold() in (id_.casefold(), name.casefold())}
        return next(iter(meant.items()), (said, said))
    if len(scopes) > 1:
        listed = ", ".join(f"{name} ({id_})" for id_, name in sorted(scopes.items()))
        raise Unclear(f"{wanted.name} may be activated over several scopes: say --scope with one of {listed}")
    return next(iter(scopes.items()))


def _through(operation: Operation, ask: Ask, rows: list[Access]) -> str | None:
    """Return the group that makes the person eligible, "" for a grant of their own; None when PIM knows of neither.

    What a group is eligible for is not listed to its members, so PIM is asked whether it would let the person.
    """
    if any(row.member_type != "Group" for row in rows):
        return ""
    groups = access.me(operation).groups
    if not rows and (not groups or not _is_eligible(operation, ask)):
        return None
    return " or ".join(group.name for group in groups) or "a group"


def _is_eligible(operation: Operation, ask: Ask) -> bool:
    try:
        own_requests.validate(operation, ask)
    except GraphError as error:
        return error.code not in _NOT_ELIGIBLE and "EligibilityRule" not in failed_rules(error.answer.message)
    return True


def _length(wanted: Role, said: timedelta | None, rules: ActivationRules | None) -> timedelta:
    longest = None if rules is None else rules.longest
    if said is not None and longest is not None and said > longest:
        raise NotAllowed(
            f"the policy of {wanted.name} allows at most {spoken(longest)}; asked was {spoken(said)}: say --for"
            f" {isodate.duration_isoformat(longest)}"
        )
    return said or longest or _AN_HOUR


def _there_already(operation: Operation, planned: Plan, error: GraphError) -> Activation | None:
    """Return what made PIM say that something is there; None for any other refusal."""
    if not isinstance(error, AlreadyExists):
        return None
    held = _row(operation, planned)
    if held is not None:
        return already_active(planned, held)
    request = own_requests.waiting(operation, planned.ask)
    return None if request is None else _activation(planned, request)


def already_active(planned: Plan, held: Access) -> Activation:
    """Say that the role is active, and until when."""
    return Activation("already active", planned, None, held.start, held.end)


def _row(operation: Operation, planned: Plan) -> Access | None:
    wanted = planned.ask.role_id, planned.ask.scope_id.lower()
    rows = access.own(operation, "active")
    return next((row for row in rows if (row.role_id, row.scope_id.lower()) == wanted), None)


def _activation(planned: Plan, request: Document) -> Activation:
    status, id_ = str(request["status"]), str(request["id"])
    if status in own_requests.LOST:
        raise CannotBeDone(f"{planned.role.name} is not active: the request {id_} was {own_requests.MEANINGS[status]}")
    if status in own_requests.UNDECIDED:
        return Activation("waits", planned, id_)
    if status in own_requests.UNDER_WAY:
        return Activation("accepted", planned, id_)
    start, end = window(request)
    return Activation("active", planned, id_, start, end)


def window(request: Document) -> tuple[str | None, str | None]:
    """Return from when to when a request is in effect, as Graph writes moments; None for what is not known."""
    info = request.get("scheduleInfo") or {}
    expiration = info.get("expiration") or {}
    start = info.get("startDateTime") or request.get("completedDateTime")
    end = expiration.get("endDateTime")
    if start and not end and expiration.get("duration"):
        length: timedelta = isodate.parse_duration(expiration["duration"])
        end = (datetime.fromisoformat(start) + length).strftime("%Y-%m-%dT%H:%M:%SZ")
    return start, end


def _refusal(planned: Plan, error: GraphError) -> Exception:
    """Return what a refusal of PIM means to the person."""
    name = planned.role.name
    if error.code == _CLAIMS_WANTED:
        claims = _claims(error.answer.message)
        return error if claims is None else ClaimsWanted(claims)
    if error.code in _NOT_ELIGIBLE:
        return NotAllowed(_not_eligible(planned.role, planned.scope, ()))
    if error.code == "ActiveDurationTooShort":
        return NotAllowed(f"{name}: an activation lasts at least five minutes: say a longer --for")
    if error.code != _POLICY:
        return error
    rules = failed_rules(error.answer.message)
    if rules == ["MfaRule"]:
        return SignInNeeded(
            f"the policy of {name} wants multifactor authentication, which this sign-in has not shown: run `entra-pim"
            " logout`, then `entra-pim login` with it"
        )
    said = {
        "ExpirationRule": _said_of_length(planned),
        "JustificationRule": "it wants a justification: say --justification",
        "TicketingRule": "it wants a ticket: say --ticket SYSTEM:NUMBER",
        "MfaRule": "it wants multifactor authentication, which this sign-in has not shown",
        "EligibilityRule": "it says that you are not eligible",
    }
    reasons = "; ".join(said.get(rule, rule) for rule in rules) or error.answer.message
    return NotAllowed(f"the policy of {name} refuses: {reasons} (request-id {error.answer.request_id or 'none'})")


def _said_of_length(planned: Plan) -> str:
    longest = planned.rules and planned.rules.longest
    limit = f"at most {spoken(longest)}" if longest else "less; its limit could not be read"
    return f"it allows {limit}, asked was {spoken(planned.ask.length or _AN_HOUR)}: say a shorter --for"


def _not_eligible(wanted: Role, scope: str, eligible: tuple[Access, ...]) -> str:
    said = f"you are not eligible for {wanted.name} over {scope}, by name or through a group"
    others = ", ".join(sorted({f"{row.role} over {row.scope}" for row in eligible}))
    return f"{said}; by name you are eligible for {others}" if others else said


def _claims(message: str) -> str | None:
    """Read the claims challenge that is a refusal's message: ``&claims=`` and JSON, percent-encoded."""
    found = _CLAIMS.search(message)
    text = unquote(found[1]) if found is not None else ""
    return text if json_object(text) is not None else None
