import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from entra_emulator import Emulator
from tests.emulator.contract import Contract
from tests.emulator.graph import EVERYTHING, Graph
from tools import browser

Scheme = Literal["light", "dark"]
_WIDE = ViewportSize(width=1120, height=800)
_AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.running() as running:
        yield running


@dataclass
class Desk:
    """A served emulator, somebody who calls its Graph, and somebody at its page in a browser."""

    graph: Graph
    url: str
    chromium: Browser
    complaints: list[str] = field(default_factory=list)
    _pages: list[Page] = field(default_factory=list)

    @property
    def emulator(self) -> Emulator:
        return self.graph.emulator

    @property
    def contoso(self) -> str:
        return f"{self.url}/_emulator/pages/{self.emulator.contoso.tenant_id}"

    def open(self, address: str = "/_emulator", *, scheme: Scheme = "light", size: ViewportSize = _WIDE) -> Page:
        """Open a page of the emulator; what the browser complains about is kept."""
        page = self.chromium.new_page(viewport=size, color_scheme=scheme)
        self._pages.append(page)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address if address.startswith("http") else self.url + address)
        return page

    def close(self) -> None:
        for page in self._pages:
            page.close()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()


@pytest.fixture
def desk(chromium: Browser, contract: Contract) -> Iterator[Desk]:
    """Look at an emulator of the test's own; whatever was looked at, the browser had nothing to complain about."""
    with Emulator() as emulator, emulator.serve(http_port=0) as served:
        assert served.http_url is not None
        with httpx.Client(base_url=served.http_url, trust_env=False) as http:
            graph = Graph(emulator, http, contract, emulator.token(permissions=EVERYTHING))
            made = Desk(graph, served.http_url, chromium)
            yield made
            made.close()
    assert made.complaints == []


def violations(page: Page) -> list[str]:
    """Let axe-core look at a page: https://github.com/dequelabs/axe-core."""
    page.evaluate(_AXE)
    found: dict[str, Any] = page.evaluate("axe.run()")
    assert found["passes"], "axe looked at nothing"
    return [f"{each['id']}: {json.dumps([node['target'] for node in each['nodes']])}" for each in found["violations"]]
