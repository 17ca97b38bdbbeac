from collections.abc import Iterator

import pytest

from .engine import Engine, serving
from .entra import Entra, fresh
from .managed import Managed


@pytest.fixture
def entra() -> Iterator[Entra]:
    """A fresh tenant in the emulator, on virtual time."""
    with fresh() as tenant:
        yield tenant


@pytest.fixture(scope="session")
def _served_engine() -> Iterator[Engine]:
    with serving() as engine:
        yield engine


@pytest.fixture
def engine(_served_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that takes lines, at the address that a provider's process has last on its command line."""
    monkeypatch.setattr("sys.argv", ["provider", _served_engine.address])
    _served_engine.lines.clear()
    return _served_engine


@pytest.fixture
def aline(entra: Entra) -> str:
    """A user, by her object id."""
    return entra.user("aline")


@pytest.fixture
def eligibility(entra: Entra) -> Managed:
    """An eligibility that is yet to be granted."""
    return entra.manage("RoleEligibility")
