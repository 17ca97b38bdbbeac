"""The door for tests in the same process: a transport for a synchronous httpx client."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from entra_emulator.exchange import Request, Response


class InProcessTransport(httpx.BaseTransport):
    """Hands requests to the emulator without a socket, whatever host they are for."""

    def __init__(self, handle: Callable[[Request], Response]) -> None:
        """Hand requests to ``handle``."""
        self._handle = handle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        headers = {name.lower(): value for name, value in request.headers.items()}
        response = self._handle(Request(request.method, origin, path, query, headers, request.read()))
        return httpx.Response(response.status, headers=dict(response.headers), content=response.body, request=request)
