"""A role's policy, applied to a request: what its rules demand of an assignment or an activation.

https://learn.microsoft.com/graph/identity-governance-pim-rules-overview
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from entra_emulator.directory import moments, policies
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Subject:
    """What the policy looks at; ``level`` is Eligibility or Assignment, an ``end`` of ``None`` is for ever."""

    level: str
    end_user: bool
    role_id: str
    start: datetime
    end: datetime | None
    justification: str | None
    ticket: str | None


def admit(tenant: Tenant, caller: Caller, subject: Subject) -> None:
    """Let through what every rule allows.

    Raises:
        Refusal: 400 RoleAssignmentRequestPolicyValidationFailed, with every rule that failed (that several are parted
            by ", " is (inferred)); 400 RoleAssignmentRequestAcrsValidationFailed where a context is demanded.
    """
    failed = [*_expiration(tenant, subject), *_enablement(tenant, caller, subject)]
    if failed:
        raise Refusal(
            400,
            "RoleAssignmentRequestPolicyValidationFailed",
            f"The following policy rules failed: {', '.join(failed)}",
        )
    context = policies.rule(tenant, subject.role_id, "AuthenticationContext_EndUser_Assignment")
    if subject.end_user and context["isEnabled"]:
        # The message is the claims challenge itself. No token of this emulator carries an authentication context.
        raise Refusal(
            400,
            "RoleAssignmentRequestAcrsValidationFailed",
            "&claims=%7B%22access_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%20%22value%22%3A%22"
            f"{context['claimValue']}%22%7D%7D%7D",
        )


def needs_approval(tenant: Tenant, role_id: str) -> bool:
    """Tell whether an activation waits for an approver."""
    return bool(policies.rule(tenant, role_id, "Approval_EndUser_Assignment")["setting"]["isApprovalRequired"])


def _expiration(tenant: Tenant, subject: Subject) -> list[str]:
    """The longest duration counts only where permanent is not allowed (inferred from the portal's two settings)."""
    rule = policies.rule(tenant, subject.role_id, _rule_id("Expiration", subject))
    if not rule["isExpirationRequired"]:
        return []
    if subject.end is None:
        return ["ExpirationRule - The policy does not allow permanent assignment"]
    if subject.end - subject.start > moments.read_duration(rule["maximumDuration"]):
        return [f"ExpirationRule - The assignment duration exceeds the maximum of {rule['maximumDuration']}"]
    return []


def _enablement(tenant: Tenant, caller: Caller, subject: Subject) -> list[str]:
    enabled = policies.rule(tenant, subject.role_id, _rule_id("Enablement", subject))["enabledRules"]
    demands = {
        "MultiFactorAuthentication": (caller.multi_factor, "MfaRule - Multi-factor authentication is required"),
        "Justification": (subject.justification, "JustificationRule - Justification is required"),
        "Ticketing": (subject.ticket, "TicketingRule - Ticket information is required"),
    }
    return [failure for name, (met, failure) in demands.items() if name in enabled and not met]


def _rule_id(rule: str, subject: Subject) -> str:
    caller = "EndUser" if subject.end_user else "Admin"
    return f"{rule}_{caller}_{subject.level}"
