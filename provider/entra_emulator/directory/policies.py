"""Role management policies: 17 rules for each role, each with a default until it is changed.

https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicy
https://learn.microsoft.com/graph/identity-governance-pim-rules-overview
"""

from __future__ import annotations

from entra_emulator.directory.store import Collection, Document
from entra_emulator.directory.tenant import Tenant

# Rules that differ from their default, each under "{role id}/{rule id}".
CHANGED_RULES = Collection("changedPolicyRules")
_TYPE = "#microsoft.graph.unifiedRoleManagementPolicy{}Rule"


def _target(caller: str, level: str) -> Document:
    return {
        "caller": caller,
        "operations": ["All"],
        "level": level,
        "inheritableSettings": [],
        "enforcedSettings": [],
    }


def _expiration(rule_id: str, caller: str, level: str, *, required: bool, maximum: str) -> Document:
    return {
        "@odata.type": _TYPE.format("Expiration"),
        "id": rule_id,
        "isExpirationRequired": required,
        "maximumDuration": maximum,
        "target": _target(caller, level),
    }


def _enablement(rule_id: str, caller: str, level: str, *enabled: str) -> Document:
    return {
        "@odata.type": _TYPE.format("Enablement"),
        "id": rule_id,
        "enabledRules": list(enabled),
        "target": _target(caller, level),
    }


def _notification(recipient: str, caller: str, level: str) -> Document:
    return {
        "@odata.type": _TYPE.format("Notification"),
        "id": f"Notification_{recipient}_{caller}_{level}",
        "notificationType": "Email",
        "recipientType": recipient,
        "notificationLevel": "All",
        "isDefaultRecipientsEnabled": True,
        "notificationRecipients": [],
        "target": _target(caller, level),
    }


_APPROVAL: Document = {
    "@odata.type": _TYPE.format("Approval"),
    "id": "Approval_EndUser_Assignment",
    "target": _target("EndUser", "Assignment"),
    "setting": {
        "isApprovalRequired": False,
        "isApprovalRequiredForExtension": False,
        "isRequestorJustificationRequired": True,
        "approvalMode": "SingleStage",
        "approvalStages": [
            {
                "approvalStageTimeOutInDays": 1,
                "isApproverJustificationRequired": True,
                "escalationTimeInMinutes": 0,
                "isEscalationEnabled": False,
                "primaryApprovers": [],
                "escalationApprovers": [],
            }
        ],
    },
}
_AUTHENTICATION_CONTEXT: Document = {
    "@odata.type": _TYPE.format("AuthenticationContext"),
    "id": "AuthenticationContext_EndUser_Assignment",
    "isEnabled": False,
    "claimValue": None,
    "target": _target("EndUser", "Assignment"),
}
_LEVELS = (("Admin", "Eligibility"), ("Admin", "Assignment"), ("EndUser", "Assignment"))
_DEFAULTS: dict[str, Document] = {
    rule["id"]: rule
    for rule in (
        _expiration("Expiration_Admin_Eligibility", "Admin", "Eligibility", required=False, maximum="P365D"),
        _enablement("Enablement_Admin_Eligibility", "Admin", "Eligibility"),
        _expiration("Expiration_Admin_Assignment", "Admin", "Assignment", required=False, maximum="P180D"),
        _enablement("Enablement_Admin_Assignment", "Admin", "Assignment", "Justification"),
        _expiration("Expiration_EndUser_Assignment", "EndUser", "Assignment", required=True, maximum="PT8H"),
        _enablement(
            "Enablement_EndUser_Assignment", "EndUser", "Assignment", "MultiFactorAuthentication", "Justification"
        ),
        _APPROVAL,
        _AUTHENTICATION_CONTEXT,
        *(
            _notification(recipient, caller, level)
            for caller, level in _LEVELS
            for recipient in ("Admin", "Requestor", "Approver")
        ),
    )
}


def rules(tenant: Tenant, role_id: str) -> list[Document]:
    """Read the 17 rules of a role."""
    return [rule(tenant, role_id, rule_id) for rule_id in _DEFAULTS]


def rule(tenant: Tenant, role_id: str, rule_id: str) -> Document:
    """Read one of the 17 rules of a role."""
    changed = tenant.store.get(CHANGED_RULES, f"{role_id}/{rule_id}")
    return changed["rule"] if changed else _DEFAULTS[rule_id]
