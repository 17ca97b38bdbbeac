import ssl
from collections.abc import Iterator

import httpx
import pytest

from entra_emulator import Emulator
from tests.emulator.contract import Contract
from tests.emulator.graph import EVERYTHING, Graph


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()


@pytest.fixture(scope="session", params=["in process", "over TLS"])
def _door(request: pytest.FixtureRequest) -> Iterator[tuple[Emulator, httpx.Client]]:
    """Open each of the emulator's doors: every test that calls Graph does so through both."""
    emulator = Emulator()
    if request.param == "in process":
        with httpx.Client(transport=emulator.transport(), base_url="https://graph.microsoft.com") as http:
            yield emulator, http
    else:
        with emulator.serve() as served:
            context = ssl.create_default_context(cafile=served.ca_file)
            with httpx.Client(verify=context, base_url=served.url, trust_env=False) as http:
                yield emulator, http


@pytest.fixture
def graph(_door: tuple[Emulator, httpx.Client], contract: Contract) -> Graph:
    """Call a freshly seeded emulator as an app that may do everything."""
    emulator, http = _door
    emulator.reset()
    emulator.journal.clear()
    return Graph(emulator, http, contract, emulator.token(permissions=EVERYTHING))


@pytest.fixture
def emulator(graph: Graph) -> Emulator:
    return graph.emulator


@pytest.fixture
def administrator(graph: Graph) -> Graph:
    """Call as the seeded Global Administrator, signed in with MFA."""
    return graph.user(graph.emulator.contoso.administrator_id)
