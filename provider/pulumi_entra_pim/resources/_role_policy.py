"""What a role's policy demands of whoever assigns the role, as Graph tells it and in plain words.

https://learn.microsoft.com/graph/identity-governance-pim-rules-overview
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..graph.client import Document, Operation
from ..graph.paths import equals

_ADVICE = {
    "JustificationRule": "the role's policy wants a justification: set justification",
    "TicketingRule": "the role's policy wants a ticket: set ticket_number and ticket_system",
    "MfaRule": "the role's policy wants multifactor authentication of whoever assigns, which an application cannot"
    " give: change that rule, or deploy as a person",
}
"""What to do about a rule that failed, by the name that PIM gives it in a refusal."""

# https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicyenablementrule
_ENABLED_AS: Mapping[str, str] = {
    "JustificationRule": "Justification",
    "TicketingRule": "Ticketing",
    "MfaRule": "MultiFactorAuthentication",
}


@dataclass(frozen=True, slots=True)
class AdminRules:
    """The rules for whoever assigns one role, by the kind of grant.

    ``longest`` is an ISO 8601 duration, None where none is said; it binds where a grant ``must_end`` (inferred from the
    portal, which has one or the other). ``wanted`` has the names of the rules that ask for something.
    """

    must_end: bool
    longest: str | None
    wanted: frozenset[str]


def admin_rules(operation: Operation, kind: str, role_definition_id: str) -> AdminRules | None:
    """Read the rules for one role and one kind of grant; None where the role has no policy."""
    of_role = equals(scopeId="/", scopeType="DirectoryRole", roleDefinitionId=role_definition_id)
    path = f"/policies/roleManagementPolicyAssignments?{of_role}&$expand=policy($expand=rules)"
    assignment = next(operation.pages(path), None)
    if assignment is None:
        return None
    listed = (assignment.get("policy") or {}).get("rules") or []
    rules: dict[str, Document] = {str(rule.get("id")): rule for rule in listed if isinstance(rule, dict)}
    expiration = rules.get(f"Expiration_Admin_{kind}", {})
    enabled = rules.get(f"Enablement_Admin_{kind}", {}).get("enabledRules") or []
    return AdminRules(
        must_end=expiration.get("isExpirationRequired") is True,
        longest=expiration.get("maximumDuration"),
        wanted=frozenset(rule for rule, name in _ENABLED_AS.items() if name in enabled),
    )


def advice_on(rule: str) -> str:
    """Say what to do about a rule that asks for something; "" for one that we do not know."""
    return _ADVICE.get(rule, "")


def advice_on_length(longest: str | None, schedule_info: Document) -> str:
    """Say what the policy allows, None where that could not be read, and what was asked as Graph's scheduleInfo."""
    expiration = schedule_info.get("expiration", {})
    asked = expiration.get("duration") or expiration.get("endDateTime") or "a permanent grant"
    if longest is None:
        return f"the role's policy does not allow {asked}; its limit could not be read"
    return f"the role's policy allows at most {longest}; asked was {asked}"
