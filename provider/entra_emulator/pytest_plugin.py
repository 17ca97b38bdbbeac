"""Fixtures for other projects' tests: ``pytest_plugins = ["entra_emulator.pytest_plugin"]`` in the root conftest.py.

``entra_emulator`` is the emulator, back at its seed for each test; ``entra_emulator_served`` is where that same
emulator answers other processes. One lasts as long as pytest does, or as each of xdist's workers.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from entra_emulator import Emulator, Served


@pytest.fixture(scope="session")
def _entra_emulator_of_session() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def _entra_emulator_doors(_entra_emulator_of_session: Emulator) -> Iterator[Served]:
    with _entra_emulator_of_session.serve(http_port=0) as served:
        yield served


@pytest.fixture
def entra_emulator(_entra_emulator_of_session: Emulator) -> Emulator:
    """Give the emulator with its seeded tenants, the machine's time and an empty journal."""
    _entra_emulator_of_session.reset()
    _entra_emulator_of_session.journal.clear()
    return _entra_emulator_of_session


@pytest.fixture
def entra_emulator_served(request: pytest.FixtureRequest, _entra_emulator_doors: Served) -> Served:
    """Tell where the emulator of this test is served, over TLS and without."""
    request.getfixturevalue("entra_emulator")
    return _entra_emulator_doors
