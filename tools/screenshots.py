"""Screenshots of the emulator's page for the documentation: `python -m tools.screenshots`.

The same people, the same roles and the same frozen moment every time.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
from playwright.sync_api import Browser, ViewportSize

from entra_emulator import Emulator
from entra_emulator.directory import moments
from tools import browser
from tools.steps import exit_status, say

_FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
_MOMENT = datetime(2030, 3, 4, 9, 0, tzinfo=UTC)
_WIDE = ViewportSize(width=1120, height=760)
_NARROW = ViewportSize(width=400, height=860)

_PIM = "/roleManagement/directory"
_GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
_GROUPS_ADMINISTRATOR = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
_HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
_USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
_PERMISSIONS = ("RoleManagement.ReadWrite.Directory", "User.ReadWrite.All", "Group.ReadWrite.All")


class _Tenant:
    """Somebody who calls the emulator's Graph in this process."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._http = httpx.Client(transport=emulator.transport(), base_url="https://graph.microsoft.com/v1.0")

    def post(self, path: str, body: dict[str, Any], token: str | None = None) -> str:
        """Create something and return its id."""
        bearer = token or self._emulator.token(permissions=_PERMISSIONS)
        response = self._http.post(path, json=body, headers={"Authorization": f"Bearer {bearer}"})
        return str(response.raise_for_status().json()["id"])

    def person(self, given_name: str, surname: str, title: str) -> str:
        """Create a user."""
        nickname = f"{given_name}{surname[0]}"
        return self.post(
            "/users",
            {
                "accountEnabled": True, "displayName": f"{given_name} {surname}", "mailNickname": nickname,
                "userPrincipalName": f"{nickname}@contoso.com", "givenName": given_name, "surname": surname,
                "jobTitle": title, "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
            },
        )  # fmt: skip

    def group(self, name: str, description: str, *members: str) -> str:
        """Create a group that can hold roles."""
        references = [f"https://graph.microsoft.com/v1.0/directoryObjects/{member}" for member in members]
        return self.post(
            "/groups",
            {
                "displayName": name, "description": description, "mailEnabled": False, "securityEnabled": True,
                "mailNickname": "".join(filter(str.isalnum, name)), "isAssignableToRole": True,
                "members@odata.bind": references,
            },
        )  # fmt: skip

    def eligible(self, principal: str, role: str, duration: str | None, start: str | None = None) -> None:
        """Make somebody eligible, for good or for a time."""
        self._ask("Eligibility", "adminAssign", principal, role, duration, start)

    def activate(self, principal: str, role: str, duration: str) -> None:
        """Have somebody activate what they are eligible for."""
        token = self._emulator.token(user=principal, permissions=_PERMISSIONS)
        self._ask("Assignment", "selfActivate", principal, role, duration, None, token)

    def _ask(self, kind: str, action: str, principal: str, role: str, duration: str | None, start: str | None,
             token: str | None = None) -> None:  # fmt: skip
        expiration = {"type": "afterDuration", "duration": duration} if duration else {"type": "noExpiration"}
        body = {
            "action": action, "principalId": principal, "roleDefinitionId": role, "directoryScopeId": "/",
            "justification": "Helpdesk rota, spring", "ticketInfo": {"ticketNumber": "CHG-1042"},
            "scheduleInfo": {"startDateTime": start, "expiration": expiration},
        }  # fmt: skip
        self.post(f"{_PIM}/role{kind}ScheduleRequests", body, token)


def main() -> None:
    """Take every screenshot anew."""
    _FOLDER.mkdir(exist_ok=True)
    with Emulator() as emulator, emulator.serve(http_port=0) as served, browser.running() as chromium:
        _furnish(emulator)
        home = f"{served.http_url}/_emulator"
        access = f"{home}/pages/{emulator.contoso.tenant_id}"
        _take(chromium, access, "emulator-access-light", "light", _WIDE)
        _take(chromium, access, "emulator-access-dark", "dark", _WIDE)
        _take(chromium, access, "emulator-access-narrow", "light", _NARROW)
        _take(chromium, home, "emulator-overview-dark", "dark", _WIDE)


def _take(chromium: Browser, address: str, name: str, scheme: Literal["light", "dark"], size: ViewportSize) -> None:
    page = chromium.new_page(viewport=size, color_scheme=scheme)
    page.goto(address)
    path = _FOLDER / f"{name}.png"
    page.screenshot(path=path)
    page.close()
    say(f"{path.relative_to(_FOLDER.parent.parent)}: {path.stat().st_size // 1000} kB")


def _furnish(emulator: Emulator) -> None:
    """Set up a helpdesk on a Monday, and let the day go on."""
    emulator.clock.freeze()
    emulator.clock.set(_MOMENT - timedelta(days=9))
    contoso = _Tenant(emulator)
    aline = contoso.person("Aline", "Dupont", "Helpdesk lead")
    isabella = contoso.person("Isabella", "Simonsen", "Helpdesk technician")
    diego = contoso.person("Diego", "Siciliani", "Helpdesk technician")
    lidia = contoso.person("Lidia", "Holloway", "Auditor")
    helpdesk = contoso.group("IT Helpdesk (User)", "Resets passwords, unlocks accounts.", aline, isabella, diego)
    contoso.group("IT Helpdesk (Groups)", "Looks after groups.", isabella)
    contoso.eligible(helpdesk, _USER_ADMINISTRATOR, None)
    emulator.clock.advance(days=4)
    contoso.eligible(isabella, _GROUPS_ADMINISTRATOR, "P14D")
    contoso.eligible(lidia, _GLOBAL_READER, "P12D")
    emulator.clock.set(_MOMENT)
    contoso.eligible(diego, _HELPDESK_ADMINISTRATOR, "P10D", start=moments.write(_MOMENT + timedelta(days=6)))
    contoso.activate(isabella, _GROUPS_ADMINISTRATOR, "PT8H")
    emulator.faults.arm("429", method="POST", path="/groups", retry_after="7")
    emulator.clock.advance(minutes=20)


if __name__ == "__main__":
    sys.exit(exit_status(main))
