import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import settings

from tests.graph.virtual_clock import VirtualClock

# A machine may be slow; what is measured is measured in benchmarks.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

_RECORDED = Path(__file__).parent / "recorded"
_OURS = (
    "AZURE_",
    "ARM_",
    "ENTRA_PIM_",
    "ACTIONS_ID_TOKEN_",
    "SYSTEM_OIDC",
    "SYSTEM_ACCESSTOKEN",
    "AZURESUBSCRIPTION_",
    "IDENTITY_",
    "MSI_",
)
_NETWORK = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _nobodys_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the credentials and the network settings of whoever runs the tests away from them."""
    for name in list(os.environ):
        if name.startswith(_OURS) or name in _NETWORK or name.upper() in _PROXIES:
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> VirtualClock:
    """Return a clock of the test's own."""
    return VirtualClock()


@pytest.fixture
def recorded() -> Callable[[str], httpx.Response]:
    """Return an answer as Graph gave it, by the name of its file; the file says where that is documented."""

    def read(name: str) -> httpx.Response:
        answer = json.loads((_RECORDED / f"{name}.json").read_text())
        return httpx.Response(answer["status"], headers=answer["headers"], json=answer["body"])

    return read


@pytest.fixture
def no_connection_outlives_the_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what a process keeps open to its end, for tests whose service ends sooner."""
    opened: list[httpx.Client] = []
    make = httpx.Client.__init__

    def remember(client: httpx.Client, *args: Any, **options: Any) -> None:
        make(client, *args, **options)
        opened.append(client)

    monkeypatch.setattr(httpx.Client, "__init__", remember)
    yield
    for client in opened:
        client.close()
