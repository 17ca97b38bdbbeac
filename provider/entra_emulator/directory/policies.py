"""Role management policies: 17 rules for each role, each with a default until it is changed.

https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicy
https://learn.microsoft.com/graph/identity-governance-pim-rules-overview
"""

from __future__ import annotations

import uuid

from entra_emulator.directory import moments, objects, roles
from entra_emulator.directory.store import Collection, Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.refusals import Refusal

# Rules that differ from their default, each under "{role id}/{rule id}".
CHANGED_RULES = Collection("changedPolicyRules")
_MFA = "MultiFactorAuthentication"
_ENABLED_RULES = {_MFA, "Justification", "Ticketing"}
# In days (inferred); the portal has one day and nothing else.
_LONGEST_STAGE = 365
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


def policy_id(tenant: Tenant, role_id: str) -> str:
    """Write the id of a role's policy; the same in every run."""
    return f"DirectoryRole_{tenant.id}_{uuid.uuid5(uuid.UUID(tenant.id), role_id)}"


def role_of(tenant: Tenant, key: str) -> str:
    """Find the role that a policy is for.

    Raises:
        Refusal: 404 ResourceNotFound (its code and message are (inferred)).
    """
    for _, role in roles.every(tenant):
        if policy_id(tenant, role["id"]) == key:
            return str(role["id"])
    raise _not_found("policy")


def policy(tenant: Tenant, role_id: str, scope_type: str) -> Document:
    """Show the policy of a role; ``scope_type`` is DirectoryRole or Directory, as it was asked for."""
    changes = [tenant.store.get(CHANGED_RULES, f"{role_id}/{rule_id}") for rule_id in _DEFAULTS]
    return {
        "id": policy_id(tenant, role_id),
        "displayName": "DirectoryRole",
        "description": "DirectoryRole",
        "isOrganizationDefault": False,
        "scopeId": "/",
        "scopeType": scope_type,
        "lastModifiedDateTime": max((changed["modified"] for changed in changes if changed), default=None),
        "lastModifiedBy": {"displayName": None, "id": None},
        "roleDefinitionId": role_id,
    }


def assignment(tenant: Tenant, role_id: str, scope_type: str) -> Document:
    """Show which policy a role has."""
    key = policy_id(tenant, role_id)
    return {
        "id": f"{key}_{role_id}",
        "policyId": key,
        "scopeId": "/",
        "scopeType": scope_type,
        "roleDefinitionId": role_id,
    }


def read_rule(tenant: Tenant, role_id: str, rule_id: str) -> Document:
    """Read one rule by its id.

    Raises:
        Refusal: 404 for an id that is none of the 17.
    """
    if rule_id not in _DEFAULTS:
        raise _not_found("policy rule")
    return rule(tenant, role_id, rule_id)


def update_rule(tenant: Tenant, role_id: str, rule_id: str, body: Document) -> None:
    """Change a rule.

    Raises:
        Refusal: 404; 500 with an empty code for another rule's type; 400 for an empty target, a property or value that
            the rule does not have, and MfaAndAcrsConflict.
    """
    before = read_rule(tenant, role_id, rule_id)
    if body.get("@odata.type") != before["@odata.type"]:
        # Recorded as it stands: Graph fails, with no code.
        raise Refusal(500, "", "An error has occurred.")
    changes = {name: value for name, value in body.items() if "@" not in name}
    for name, value in changes.items():
        if name not in before or not _fits(name, value, before[name]):
            raise _invalid_rule(rule_id)
    after = before | changes
    _admit_either_mfa_or_context(tenant, role_id, before, after)
    if "setting" in changes:
        after["setting"] = _with_approvers_described(tenant, before["setting"] | changes["setting"])
    tenant.store.put(
        CHANGED_RULES,
        {"id": f"{role_id}/{rule_id}", "rule": after, "modified": moments.write(tenant.now)},
    )


def _fits(name: str, value: object, before: object) -> bool:
    if name == "target":
        # An empty target is taken by the service and corrupts other rules (docs#16689); here it is refused.
        return isinstance(value, dict) and {"caller", "operations", "level"} <= value.keys()
    if name == "id":
        return value == before
    if name == "maximumDuration":
        return isinstance(value, str) and _is_duration(value)
    if name == "enabledRules":
        return isinstance(value, list) and all(each in _ENABLED_RULES for each in value)
    if name == "claimValue":
        return value is None or isinstance(value, str)
    if name == "setting":
        return isinstance(value, dict) and isinstance(before, dict) and _is_setting(value, before)
    return isinstance(value, type(before))


def _is_setting(setting: Document, before: Document) -> bool:
    fit = all(isinstance(value, type(before[name])) for name, value in setting.items() if name in before)
    return fit and all(_is_stage(stage) for stage in setting.get("approvalStages", ()))


def _is_stage(stage: object) -> bool:
    if not isinstance(stage, dict):
        return False
    days, approvers = stage.get("approvalStageTimeOutInDays", 1), stage.get("primaryApprovers", [])
    return (
        type(days) is int
        and 0 < days <= _LONGEST_STAGE
        and isinstance(approvers, list)
        and all(isinstance(each, dict) and "@odata.type" in each for each in approvers)
    )


def _is_duration(text: str) -> bool:
    try:
        moments.read_duration(text)
    except (ValueError, OverflowError):
        return False
    return True


def _admit_either_mfa_or_context(tenant: Tenant, role_id: str, before: Document, after: Document) -> None:
    """Refuse to turn MFA on while an authentication context is demanded; the other way round is let through (live)."""
    turned_on = _MFA in after.get("enabledRules", ()) and _MFA not in before.get("enabledRules", ())
    if turned_on and after["id"] == "Enablement_EndUser_Assignment":
        context = rule(tenant, role_id, "AuthenticationContext_EndUser_Assignment")
        if context["isEnabled"]:
            raise Refusal(
                400,
                "MfaAndAcrsConflict",
                "The Mfa and Acrs policy settings cannot be enabled simultaneously.",
            )


def _with_approvers_described(tenant: Tenant, setting: Document) -> Document:
    """Fill in what the service knows of each approver (recorded on a live tenant)."""
    stages = [
        {**stage, "primaryApprovers": [_described(tenant, each) for each in stage.get("primaryApprovers", ())]}
        for stage in setting["approvalStages"]
    ]
    return {**setting, "approvalStages": stages}


def _described(tenant: Tenant, approver: Document) -> Document:
    link = "groupId" if "groupId" in approver else "userId"
    found = objects.find(tenant, str(approver.get(link)))
    return {
        "@odata.type": approver["@odata.type"],
        "description": found[1]["displayName"] if found else None,
        link: approver.get(link),
    }


def _not_found(what: str) -> Refusal:
    return Refusal(404, "ResourceNotFound", f"The {what} is not found.")


def _invalid_rule(rule_id: str) -> Refusal:
    """The message is on record, its code is not."""
    return Refusal(400, "InvalidPolicyRule", f"The policy rule id {rule_id} is invalid.")
