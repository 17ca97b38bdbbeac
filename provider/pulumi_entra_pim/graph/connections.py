"""Kept-alive connections to one host, each in one request's hands at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

import httpx


class Connections:
    """Up to a number of HTTP clients of one connection each, made when they are needed and then kept.

    The first is made at once, without connecting, so that what the network settings lack is said before any call.

    A client shared between threads may close what another thread has just begun to use: httpcore looks whether an
    idle connection can be read, which one that has begun to answer can, too. A write would lose its answer so.
    """

    def __init__(self, open_: Callable[[], httpx.Client], most: int) -> None:
        self._open = open_
        self._turns = BoundedSemaphore(most)
        self._idle = [open_()]

    @contextmanager
    def one(self) -> Iterator[httpx.Client]:
        """Lend a client that nobody else uses meanwhile; wait for one when all are lent.

        One that the borrower closes is not lent again.
        """
        with self._turns:
            try:
                client = self._idle.pop()
            except IndexError:
                client = self._open()
            try:
                yield client
            finally:
                if not client.is_closed:
                    self._idle.append(client)
