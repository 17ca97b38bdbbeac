"""All that a tenant holds, by names: two tenants to which the same was done look the same, whenever it was done."""

from typing import Any

from tests.resources.entra import Entra, moment

Picture = dict[str, list[Any]]
"""What there is of each kind of thing, sorted; a thing that is there twice is in it twice."""

_GIVEN = frozenset(
    {
        "id", "createdDateTime", "deletedDateTime", "lastPasswordChangeDateTime", "renewedDateTime",
        "securityIdentifier", "signInSessionsValidFromDateTime",
    }
)  # fmt: skip
_USER = (
    "id,accountEnabled,createdDateTime,department,displayName,givenName,jobTitle,lastPasswordChangeDateTime,"
    "mailNickname,surname,usageLocation,userPrincipalName"
)
_PIM = "/roleManagement/directory"


def picture(entra: Entra) -> Picture:
    """Look at users, groups with who owns them and is in them, deleted ones, and who holds which role."""
    users, groups = entra.all(f"/users?$select={_USER}"), entra.all("/groups")
    names = {each["id"]: each["displayName"] for each in (*users, *groups)}
    found = {
        "users": [{**_own(user), "password was reset": _was_reset(user)} for user in users],
        "groups": [
            {**_own(group), **{kind: _related(entra, group["id"], kind, names) for kind in ("owners", "members")}}
            for group in groups
        ],
        "deleted users": [each["displayName"] for each in entra.deleted("user")],
        "deleted groups": [each["displayName"] for each in entra.deleted("group")],
        "eligible": [_grant(row, names) for row in entra.all(f"{_PIM}/roleEligibilitySchedules")],
        "active": [_grant(row, names) for row in entra.all(f"{_PIM}/roleAssignmentSchedules")],
        "to come": [
            _grant(row, names)
            for row in entra.all(f"{_PIM}/roleEligibilityScheduleRequests")
            if row["status"] == "Granted"
        ],
    }
    return {kind: sorted(things, key=str) for kind, things in found.items()}


def _own(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _GIVEN}


def _was_reset(user: dict[str, Any]) -> bool:
    changed = user["lastPasswordChangeDateTime"]
    return changed is not None and moment(changed) > moment(user["createdDateTime"])


def _related(entra: Entra, group_id: str, relationship: str, names: dict[str, str]) -> list[str]:
    return sorted(names.get(id_, id_) for id_ in entra.related(group_id, relationship))


def _grant(row: dict[str, Any], names: dict[str, str]) -> tuple[Any, ...]:
    end = row["scheduleInfo"]["expiration"]["endDateTime"]
    scope, who = row["directoryScopeId"], row["principalId"]
    return names.get(who, who), row["roleDefinitionId"], scope, moment(end) if end else None
