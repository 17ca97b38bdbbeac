"""The directory as it is: read a third time, by neither the provider nor the emulator's own store."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import isodate

from tests.resources.entra import Entra, moment

_USER = "id,userPrincipalName,displayName,mailNickname,jobTitle,accountEnabled,createdDateTime"
_GROUP = "id,displayName,description,mailNickname,uniqueName,isAssignableToRole,createdDateTime"
_PIM = "/roleManagement/directory/roleEligibilitySchedule"


@dataclass(frozen=True)
class Granted:
    """A grant of the directory: by a schedule, or by a request that waits for its start. A moment is in UTC."""

    id: str
    principal_id: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Picture:
    """All that the tests look at of a tenant. Grants are keyed as the provider's ids are: scope|role|principal."""

    at: datetime
    users: dict[str, dict[str, Any]]
    groups: dict[str, dict[str, Any]]
    deleted_groups: dict[str, dict[str, Any]]
    deleted_users: dict[str, dict[str, Any]]
    schedules: dict[str, Granted]
    waiting: dict[str, list[Granted]]

    @property
    def things(self) -> dict[str, object]:
        """Return all that exists, by the id that a state would hold for it."""
        waiting = {key: found for key, found in self.waiting.items() if found}
        return {**self.users, **self.groups, **waiting, **self.schedules}


def look(entra: Entra) -> Picture:
    """Read the directory."""
    schedules = entra.all(f"{_PIM}s")
    requests = entra.all(f"{_PIM}Requests?$filter=status eq 'Granted'")
    groups = {each["id"]: each for each in entra.all(f"/groups?$select={_GROUP}")}
    for id_, group in groups.items():
        for relationship in ("owners", "members"):
            group[relationship] = {each["id"] for each in entra.all(f"/groups/{id_}/{relationship}?$select=id")}
    waiting: dict[str, list[Granted]] = {}
    for each in requests:
        waiting.setdefault(_key(each), []).append(_granted(each))
    return Picture(
        at=entra.clock.now(),
        users={each["id"]: each for each in entra.all(f"/users?$select={_USER}")},
        groups=groups,
        deleted_groups={each["id"]: each for each in entra.deleted("group")},
        deleted_users={each["id"]: each for each in entra.deleted("user")},
        schedules={_key(each): _granted(each) for each in schedules},
        waiting=waiting,
    )


def _key(row: dict[str, Any]) -> str:
    return f"{row['directoryScopeId']}|{row['roleDefinitionId']}|{row['principalId']}"


def _granted(row: dict[str, Any]) -> Granted:
    info = row["scheduleInfo"]
    start, expiration = moment(info["startDateTime"]), info["expiration"]
    end = moment(expiration["endDateTime"]) if expiration["endDateTime"] else None
    if expiration["duration"]:
        end = start + _length(expiration["duration"])
    return Granted(row["id"], row["principalId"], start, end)


def _length(duration: str) -> timedelta:
    length: timedelta = isodate.parse_duration(duration)
    return length
