"""A client of the emulator for its tests: plain httpx, and every answer held against Microsoft's description."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import httpx

from entra_emulator import Emulator
from tests.emulator.contract import Contract

GRAPH = "/v1.0"
ROLES = "/roleManagement/directory"
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
PASSWORD = "xWwvJ]6NMw+bWH-d"

EVERYTHING = (
    "AdministrativeUnit.ReadWrite.All",
    "Application.ReadWrite.All",
    "Directory.ReadWrite.All",
    "Domain.Read.All",
    "Group.ReadWrite.All",
    "Organization.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "User.ReadWrite.All",
)


class Graph:
    """Somebody who calls Graph: an app or a user, with a token."""

    def __init__(self, emulator: Emulator, http: httpx.Client, contract: Contract, token: str | None) -> None:
        self.emulator = emulator
        self.http = http
        self._contract = contract
        self._token = token

    def app(self, *permissions: str, tenant: str = "contoso") -> "Graph":
        """Call as the seeded app with just these permissions."""
        return self.bearer(self.emulator.token(tenant=tenant, permissions=permissions))

    def user(
        self, user: str, permissions: Iterable[str] = EVERYTHING, *, tenant: str = "contoso", mfa: bool = True
    ) -> "Graph":
        """Call as a person."""
        return self.bearer(self.emulator.token(tenant=tenant, user=user, permissions=permissions, mfa=mfa))

    def bearer(self, token: str | None) -> "Graph":
        """Call with a token, or with none."""
        return Graph(self.emulator, self.http, self._contract, token)

    def send(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Call Graph, and hold the answer against the description."""
        sent = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        url = path if path.startswith("http") else GRAPH + path
        response = self.http.request(method, url, json=body, headers=sent | (headers or {}))
        if response.headers.get("content-type", "").startswith("application/json"):
            described = unquote(response.request.url.raw_path.decode().partition("?")[0]).removeprefix(GRAPH)
            described = described.replace("/microsoft.graph.", "/graph.")
            complaints = self._contract.complaints(method, described, response.status_code, response.json())
            assert complaints == [], complaints
        return response

    def get(self, path: str, **headers: str) -> Any:
        """Read what must be there."""
        response = self.send("GET", path, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    def values(self, path: str, **headers: str) -> list[Any]:
        """Read a collection that fits on a page."""
        document = self.get(path, **headers)
        assert "@odata.nextLink" not in document
        return list(document["value"])

    def post(self, path: str, body: object, status: int = 201) -> Any:
        """Create what can be."""
        response = self.send("POST", path, body)
        assert response.status_code == status, response.text
        return response.json()

    def done(self, method: str, path: str, body: object = None, **headers: str) -> None:
        """Change or delete what can be."""
        response = self.send(method, path, body, headers)
        assert (response.status_code, response.content) == (204, b""), response.text

    def refused(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str, str]:
        """Do what must be refused; tell the status, the code and the message."""
        response = self.send(method, path, body, headers)
        assert response.status_code >= 400, response.text
        error = response.json()["error"]
        return response.status_code, error["code"], error["message"]

    # What most tests need to begin with.

    def new_user(self, name: str = "AlineD", /, **properties: object) -> Any:
        return self.post("/users", user_body(name, **properties))

    def new_group(self, name: str = "helpdesk", /, **properties: object) -> Any:
        return self.post("/groups", group_body(name, **properties))

    def assign(self, principal_id: str, role_id: str = USER_ADMINISTRATOR, *, kind: str = "Eligibility",
               action: str = "adminAssign", **properties: Any) -> Any:  # fmt: skip
        body = request_body(principal_id, role_id, action=action, **properties)
        return self.post(f"{ROLES}/role{kind}ScheduleRequests", body)

    def schedules(self, principal_id: str, kind: str = "Eligibility") -> list[Any]:
        return self.values(f"{ROLES}/role{kind}Schedules?$filter=principalId eq '{principal_id}'")


def user_body(name: str = "AlineD", /, **properties: Any) -> dict[str, object]:
    return {
        "accountEnabled": True,
        "displayName": name,
        "mailNickname": name,
        "userPrincipalName": f"{name}@contoso.com",
        "passwordProfile": {"forceChangePasswordNextSignIn": True, "password": PASSWORD},
        **properties,
    }


def group_body(name: str = "helpdesk", /, **properties: Any) -> dict[str, object]:
    return {
        "displayName": name,
        "mailEnabled": False,
        "mailNickname": name,
        "securityEnabled": True,
        "isAssignableToRole": True,
        **properties,
    }


def request_body(principal_id: str, role_id: str = USER_ADMINISTRATOR, *, action: str = "adminAssign",
                 duration: str | None = None, end: str | None = None, start: str | None = None,
                 **properties: Any) -> dict[str, object]:  # fmt: skip
    kind = "afterDuration" if duration else "afterDateTime" if end else "noExpiration"
    expiration = {"type": kind, "duration": duration, "endDateTime": end}
    window = {"scheduleInfo": {"startDateTime": start, "expiration": expiration}}
    return {
        "action": action,
        "principalId": principal_id,
        "roleDefinitionId": role_id,
        "directoryScopeId": "/",
        "justification": "because",
        **({} if action in ("adminRemove", "selfDeactivate") else window),
        **properties,
    }


def reference(object_id: str) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{object_id}"}


def bind(*object_ids: str) -> list[str]:
    return [f"https://graph.microsoft.com/v1.0/directoryObjects/{object_id}" for object_id in object_ids]
