"""A service that answers from a list and remembers what reached it: Graph, or Entra's sign-in, without a network."""

import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx

from pulumi_entra_pim.graph.auth import GivenToken, TokenSource
from pulumi_entra_pim.graph.client import GraphClient, Operation
from pulumi_entra_pim.graph.connections import Connections
from pulumi_entra_pim.graph.traffic import Traffic
from pulumi_entra_pim.graph.waiting import Clock

GRAPH = "https://graph.microsoft.com"
TENANT = "11111111-2222-3333-4444-555555555555"
PASSWORD = "Correct-Horse-9-Battery"

Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def bearer(**claims: object) -> str:
    """Return a token with these claims, signed by nobody."""
    parts = ({"alg": "RS256", "typ": "JWT"}, {"tid": TENANT, "oid": "an-object", "appid": "an-app", **claims})
    header, payload = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return f"{header}.{payload}.c2lnbmVkLWJ5LW5vYm9keQ"


TOKEN = bearer()


class Service:
    """Answers in the order of its steps; an exception is what becomes of the call, and the last step repeats.

    ``received`` holds the requests; a request beyond the steps of a service that does not ``repeat`` fails the test.
    """

    def __init__(self, *steps: Step, repeat: bool = False) -> None:
        self.received: list[httpx.Request] = []
        self._steps = list(steps)
        self._repeat = repeat
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        # A copy, as what is sent again after a 401 is the same request with another token.
        received = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        with self._lock:
            self.received.append(received)
            assert self._steps, f"not expected: {request.method} {request.url}"
            step = self._steps[0] if self._repeat and len(self._steps) == 1 else self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step(request) if callable(step) else _fresh(step)

    @property
    def calls(self) -> list[str]:
        """Return what was asked: verb and path with its query, one a request."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.received]

    def connections(self) -> Connections:
        """Return connections whose network this service is."""
        return Connections(lambda: httpx.Client(transport=httpx.MockTransport(self)), 4)

    def client(self, clock: Clock, tokens: TokenSource | None = None, *, seconds: float = 1200.0) -> GraphClient:
        """Return a Graph client of this service."""
        return GraphClient(
            GRAPH,
            tokens or GivenToken(TOKEN),
            self.connections(),
            clock=clock,
            traffic=Traffic(clock, lambda: 0.0),
            operation_seconds=seconds,
        )

    def operation(self, clock: Clock, tokens: TokenSource | None = None, *, seconds: float = 1200.0) -> Operation:
        """Begin an operation on this service."""
        return self.client(clock, tokens, seconds=seconds).operation()


def answer(status: int = 200, body: Any = None, **headers: str) -> httpx.Response:
    """Return a JSON answer; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (
        httpx.Response(status, headers=named, json=body) if body is not None else httpx.Response(status, headers=named)
    )


def refusal(status: int, code: str = "aCode", message: str = "Graph's words.", **headers: str) -> httpx.Response:
    """Return an error in Graph's envelope."""
    return answer(status, {"error": {"code": code, "message": message}}, request_id="a-request", **headers)


def said(error: BaseException) -> str:
    """Return an error's text, which is one line that a person can read and that keeps our secrets."""
    text = str(error)
    assert text
    assert text.isprintable()
    for secret in (TOKEN, TOKEN.rpartition(".")[2], PASSWORD):
        assert secret not in text
    return text


def _fresh(response: httpx.Response) -> httpx.Response:
    """Copy a response, since httpx binds one to its request."""
    return httpx.Response(response.status_code, headers=response.headers, content=response.content)
