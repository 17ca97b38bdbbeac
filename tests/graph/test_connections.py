"""Connections are kept, and nobody uses one that somebody else is using."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from pulumi_entra_pim.graph.connections import Connections


def opened() -> tuple[Connections, list[httpx.Client]]:
    """Return two connections at most, and those that were made so far."""
    made: list[httpx.Client] = []

    def make() -> httpx.Client:
        made.append(httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))))
        return made[-1]

    return Connections(make, 2), made


def test_one_after_the_other_uses_the_same() -> None:
    connections, made = opened()
    for _ in range(3):
        with connections.one() as client:
            assert client is made[0]
    assert len(made) == 1


def test_two_at_once_never_share_one_and_a_third_waits() -> None:
    connections, made = opened()
    in_use: set[int] = set()
    most = 0
    lock = threading.Lock()
    both = threading.Barrier(2, timeout=10)

    def use(turn: int) -> None:
        nonlocal most
        with connections.one() as client:
            with lock:
                assert id(client) not in in_use
                in_use.add(id(client))
                most = max(most, len(in_use))
            if turn < 2:
                both.wait()
            with lock:
                in_use.remove(id(client))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(40)))
    assert most == len(made) == 2


def test_one_that_its_borrower_closed_is_replaced() -> None:
    connections, made = opened()
    with connections.one() as client:
        client.close()
    with connections.one() as client:
        assert client is made[1]


def test_one_that_failed_is_lent_again() -> None:
    connections, made = opened()
    for _ in range(3):
        try:
            with connections.one():
                raise httpx.ReadError("reset")
        except httpx.ReadError:
            continue
    assert len(made) == 1
