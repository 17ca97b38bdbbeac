"""A role's policy, applied to a request: what its rules demand of an assignment or an activation.

https://learn.microsoft.com/graph/identity-governance-pim-rules-overview
"""

from __future__ import annotations

from datetime import timedelta

from entra_emulator.directory import moments, policies
from entra_emulator.directory.request_body import ACTIVATION, Asked, Window
from entra_emulator.directory.schedules import Kind
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.refusals import Refusal

_APPROVAL = "Approval_EndUser_Assignment"


def admit(tenant: Tenant, kind: Kind, caller: Caller, asked: Asked) -> None:
    """Let through what every rule allows; what ends something is never against a rule.

    That whoever asks for an extension or a renewal is held to the rules for administrators is (inferred): there are
    none of their own among the 17.

    Raises:
        Refusal: 400 RoleAssignmentRequestPolicyValidationFailed, with every rule that failed (that several are parted
            by ", " is (inferred)); 400 RoleAssignmentRequestAcrsValidationFailed where a context is demanded.
    """
    if asked.window is None:
        return
    role_id = asked.role_definition_id
    whose = f"{'EndUser' if asked.action == ACTIVATION else 'Admin'}_{kind.name}"
    expiration = policies.rule(tenant, role_id, f"Expiration_{whose}")
    enablement = policies.rule(tenant, role_id, f"Enablement_{whose}")
    failed = [*_expiration(expiration, asked.window), *_enablement(enablement, caller, asked)]
    if failed:
        raise Refusal(
            400,
            "RoleAssignmentRequestPolicyValidationFailed",
            f"The following policy rules failed: {', '.join(failed)}",
        )
    context = policies.rule(tenant, role_id, "AuthenticationContext_EndUser_Assignment")
    is_demanded = asked.action == ACTIVATION and context["isEnabled"]
    if is_demanded and context["claimValue"] not in caller.authentication_contexts:
        # The message is the claims challenge itself.
        raise Refusal(
            400,
            "RoleAssignmentRequestAcrsValidationFailed",
            "&claims=%7B%22access_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%20%22value%22%3A%22"
            f"{context['claimValue']}%22%7D%7D%7D",
        )


def needs_approval(tenant: Tenant, role_id: str) -> bool:
    """Tell whether an activation waits for an approver."""
    return bool(policies.rule(tenant, role_id, _APPROVAL)["setting"]["isApprovalRequired"])


def approval_stage(tenant: Tenant, role_id: str) -> Document:
    """Read the one stage of a role's approval: Graph has several, PIM for roles does not."""
    stages: list[Document] = policies.rule(tenant, role_id, _APPROVAL)["setting"]["approvalStages"]
    return stages[0] if stages else {}


def time_for_approval(tenant: Tenant, role_id: str) -> timedelta:
    """Tell for how long an activation waits: a day, unless its rule says otherwise."""
    return timedelta(days=approval_stage(tenant, role_id).get("approvalStageTimeOutInDays", 1))


def _expiration(rule: Document, window: Window) -> list[str]:
    """The longest duration counts only where permanent is not allowed (inferred from the portal's two settings)."""
    if not rule["isExpirationRequired"]:
        return []
    if window.end is None:
        return ["ExpirationRule - The policy does not allow permanent assignment"]
    if window.end - window.start > moments.read_duration(rule["maximumDuration"]):
        return [f"ExpirationRule - The assignment duration exceeds the maximum of {rule['maximumDuration']}"]
    return []


def _enablement(rule: Document, caller: Caller, asked: Asked) -> list[str]:
    demands = {
        "MultiFactorAuthentication": (caller.multi_factor, "MfaRule - Multi-factor authentication is required"),
        "Justification": (asked.justification, "JustificationRule - Justification is required"),
        "Ticketing": (asked.ticket_number, "TicketingRule - Ticket information is required"),
    }
    return [failure for name, (met, failure) in demands.items() if name in rule["enabledRules"] and not met]
