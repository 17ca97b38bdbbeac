"""A tenant in the emulator, as a test of a provider needs it: one time for both sides, and a door to arrange things."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import httpx

from entra_emulator import Emulator, SeedTenant
from pulumi_entra_pim.graph.auth import GivenToken
from pulumi_entra_pim.graph.client import GraphClient
from pulumi_entra_pim.graph.connections import Connections
from pulumi_entra_pim.graph.traffic import Traffic
from pulumi_entra_pim.resources import load_provider
from pulumi_entra_pim.resources._base import GraphProvider

from .managed import Managed
from .network import Network

GRAPH = "https://graph.test"
PASSWORD = "Cu4ious-canary!"

# What the arrangements of the tests need, beyond what the deployer of the seed has.
_EVERYTHING = (
    "AdministrativeUnit.ReadWrite.All",
    "Directory.ReadWrite.All",
    "Group.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "RoleManagementPolicy.ReadWrite.Directory",
    "User.ReadWrite.All",
)
_FOR_EVER = timedelta(days=10_000)


class OneTime:
    """The emulator's time as the provider's own: to sleep is to let the emulator's clock run on."""

    def __init__(self, emulator: Emulator) -> None:
        self._clock = emulator.clock
        # A Date header tells whole seconds.
        self._clock.freeze()
        self._clock.set(self._clock.now().replace(microsecond=0) + timedelta(seconds=1))
        self.pauses: list[float] = []

    def now(self) -> datetime:
        """Return the present in UTC."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return self._clock.now().timestamp()

    def sleep(self, seconds: float, over: Event | None = None) -> None:
        """Let time pass."""
        self.pauses.append(seconds)
        # The clock counts microseconds: less would let no time pass at all.
        self._clock.advance(seconds=max(seconds, 1e-6))

    @property
    def waited(self) -> float:
        """Return the seconds that were slept in all."""
        return sum(self.pauses)

    def after(self, **span: float) -> str:
        """Return a moment from now as Graph spells it."""
        return (self.now() + timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Entra:
    """A fresh tenant, a network to it that can misbehave, and the providers of the resources."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.clock = OneTime(emulator)
        self.network = Network(emulator.transport())
        token = emulator.token(permissions=_EVERYTHING, lifetime=_FOR_EVER)
        self._arrangements = httpx.Client(
            base_url=f"{GRAPH}/v1.0",
            transport=emulator.transport(),
            headers={"Authorization": f"Bearer {token}", "ConsistencyLevel": "eventual"},
        )

    @property
    def tenant(self) -> SeedTenant:
        """Return the facts of the tenant."""
        return self.emulator.contoso

    def provider(self, kind: str, *, token: str = "", seconds: float = 1200.0, clock: Any = None) -> GraphProvider:
        """Return a provider of a kind whose calls go through the network; as the tenant's deployer by default."""
        provider = load_provider(kind)
        time = clock or self.clock
        connections = Connections(lambda: httpx.Client(transport=self.network), 4)
        tokens = GivenToken(token or self.emulator.token(lifetime=_FOR_EVER))
        provider.graph = GraphClient(
            GRAPH, tokens, connections, clock=time, traffic=Traffic(time, lambda: 0.0), operation_seconds=seconds
        )
        vars(provider)["clock"] = time
        return provider

    def manage(self, kind: str, **provider: Any) -> Managed:
        """Return a resource of a kind that is yet to be created."""
        return Managed(self.provider(kind, **provider))

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Do something to the tenant behind the providers' back; return the answer's document."""
        answer = self._arrangements.request(method, path, json=body, headers=headers)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def all(self, path: str) -> list[dict[str, Any]]:
        """Return every element of a collection."""
        document = self.ask("GET", path)
        found: list[dict[str, Any]] = document["value"]
        while "@odata.nextLink" in document:
            document = self.ask("GET", document["@odata.nextLink"])
            found += document["value"]
        return found

    def user(self, name: str, **properties: Any) -> str:
        """Make a user; return its id."""
        return str(
            self.ask(
                "POST",
                "/users",
                {
                    "userPrincipalName": f"{name}@{self.tenant.domain}",
                    "displayName": name,
                    "mailNickname": name,
                    "accountEnabled": True,
                    "passwordProfile": {"password": PASSWORD},
                    **properties,
                },
            )["id"]
        )

    def group(self, name: str, *, role_assignable: bool = True, **properties: Any) -> str:
        """Make a security group; return its id."""
        return str(
            self.ask(
                "POST",
                "/groups",
                {
                    "displayName": name,
                    "mailNickname": name,
                    "mailEnabled": False,
                    "securityEnabled": True,
                    "isAssignableToRole": role_assignable,
                    **properties,
                },
            )["id"]
        )

    def unit(self, name: str) -> str:
        """Make an administrative unit; return it as a directory scope."""
        return f"/administrativeUnits/{self.ask('POST', '/directory/administrativeUnits', {'displayName': name})['id']}"

    def related(self, group_id: str, relationship: str) -> set[str]:
        """Return the ids of all owners or members, service principals included."""
        cast = f"/groups/{group_id}/{relationship}/graph.servicePrincipal?$count=true"
        return {each["id"] for path in (f"/groups/{group_id}/{relationship}", cast) for each in self.all(path)}

    def schedules(self, principal_id: str, kind: str = "Eligibility") -> list[dict[str, Any]]:
        """Return the schedules of a principal."""
        return self.all(f"/roleManagement/directory/role{kind}Schedules?$filter=principalId eq '{principal_id}'")

    def requests(self, principal_id: str) -> list[dict[str, Any]]:
        """Return the eligibility requests for a principal."""
        return self.all(
            f"/roleManagement/directory/roleEligibilityScheduleRequests?$filter=principalId eq '{principal_id}'"
        )

    def deleted(self, what: str) -> list[dict[str, Any]]:
        """Return the deleted users or groups."""
        return self.all(f"/directory/deletedItems/microsoft.graph.{what}")


@contextmanager
def fresh() -> Iterator[Entra]:
    """Give a fresh tenant."""
    emulator = Emulator()
    try:
        yield Entra(emulator)
    finally:
        emulator.close()


def offline(kind: str) -> GraphProvider:
    """Return a provider of a kind that fails the test when it asks Graph for anything."""

    def ask(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.method} {request.url} was sent")

    provider = load_provider(kind)
    provider.graph = GraphClient(
        GRAPH, GivenToken(""), Connections(lambda: httpx.Client(transport=httpx.MockTransport(ask)), 1)
    )
    return provider


def moment(text: str) -> datetime:
    """Read a moment as Graph spells it."""
    return datetime.fromisoformat(text).astimezone(UTC)
