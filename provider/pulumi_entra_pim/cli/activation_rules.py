"""What a role's policy demands of whoever activates the role: read, and said, before anything is asked.

https://learn.microsoft.com/graph/identity-governance-pim-rules-overview
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import isodate

from ..graph.client import Document, Operation
from ..graph.errors import Denied
from ..graph.paths import equals
from .lengths import spoken

ADMINISTRATORS = "a Privileged Role Administrator or Global Administrator"
"""Who decides where a policy names nobody.

https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-change-default-settings
"""


@dataclass(frozen=True, slots=True)
class ActivationRules:
    """One role's rules for activations; ``longest`` is None where there is no limit.

    ``approvers`` are names, empty where no approval is demanded; ``context`` is an authentication context's id or "".
    """

    longest: timedelta | None = None
    wants_mfa: bool = False
    wants_justification: bool = False
    wants_ticket: bool = False
    approvers: tuple[str, ...] = ()
    days_to_decide: int = 1
    context: str = ""

    def demands(self) -> list[str]:
        """Say what is demanded, a phrase each."""
        said = {
            "multifactor authentication": self.wants_mfa,
            f"a sign-in with authentication context {self.context}": bool(self.context),
            "a justification": self.wants_justification,
            "a ticket": self.wants_ticket,
            f"approval by {self.deciders}": bool(self.approvers),
            f"at most {spoken(self.longest or timedelta())}": self.longest is not None,
        }
        return [phrase for phrase, is_so in said.items() if is_so]

    @property
    def deciders(self) -> str:
        """Say who decides."""
        return " or ".join(self.approvers) or ADMINISTRATORS

    def document(self) -> Document:
        """Return them as JSON."""
        return {
            "multifactor_authentication": self.wants_mfa,
            "authentication_context": self.context or None,
            "justification": self.wants_justification,
            "ticket": self.wants_ticket,
            "approvers": list(self.approvers),
            "longest": None if self.longest is None else isodate.duration_isoformat(self.longest),
        }


def activation_rules(operation: Operation, role_id: str) -> ActivationRules | None:
    """Read the rules of one role; None where the caller may not, or the role has no policy."""
    of_role = equals(scopeId="/", scopeType="DirectoryRole", roleDefinitionId=role_id)
    path = f"/policies/roleManagementPolicyAssignments?{of_role}&$expand=policy($expand=rules)"
    try:
        assignment = next(operation.pages(path), None)
    except Denied:
        return None
    if assignment is None:
        return None
    listed = (assignment.get("policy") or {}).get("rules") or []
    return _rules({str(rule.get("id")): rule for rule in listed if isinstance(rule, dict)})


def _rules(rules: Mapping[str, Document]) -> ActivationRules:
    expiration = rules.get("Expiration_EndUser_Assignment", {})
    enabled = rules.get("Enablement_EndUser_Assignment", {}).get("enabledRules") or []
    context = rules.get("AuthenticationContext_EndUser_Assignment", {})
    setting: Document = rules.get("Approval_EndUser_Assignment", {}).get("setting") or {}
    stage: Document = next(iter(setting.get("approvalStages") or ()), {})
    # The longest duration binds only where a grant has to end at all (inferred from the portal's two settings).
    longest = expiration.get("maximumDuration") if expiration.get("isExpirationRequired") is True else None
    return ActivationRules(
        longest=isodate.parse_duration(longest) if longest else None,
        wants_mfa="MultiFactorAuthentication" in enabled,
        wants_justification="Justification" in enabled,
        wants_ticket="Ticketing" in enabled,
        approvers=_approvers(stage) if setting.get("isApprovalRequired") is True else (),
        days_to_decide=int(stage.get("approvalStageTimeOutInDays") or 1),
        context=str(context.get("claimValue") or "") if context.get("isEnabled") is True else "",
    )


def _approvers(stage: Document) -> tuple[str, ...]:
    named: list[Any] = stage.get("primaryApprovers") or []
    return tuple(_approver(each) for each in named if isinstance(each, dict)) or (ADMINISTRATORS,)


def _approver(approver: Document) -> str:
    return str(approver.get("description") or approver.get("userId") or approver.get("groupId") or "somebody")


# PIM names the failed rules as `["ExpirationRule"]` or, since 2026, as `ExpirationRule - reason, MfaRule - reason`.
_RULE = re.compile(r"(\w+Rule)\b")


def failed_rules(message: str) -> list[str]:
    """Return the names of the rules that a refusal of PIM names, each once."""
    return list(dict.fromkeys(_RULE.findall(message)))
