from collections.abc import Iterator

import pytest

from .tenant import Tenant, contoso


@pytest.fixture
def tenant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """A fresh Contoso in the emulator, in virtual time."""
    with contoso(monkeypatch) as made:
        yield made


@pytest.fixture
def aline(tenant: Tenant) -> str:
    """Aline, by her id."""
    return tenant.user("AlineD")


@pytest.fixture
def helpdesk(tenant: Tenant, aline: str) -> str:
    """A group with Aline in it that is eligible for User Administrator, as the tutorial leaves it."""
    group = tenant.group("IT Helpdesk (User)", aline)
    tenant.grant(group)
    return group
