"""The door for tests in the same process: a transport for a synchronous httpx client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import httpx

from entra_emulator.clock import Clock
from entra_emulator.exchange import Loss, Request, Response
from entra_emulator.hangs import Hangs


class InProcessTransport(httpx.BaseTransport):
    """Hands requests to the emulator without a socket, whatever host they are for.

    A response that is lost raises what httpx raises over a socket. A read time-out passes on the emulator's clock.
    """

    def __init__(self, handle: Callable[[Request], Response], hangs: Hangs, clock: Clock) -> None:
        """Hand requests to ``handle``."""
        self._handle = handle
        self._hangs = hangs
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        headers = {name.lower(): value for name, value in request.headers.items()}
        response = self._handle(Request(request.method, origin, path, query, headers, request.read()))
        match response.loss:
            case None:
                content: bytes | httpx.SyncByteStream = response.body
            case Loss.HALF:
                content = _Half(response.body)
            case Loss.RESET:
                raise httpx.ReadError("[Errno 104] Connection reset by peer")
            case Loss.CLOSE:
                raise _closed()
            case Loss.HANG:
                raise self._hang(request.extensions.get("timeout", {}).get("read"))
        return httpx.Response(response.status, headers=dict(response.headers), content=content, request=request)

    def _hang(self, timeout: float | None) -> httpx.TransportError:
        """Wait as long as the client does, and tell how it ends."""
        if timeout is not None:
            self._clock.advance(seconds=timeout)
            return httpx.ReadTimeout("The read operation timed out")
        released = threading.Event()
        with self._hangs.hold(released.set):
            released.wait()
        return _closed()


class _Half(httpx.SyncByteStream):
    """A body of which half arrives."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        half = len(self._body) // 2
        yield self._body[:half]
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {half} bytes, expected {len(self._body)})"
        )


def _closed() -> httpx.RemoteProtocolError:
    return httpx.RemoteProtocolError("Server disconnected without sending a response.")
