"""The first page: what there is, and what happened last."""

from __future__ import annotations

from dataclasses import dataclass

from entra_emulator.directory import organization
from entra_emulator.directory.objects import GROUP, USER
from entra_emulator.directory.schedules import ASSIGNMENT, ELIGIBILITY
from entra_emulator.directory.tenant import Tenant
from entra_emulator.pages import journal_pages, names, rendering
from entra_emulator.pages.names import TenantName
from entra_emulator.pages.visit import Visit
from entra_emulator.routes.call import Answer

_LATEST = 8


@dataclass(frozen=True, slots=True)
class Card:
    """A tenant in figures."""

    tenant: TenantName
    licence: str
    people: int
    groups: int
    role_assignable: int
    eligible: int
    active: int


def show(visit: Visit) -> Answer:
    """GET /_emulator."""
    return rendering.page(
        visit,
        "overview.html",
        section="overview",
        cards=[_card(tenant) for tenant in visit.tenants],
        armed=visit.emulator.faults.armed,
        latest=journal_pages.calls(visit.emulator.journal.entries())[:_LATEST],
    )


def _card(tenant: Tenant) -> Card:
    store = tenant.store
    has_p2 = organization.has_pim(tenant)
    return Card(
        names.tenant_name(tenant),
        "Entra ID P2" if has_p2 else "no licence for PIM",
        store.count(USER.active),
        store.count(GROUP.active),
        sum(1 for _ in store.find(GROUP.active, "isAssignableToRole", "true")),
        store.count(ELIGIBILITY.schedules),
        store.count(ASSIGNMENT.schedules),
    )
