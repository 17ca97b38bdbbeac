"""A tenant's directory, looked at and touched behind the program's back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx

from entra_emulator import Emulator, Entry, SeedTenant

Document = dict[str, Any]

_PIM = "/roleManagement/directory"
ELIGIBILITY_SCHEDULES = f"{_PIM}/roleEligibilitySchedules"
ELIGIBILITY_REQUESTS = f"{_PIM}/roleEligibilityScheduleRequests"
USER = (
    "id,userPrincipalName,displayName,mailNickname,accountEnabled,givenName,surname,jobTitle,department,usageLocation"
)
"""What of a user a program can set, as a ``$select``."""

_PERMISSIONS = (
    "Directory.ReadWrite.All",
    "Group.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "RoleManagementPolicy.ReadWrite.Directory",
    "User.ReadWrite.All",
)


class Directory:
    """A seeded tenant of an emulator as its administrator sees it, in process."""

    def __init__(self, emulator: Emulator, tenant: SeedTenant) -> None:
        self._emulator = emulator
        self.seed = tenant
        self._client = httpx.Client(transport=emulator.transport(), base_url="https://graph.microsoft.com/v1.0")

    def get(self, path: str) -> Document:
        """Return a document."""
        return dict(self.send("GET", path).json())

    def all(self, path: str) -> list[Document]:
        """Return every element of a collection."""
        found: list[Document] = []
        address: str | None = path
        while address:
            page = self.get(address)
            found += page["value"]
            address = page.get("@odata.nextLink")
        return found

    def send(self, method: str, path: str, body: Document | None = None) -> httpx.Response:
        """Send a request that has to succeed."""
        token = self._emulator.token(
            tenant=self.seed.tenant_id, user=self.seed.administrator_id, permissions=_PERMISSIONS
        )
        answer = self._client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer

    def user(self, name: str) -> Document:
        """Return the properties of a user that a program can set."""
        return self.get(f"/users/{name}@{self.seed.domain}?$select={USER}")

    def add_user(self, name: str) -> str:
        """Make a user that no program declares; return its id."""
        made = self.send(
            "POST",
            "/users",
            {
                "userPrincipalName": f"{name}@{self.seed.domain}",
                "displayName": name,
                "mailNickname": name,
                "accountEnabled": True,
                "passwordProfile": {"password": "Made-By-Hand-1"},
            },
        )
        return str(made.json()["id"])

    def add_group(self, name: str, **properties: object) -> str:
        """Make a security group that no program declares; return its id."""
        body = {"displayName": name, "mailNickname": name, "mailEnabled": False, "securityEnabled": True}
        return str(self.send("POST", "/groups", body | properties).json()["id"])

    def add_member(self, group_id: str, id_: str) -> None:
        """Put somebody into a group."""
        reference = f"https://graph.microsoft.com/v1.0/directoryObjects/{id_}"
        self.send("POST", f"/groups/{group_id}/members/$ref", {"@odata.id": reference})

    def related(self, group_id: str, relationship: str) -> set[str]:
        """Return the ids of a group's owners or members."""
        return {each["id"] for each in self.all(f"/groups/{group_id}/{relationship}?$select=id")}

    def eligibilities(self, principal_id: str) -> list[Document]:
        """Return the eligibility schedules of a principal."""
        return self.all(f"{ELIGIBILITY_SCHEDULES}?$filter=principalId eq '{principal_id}'")

    def eligible_until(self, principal_id: str) -> list[str | None]:
        """Return when each eligibility of a principal ends, in whole seconds; None for never."""
        ends = [row["scheduleInfo"]["expiration"].get("endDateTime") for row in self.eligibilities(principal_id)]
        return [f"{end[:19]}Z" if end else None for end in ends]

    def grant(
        self, principal_id: str, role_definition_id: str, expiration: Document, action: str = "adminAssign"
    ) -> None:
        """Make somebody eligible by hand, or (``adminUpdate``) for another time."""
        self.send(
            "POST",
            ELIGIBILITY_REQUESTS,
            {
                "action": action,
                "principalId": principal_id,
                "roleDefinitionId": role_definition_id,
                "directoryScopeId": "/",
                "justification": "By hand",
                "scheduleInfo": {"expiration": expiration},
            },
        )

    def limit(self, role_definition_id: str, duration: str) -> None:
        """Let the role's policy allow no eligibility for longer than a duration, and none for ever."""
        of_role = f"scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{role_definition_id}'"
        [assignment] = self.all(f"/policies/roleManagementPolicyAssignments?$filter={of_role}")
        rule = f"/policies/roleManagementPolicies/{assignment['policyId']}/rules/Expiration_Admin_Eligibility"
        kind = "#microsoft.graph.unifiedRoleManagementPolicyExpirationRule"
        self.send("PATCH", rule, {"@odata.type": kind, "isExpirationRequired": True, "maximumDuration": duration})

    def contents(self) -> Document:
        """Return what there is now: users, groups with who owns them and is in them, and who holds which role."""
        groups = self.all("/groups")
        return {
            "users": self.all("/users"),
            "groups": groups,
            "owners": {group["id"]: self.related(group["id"], "owners") for group in groups},
            "members": {group["id"]: self.related(group["id"], "members") for group in groups},
            "eligible": self.all(ELIGIBILITY_SCHEDULES),
            "active": self.all(f"{_PIM}/roleAssignmentSchedules"),
        }

    def deleted(self, kind: str) -> list[str]:
        """Return the names of the deleted objects of a kind (``user``, ``group``) that can be restored."""
        return [str(each["displayName"]) for each in self.all(f"/directory/deletedItems/microsoft.graph.{kind}")]


@contextmanager
def graph_calls(emulator: Emulator) -> Iterator[list[Entry]]:
    """Collect the calls of Graph that are made within the block, tokens not counted; they are there at its end."""
    before = emulator.journal.entries()
    calls: list[Entry] = []
    yield calls
    since = before[-1].number if before else 0
    calls += [entry for entry in emulator.journal.entries(since) if entry.kind == "graph"]


def spelled(calls: list[Entry]) -> list[str]:
    """Write calls as a person reads them, without version and query: ``GET /users/admin%40contoso.com``."""
    return [f"{call.method} {call.path.partition('?')[0].removeprefix('/v1.0')}" for call in calls]


def moved(moment: str | None, *, days: int) -> str:
    """Return a moment some days later, or earlier, in the same spelling."""
    assert moment is not None, "for ever is not moved"
    return f"{datetime.fromisoformat(moment) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
