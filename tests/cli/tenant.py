"""A tenant in the emulator, the people in it, and the command run as one of them: one time for both sides."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from entra_emulator import Emulator
from pulumi_entra_pim.cli.__main__ import app
from pulumi_entra_pim.graph.auth import TokenSource
from pulumi_entra_pim.graph.client import GraphClient
from pulumi_entra_pim.graph.connections import Connections
from pulumi_entra_pim.graph.traffic import Traffic
from tests.resources.entra import GRAPH, OneTime
from tests.resources.network import Network

USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
ADMINISTRATOR = "admin@contoso.com"
ALINE = "AlineD@contoso.com"
ROLES = "/roleManagement/directory"
_PASSWORD = "Cu4ious-canary!"

# What a person's sign-in brings who may use every command.
SCOPES = (
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "User.DeleteRestore.All",
    "User.ReadWrite.All",
)
_EVERYTHING = (*SCOPES, "AdministrativeUnit.ReadWrite.All", "Directory.ReadWrite.All")
_FOR_EVER = timedelta(days=10_000)


@dataclass(frozen=True)
class Ended:
    """How a run of the command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Read what was printed as JSON."""
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """Return the one line on standard error that says how it ended; lines of progress may stand before it."""
        [line] = [each for each in self.err.splitlines() if each.startswith("entra-pim: ")]
        return line


class Tenant:
    """Contoso as the tutorial leaves it before step 5: Aline in a group that is eligible for User Administrator."""

    def __init__(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.emulator = emulator
        self.clock = OneTime(emulator)
        self.network = Network(emulator.transport())
        self._monkeypatch = monkeypatch
        self._arrangements = httpx.Client(
            base_url=f"{GRAPH}/v1.0",
            transport=emulator.transport(),
            headers={"Authorization": f"Bearer {emulator.token(permissions=_EVERYTHING, lifetime=_FOR_EVER)}"},
        )
        monkeypatch.setenv("ENTRA_PIM_GRAPH_URL", GRAPH)
        monkeypatch.setattr("pulumi_entra_pim.connection.client_for", lambda _, tokens: self._client(tokens))

    def run(
        self, *words: str, user: str | None = ALINE, mfa: bool = True, scopes: Sequence[str] = SCOPES, typed: str = ""
    ) -> Ended:
        """Run the command as a person, or as the tenant's application where there is none."""
        lent = self.emulator.token(lifetime=_FOR_EVER) if user is None else self.token(user, mfa, scopes)
        self._monkeypatch.setenv("ENTRA_PIM_ACCESS_TOKEN", lent)
        with self.network.recording() as self.sent:
            result: Result = CliRunner().invoke(app, list(words), input=typed, catch_exceptions=False)
        return Ended(result.exit_code, result.stdout, result.stderr)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Do something to the tenant behind the command's back."""
        answer = self._arrangements.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def user(self, name: str) -> str:
        """Make a user; return their id."""
        body = {
            "userPrincipalName": f"{name}@contoso.com",
            "displayName": name,
            "mailNickname": name,
            "accountEnabled": True,
            "passwordProfile": {"password": _PASSWORD},
        }
        return str(self.ask("POST", "/users", body)["id"])

    def group(self, name: str, *members: str, role_assignable: bool = True) -> str:
        """Make a security group; return its id."""
        body = {
            "displayName": name,
            "mailNickname": "".join(filter(str.isalnum, name)),
            "mailEnabled": False,
            "securityEnabled": True,
            "isAssignableToRole": role_assignable,
            "members@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{each}" for each in members],
        }
        return str(self.ask("POST", "/groups", body)["id"])

    def unit(self, name: str) -> str:
        """Make an administrative unit; return it as a scope."""
        return f"/administrativeUnits/{self.ask('POST', '/directory/administrativeUnits', {'displayName': name})['id']}"

    def grant(
        self, principal: str, role: str = USER_ADMINISTRATOR, *, kind: str = "Eligibility", scope: str = "/",
        duration: str | None = "P365D",
    ) -> str:  # fmt: skip
        """Grant a role as an administrator; return the request's id."""
        expiration = {"type": "afterDuration", "duration": duration} if duration else {"type": "noExpiration"}
        body = {
            "action": "adminAssign",
            "principalId": principal,
            "roleDefinitionId": role,
            "directoryScopeId": scope,
            "justification": "the help desk",
            "scheduleInfo": {"expiration": expiration},
        }
        return str(self.ask("POST", f"{ROLES}/role{kind}ScheduleRequests", body)["id"])

    def rule(self, rule_id: str, **changes: Any) -> None:
        """Change a rule of User Administrator's policy."""
        of_role = f"scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{USER_ADMINISTRATOR}'"
        [assignment] = self.ask("GET", f"/policies/roleManagementPolicyAssignments?$filter={of_role}")["value"]
        path = f"/policies/roleManagementPolicies/{assignment['policyId']}/rules/{rule_id}"
        before = self.ask("GET", path)
        kept = {name: before[name] for name in ("@odata.type", "id", "target")}
        self.ask("PATCH", path, {**kept, **changes})

    def demand_approval(self, approver: str) -> None:
        """Have a user decide about activations of User Administrator."""
        stage = {"approvalStageTimeOutInDays": 1, "primaryApprovers": [
            {"@odata.type": "#microsoft.graph.singleUser", "userId": approver}
        ]}  # fmt: skip
        self.rule("Approval_EndUser_Assignment", setting={"isApprovalRequired": True, "approvalStages": [stage]})

    def active(self, principal: str) -> list[Any]:
        """Return what is active of a principal."""
        found: list[Any] = self.ask("GET", f"{ROLES}/roleAssignments?$filter=principalId eq '{principal}'")["value"]
        return found

    def _client(self, tokens: TokenSource) -> GraphClient:
        connections = Connections(lambda: httpx.Client(transport=self.network), 2)
        return GraphClient(GRAPH, tokens, connections, clock=self.clock, traffic=Traffic(self.clock, lambda: 0.0))

    def token(self, user: str, mfa: bool = True, scopes: Sequence[str] = SCOPES) -> str:
        """Return what a person's sign-in would give."""
        return self.emulator.token(
            app="c0a1b2c3-0003-4d5e-8f60-718293a4b5c6", user=user, permissions=scopes, mfa=mfa, lifetime=_FOR_EVER
        )


@contextmanager
def contoso(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """Give a fresh tenant, in which there is nobody but its administrator."""
    with Emulator() as emulator:
        yield Tenant(emulator, monkeypatch)
