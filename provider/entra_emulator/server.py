"""The doors for other processes: HTTPS, and plain HTTP on request, on the loopback interface and nowhere else."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from entra_emulator.exchange import Loss, Request, Response
from entra_emulator.hangs import Hangs

HOST = "127.0.0.1"
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

# What has a socket send RST when it is closed, instead of FIN: socket(7).
_NO_LINGERING = struct.pack("ii", 1, 0)

_Message = MutableMapping[str, Any]
Door = tuple[socket.socket, ssl.SSLContext | None]


class PortError(Exception):
    """A port cannot be listened on; the message says why, in one line."""


class Application:
    """The emulator as an ASGI application: https://asgi.readthedocs.io/en/latest/specs/www.html."""

    def __init__(self, handle: Callable[[Request], Response], hangs: Hangs) -> None:
        """Hand requests to ``handle``, which takes well under a millisecond, so that it need not leave the loop."""
        self._handle = handle
        self._hangs = hangs

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Answer one request; one that its client gave up half-way is not acted on."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        response = self._answer(scope, bytes(body))
        connection: asyncio.Transport = scope["state"]["connection"]
        if response.status == 0:
            await self._lose(response, connection, receive)
            return
        sent = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
        if response.status != 204:
            sent.append((b"content-length", str(len(response.body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": sent})
        if response.loss is Loss.HALF:
            half = response.body[: len(response.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            connection.close()
        else:
            await send({"type": "http.response.body", "body": response.body})

    def _answer(self, scope: MutableMapping[str, Any], body: bytes) -> Response:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if host.rpartition(":")[0] not in _LOOPBACK_NAMES and host not in _LOOPBACK_NAMES:
            # A page in somebody's browser could reach a loopback port under a name of its own (DNS rebinding).
            return Response(421, {"Content-Type": "text/plain"}, b"entra-emulator answers to loopback names only\n")
        return self._handle(
            Request(
                scope["method"],
                f"{scope['scheme']}://{host}",
                scope["raw_path"].decode("latin-1"),
                scope["query_string"].decode("latin-1"),
                headers,
                body,
            )
        )

    async def _lose(
        self, response: Response, connection: asyncio.Transport, receive: Callable[[], Awaitable[_Message]]
    ) -> None:
        """End a connection without a byte: at once, or after its client has given up."""
        try:
            if response.loss is Loss.RESET:
                connection.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
            elif response.loss is Loss.HANG:
                await self._hang(receive)
        finally:
            connection.abort()

    async def _hang(self, receive: Callable[[], Awaitable[_Message]]) -> None:
        """Wait until the client goes away or the call is released."""
        loop, released = asyncio.get_running_loop(), asyncio.Event()
        with self._hangs.hold(lambda: loop.call_soon_threadsafe(released.set)):
            ends = [asyncio.ensure_future(receive()), asyncio.ensure_future(released.wait())]
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for end in ends:
                    end.cancel()


class _Protocol(H11Protocol):
    """Gives the application the connection of a request, so that it can break it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A server's transports are never less than this; uvicorn says so with a narrower type of its own.
        connection = cast(asyncio.Transport, transport)
        self.app_state = {"connection": connection}
        super().connection_made(connection)


def listen(port: int) -> socket.socket:
    """Listen on a port of the loopback interface; 0 takes a free one.

    Raises:
        PortError: the port is in use, or may not be used.
    """
    # asyncio turns Nagle's delay off only where the protocol is named; with it every answer would take 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        reason = "it is in use" if error.errno == errno.EADDRINUSE else error.strerror
        raise PortError(f"Port {port} of {HOST} cannot be listened on: {reason}") from error
    return listener


@contextmanager
def running(application: Application, doors: list[Door]) -> Iterator[None]:
    """Serve an application on listeners, with or without TLS, in a thread of their own until the block ends."""
    servers = [(uvicorn.Server(_settings(application, context)), listener) for listener, context in doors]

    async def serve() -> None:
        await asyncio.gather(*(server.serve(sockets=[listener]) for server, listener in servers))
        # Clients keep idle connections; TLS would wait for each of them to say goodbye.
        for server, _ in servers:
            for connection in list(server.server_state.connections):
                connection.transport.abort()
        await asyncio.sleep(0)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="entra-emulator", daemon=True)
    thread.start()
    try:
        yield
    finally:
        for server, _ in servers:
            server.should_exit = True
        thread.join()


def _settings(application: Application, context: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        loop="asyncio",
        http=_Protocol,
        ws="none",
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=300,
        timeout_graceful_shutdown=0,
        log_level="critical",
        ssl_context_factory=None if context is None else lambda _config, _default: context,
    )
