"""The ways of carrying out Contoso that the matrix compares: this package's, and two that others have."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import httpx

from entra_emulator import Emulator
from pulumi_entra_pim.graph.auth import ClientSecret, MsalTokens, TokenSource
from pulumi_entra_pim.graph.client import GraphClient
from pulumi_entra_pim.graph.connections import Connections
from pulumi_entra_pim.resources import load_provider
from pulumi_entra_pim.resources._base import GraphProvider
from tests.resources.entra import GRAPH, Entra

from . import baselines
from .baselines import PlainClient
from .contoso import COMMANDS, Command, Providers
from .faults import HANG


@dataclass(frozen=True, slots=True)
class Policy:
    """A way of carrying out the stack's calls.

    ``arrange`` has the service be as the way wants it; ``commands`` are those with calls that no other way has.
    """

    name: str
    client: Callable[..., GraphClient]
    provider: Callable[[str], GraphProvider]
    arrange: Callable[[Emulator], None] = lambda _: None
    commands: tuple[Command, ...] = COMMANDS

    def process(self, entra: Entra) -> Providers:
        """Return the providers as a new process has them: nothing known of earlier ones, no token yet."""
        client = self.client(GRAPH, _tokens(entra), Connections(lambda: _http(entra), 1), clock=entra.clock)

        def provider(kind: str) -> GraphProvider:
            made = self.provider(kind)
            made.graph = client
            vars(made)["clock"] = entra.clock
            return made

        return provider


def _tokens(entra: Entra) -> TokenSource:
    return MsalTokens(
        authority=f"{GRAPH}/{entra.tenant.tenant_id}",
        client_id=entra.tenant.client_id,
        credential=ClientSecret(entra.tenant.client_secret),
        scope="https://graph.microsoft.com/.default",
        http=lambda: _http(entra),
    )


def _http(entra: Entra) -> httpx.Client:
    return httpx.Client(transport=entra.emulator.transport(), timeout=HANG)


def _without_upsert(emulator: Emulator) -> None:
    emulator.switches.upsert_role_assignable = False


BY_UPSERT = Policy("groups by upsert", GraphClient, load_provider)
BY_POST = Policy("groups by POST", GraphClient, load_provider, _without_upsert, ("up",))
STATUS_ONLY = Policy("status-only retries", partial(PlainClient, baselines.STATUS_ONLY), baselines.load_provider)
NO_REPLAYED_POST = Policy(
    "no replay of a POST", partial(PlainClient, baselines.NO_REPLAYED_POST), baselines.load_provider
)
