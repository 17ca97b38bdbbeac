from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.policies.pack import Pack, running

Start = Callable[[str], Pack]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    """The pack in a project without a configuration."""
    with running(tmp_path_factory.mktemp("project")) as started:
        yield started


@pytest.fixture
def configured(tmp_path: Path) -> Iterator[Start]:
    """Starts the pack in a project with what its entra-pim.toml says."""
    with ExitStack() as stack:

        def start(configuration: str) -> Pack:
            (tmp_path / "entra-pim.toml").write_text(f"version = 1\n{configuration}")
            return stack.enter_context(running(tmp_path))

        yield start
