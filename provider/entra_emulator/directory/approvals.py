"""Decisions about requests that wait for one: by an approver of the role, or by an administrator.

Microsoft Graph v1.0 has no call for either, and for extensions and renewals beta has none.
https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-approval-workflow
https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend
"""

from __future__ import annotations

from dataclasses import dataclass

from entra_emulator.directory import activation_policy, moments, objects, privilege, requests
from entra_emulator.directory.objects import USER
from entra_emulator.directory.schedules import KINDS, Kind
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant

_AWAITING = ("PendingApproval", "PendingAdminDecision")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, by which user (an object id), and why."""

    approve: bool
    by: str
    justification: str | None = None


def decide(tenant: Tenant, request_id: str, decision: Decision) -> Document:
    """Carry out or deny a request that waits for a decision, and answer it as it is then.

    Raises:
        ValueError: no such request waits; who decides may not; a justification is missing that the policy demands.
    """
    kind, request = _waiting(tenant, request_id)
    if not may_decide(tenant, request, decision.by):
        raise ValueError(f"the user {decision.by} may not decide about the request {request_id}")
    if _needs_justification(tenant, request) and not decision.justification:
        raise ValueError("the decision needs a justification")
    if decision.approve:
        start = request["scheduleInfo"]["startDateTime"]
        requests.begin(tenant, kind, request, tenant.now if start is None else moments.read(start))
    else:
        requests.close(tenant, kind, request, "Denied")
    tenant.store.put(kind.requests, request)
    return request


def may_decide(tenant: Tenant, request: Document, user_id: str) -> bool:
    """Tell whether a request waits for a user's decision; about one's own nobody decides.

    Where a role's policy names no approvers, those decide who may manage roles.
    https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-change-default-settings
    """
    user_id = user_id.casefold()
    is_own = user_id == request["principalId"]
    if request["status"] not in _AWAITING or is_own or objects.find(tenant, user_id, [USER]) is None:
        return False
    approvers = _approvers(tenant, request)
    if not approvers:
        return privilege.holds_role(tenant, user_id, [privilege.PRIVILEGED_ROLE_ADMINISTRATOR])
    return not approvers.isdisjoint({user_id, *(group["id"] for group in objects.all_groups_of(tenant, user_id))})


def _approvers(tenant: Tenant, request: Document) -> set[str]:
    """Read which users and groups a role's policy lets decide about an activation; it names none for the rest."""
    if request["status"] != "PendingApproval":
        return set()
    stage = activation_policy.approval_stage(tenant, request["roleDefinitionId"])
    return {str(each.get("userId") or each.get("groupId")).casefold() for each in stage.get("primaryApprovers", ())}


def _waiting(tenant: Tenant, request_id: str) -> tuple[Kind, Document]:
    for kind in KINDS:
        request = tenant.store.get(kind.requests, request_id)
        if request is not None:
            if request["status"] not in _AWAITING:
                raise ValueError(f"the request {request_id} is {request['status']} and waits for no decision")
            return kind, request
    raise ValueError(f"there is no request {request_id}")


def _needs_justification(tenant: Tenant, request: Document) -> bool:
    """A decision about an extension or a renewal always needs one (inferred from the portal's form)."""
    if request["status"] == "PendingAdminDecision":
        return True
    stage = activation_policy.approval_stage(tenant, request["roleDefinitionId"])
    return bool(stage.get("isApproverJustificationRequired", True))
