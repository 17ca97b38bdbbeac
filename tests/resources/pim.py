"""PIM behind the provider's back: what was asked of it, what it holds, and what somebody else does to it."""

from typing import Any

from .entra import Entra, moment
from .programs import USER_ADMINISTRATOR

REQUESTS = "roleEligibilityScheduleRequests"
POST = rf"/{REQUESTS}$"
SCHEDULES = "roleEligibilitySchedules"
PIM_ONLY = ["RoleManagement.ReadWrite.Directory"]


def actions(entra: Entra) -> list[str]:
    """Return what was asked of PIM."""
    return [(each.body or {}).get("action", "cancel") for each in entra.network.writes()]


def ask_pim(entra: Entra, action: str, principal_id: str, **more: Any) -> dict[str, Any]:
    """Ask PIM for something behind the provider's back."""
    answer: dict[str, Any] = entra.ask(
        "POST",
        f"/roleManagement/directory/{REQUESTS}",
        {
            "action": action,
            "principalId": principal_id,
            "roleDefinitionId": USER_ADMINISTRATOR,
            "directoryScopeId": "/",
            "justification": "the help desk",
            "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P365D"}},
            **more,
        },
    )
    return answer


def until(moment_: str) -> dict[str, Any]:
    return {"scheduleInfo": {"expiration": {"type": "afterDateTime", "endDateTime": moment_}}}


def end_of(entra: Entra, principal_id: str) -> str | None:
    [schedule] = entra.schedules(principal_id)
    end = schedule["scheduleInfo"]["expiration"]["endDateTime"]
    return moment(end).strftime("%Y-%m-%dT%H:%M:%SZ") if end else None


def set_rule(entra: Entra, rule_id: str, **changes: Any) -> None:
    """Change a rule of User Administrator's policy."""
    of_role = f"scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{USER_ADMINISTRATOR}'"
    [assignment] = entra.all(f"/policies/roleManagementPolicyAssignments?$filter={of_role}")
    path = f"/policies/roleManagementPolicies/{assignment['policyId']}/rules/{rule_id}"
    rule = entra.ask("GET", path)
    entra.ask("PATCH", path, {**{name: rule[name] for name in ("@odata.type", "id", "target")}, **changes})
