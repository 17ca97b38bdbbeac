from collections.abc import Iterator

import pytest

from tests.graph.entra import Proof
from tests.graph.github import Job, running_job


@pytest.fixture(scope="session")
def proof() -> Proof:
    """Return an application's certificate and key."""
    return Proof()


@pytest.fixture
def job() -> Iterator[Job]:
    """Run a job that GitHub gives an identity."""
    with running_job() as running:
        yield running
