"""An administrator of the tenant, who changes things behind the stack's back, as a person with Graph at hand does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from tests.resources.entra import GRAPH, Entra

from .machine_directory import Picture
from .machine_engine import Program, Row, State
from .machine_programs import OTHER_ROLE, PASSWORDS, unique_name_of
from .machine_rules import grant_key
from .machine_windows import Windows

_PIM = "/roleManagement/directory/roleEligibilityScheduleRequests"
_PERMISSIONS = (
    "Directory.ReadWrite.All",
    "Group.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "User.ReadWrite.All",
)
_FOR_EVER = timedelta(days=10_000)
_FOR_GOOD = {"type": "noExpiration"}


@dataclass
class Sight:
    """What the administrator sees, and what there is to tell of what was done."""

    program: Program
    state: State
    picture: Picture
    windows: Windows
    strangers: set[str]
    made: set[str] = field(default_factory=set)
    restored: set[str] = field(default_factory=set)

    def pick(self, number: int, *kinds: str) -> Row | None:
        """Choose one of the stack's things that are there."""
        rows = [row for _, row in sorted(self.state.items()) if row.kind in kinds and row.id in self.picture.things]
        return rows[number % len(rows)] if rows else None


class Administrator:
    """Does one thing at a time, where there is something to do it to; each says whether there was."""

    def __init__(self, entra: Entra) -> None:
        self._clock = entra.clock
        person = entra.tenant.administrator_id
        token = entra.emulator.token(user=person, permissions=_PERMISSIONS, lifetime=_FOR_EVER)
        self._http = httpx.Client(
            base_url=f"{GRAPH}/v1.0",
            transport=entra.emulator.transport(),
            headers={"Authorization": f"Bearer {token}"},
        )

    def deletes(self, sight: Sight, number: int) -> bool:
        """Delete a user or a group."""
        row = sight.pick(number, "TestUser", "RoleAssignableGroup")
        return row is not None and self._did("DELETE", _address(row))

    def purges(self, sight: Sight, number: int) -> bool:
        """Delete something for good."""
        return self._to_deleted(sight, number, "DELETE", "") is not None

    def restores(self, sight: Sight, number: int) -> bool:
        """Restore something that was deleted."""
        restored = self._to_deleted(sight, number, "POST", "/restore")
        sight.restored |= {restored} if restored else set()
        return restored is not None

    def renames(self, sight: Sight, number: int) -> bool:
        """Give a user or a group another name."""
        row = sight.pick(number, "TestUser", "RoleAssignableGroup")
        return row is not None and self._did("PATCH", _address(row), {"displayName": f"renamed {number}"})

    def adds_a_member(self, sight: Sight, number: int) -> bool:
        """Put a user into a group."""
        return self._relates(sight, number, "members")

    def adds_an_owner(self, sight: Sight, number: int) -> bool:
        """Make a user an owner of a group."""
        return self._relates(sight, number, "owners")

    def removes_a_member(self, sight: Sight, number: int) -> bool:
        """Take somebody out of a group."""
        group = sight.pick(number, "RoleAssignableGroup")
        members = sorted(sight.picture.groups[group.id]["members"]) if group else []
        if group is None or not members:
            return False
        return self._did("DELETE", f"{_address(group)}/members/{members[number % len(members)]}/$ref")

    def removes_a_grant(self, sight: Sight, number: int) -> bool:
        """Take a grant away that runs."""
        row = sight.pick(number, "RoleEligibility")
        return row is not None and row.id in sight.picture.schedules and self._asked_pim("adminRemove", row.id)

    def extends_a_grant(self, sight: Sight, number: int) -> bool:
        """Give a running grant another end."""
        row = sight.pick(number, "RoleEligibility")
        if row is None or row.id not in sight.picture.schedules:
            return False
        end = self._clock.after(days=500 + number)
        for name, each in sight.state.items():
            if each is row:
                sight.windows.widen(name, self._clock.now())
        return self._asked_pim("adminUpdate", row.id, {"type": "afterDateTime", "endDateTime": end})

    def takes_a_name(self, sight: Sight, number: int) -> bool:
        """Make a user or a group under a name that the program is about to use."""
        names = [name for name in _to_be_made(sight) if sight.program[name].kind != "RoleEligibility"]
        if not names:
            return False
        name = names[number % len(names)]
        declared = sight.program[name]
        if declared.kind == "TestUser":
            upn = declared.inputs["user_principal_name"]
            profile = {"accountEnabled": True, "passwordProfile": {"password": PASSWORDS[0]}}
            body = {"userPrincipalName": upn, "displayName": "Somebody else", "mailNickname": "else", **profile}
            return self._made(sight, "/users", body)
        unique_name = unique_name_of(name, declared)
        security = {"mailEnabled": False, "securityEnabled": True, "isAssignableToRole": bool(number % 2)}
        body = {"displayName": "Somebody else's", "mailNickname": "else", "uniqueName": unique_name, **security}
        return self._made(sight, "/groups", body)

    def grants_first(self, sight: Sight, number: int) -> bool:
        """Grant what the program is about to grant."""
        names = [
            name
            for name in _to_be_made(sight)
            if sight.program[name].kind == "RoleEligibility" and sight.program[name].uses <= sight.state.keys()
        ]
        key = grant_key(sight.program[names[number % len(names)]], sight.state) if names else ""
        return self._granted(sight, key)

    def grants_a_group_more(self, sight: Sight, number: int) -> bool:
        """Grant a group a role that no program grants."""
        group = sight.pick(number, "RoleAssignableGroup")
        return self._granted(sight, f"/|{OTHER_ROLE}|{group.id}" if group else "")

    def takes_back_a_grant_of_others(self, sight: Sight, number: int) -> bool:
        """Take a grant away that is not the stack's."""
        found = sorted(sight.strangers & sight.picture.schedules.keys())
        return bool(found) and self._asked_pim("adminRemove", found[number % len(found)])

    def _to_deleted(self, sight: Sight, number: int, method: str, action: str) -> str | None:
        found = sorted({**sight.picture.deleted_users, **sight.picture.deleted_groups})
        if not found:
            return None
        id_ = found[number % len(found)]
        return id_ if self._did(method, f"/directory/deletedItems/{id_}{action}") else None

    def _relates(self, sight: Sight, number: int, relationship: str) -> bool:
        group = sight.pick(number, "RoleAssignableGroup")
        users = sorted(sight.picture.users.keys() - sight.picture.groups[group.id][relationship]) if group else []
        if group is None or not users:
            return False
        reference = f"{GRAPH}/v1.0/directoryObjects/{users[number % len(users)]}"
        return self._did("POST", f"{_address(group)}/{relationship}/$ref", {"@odata.id": reference})

    def _made(self, sight: Sight, path: str, body: dict[str, Any]) -> bool:
        answer = self._http.post(path, json=body)
        if answer.is_success:
            sight.made.add(str(answer.json()["id"]))
        return answer.is_success

    def _granted(self, sight: Sight, key: str) -> bool:
        if not key or key in sight.picture.things or not self._asked_pim("adminAssign", key, _FOR_GOOD):
            return False
        sight.made.add(key)
        return True

    def _asked_pim(self, action: str, key: str, expiration: dict[str, Any] | None = None) -> bool:
        scope, role, principal = key.split("|")
        triple = {"principalId": principal, "roleDefinitionId": role, "directoryScopeId": scope}
        window = {"scheduleInfo": {"expiration": expiration}} if expiration else {}
        return self._did("POST", _PIM, {"action": action, **triple, **window, "justification": "an administrator"})

    def _did(self, method: str, path: str, body: dict[str, Any] | None = None) -> bool:
        return self._http.request(method, path, json=body).is_success


DEEDS: dict[str, Callable[[Administrator, Sight, int], bool]] = {
    name: deed for name, deed in vars(Administrator).items() if not name.startswith("_")
}
"""What an administrator does, by name."""


def _to_be_made(sight: Sight) -> list[str]:
    return [name for name in sight.program if name not in sight.state]


def _address(row: Row) -> str:
    return f"/{'users' if row.kind == 'TestUser' else 'groups'}/{row.id}"
