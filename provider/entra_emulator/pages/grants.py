"""Who is eligible or active for what, from when to when: schedules, and the requests that wait for their start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from entra_emulator.directory import moments, objects
from entra_emulator.directory.schedules import ELIGIBILITY, KINDS, Kind
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.pages import listing, names
from entra_emulator.pages.listing import Part
from entra_emulator.pages.names import Name

State = Literal["eligible", "active", "waiting"]


@dataclass(frozen=True, slots=True)
class Grant:
    """One principal, role and scope, and its window (UTC; an ``end`` of ``None`` is for good).

    ``waiting`` is granted and begins later; ``how`` tells what is assigned from what was activated.
    """

    state: State
    label: str
    how: str | None
    principal: Name
    role: Name
    scope: Name
    start: datetime
    end: datetime | None


def newest(tenant: Tenant, before: int | None) -> Part[Grant, int]:
    """List a tenant's grants, newest first; those that wait for their start stand before all others."""
    found = listing.newest(tenant, [(kind, kind.schedules) for kind in KINDS], before)
    running = [_running(tenant, kind, schedule) for kind, schedule in found.items]
    if before is None:
        requests = ((kind, request) for kind in KINDS for _, request in tenant.store.scan(kind.requests))
        running = [*_waiting(tenant, requests), *running]
    return Part(running, found.next_place)


def of_principal(tenant: Tenant, principal_id: str) -> list[Grant]:
    """List what a principal holds, by itself and through the groups it is a member of."""
    holders = [principal_id, *(group["id"] for group in objects.groups_of(tenant, principal_id))]
    return [grant for holder in holders for grant in _with(tenant, "principalId", holder)]


def of_role(tenant: Tenant, role_id: str) -> list[Grant]:
    """List who holds a role."""
    return _with(tenant, "roleDefinitionId", role_id)


def window(schedule_info: Document) -> tuple[datetime, datetime | None]:
    """Read a schedule's start and end (UTC; ``None`` for good)."""
    start, expiration = moments.read(schedule_info["startDateTime"]), schedule_info["expiration"]
    if expiration["endDateTime"] is not None:
        return start, moments.read(expiration["endDateTime"])
    if expiration["duration"] is not None:
        return start, start + moments.read_duration(expiration["duration"])
    return start, None


def _with(tenant: Tenant, key: str, value: str) -> list[Grant]:
    requests = ((kind, request) for kind in KINDS for _, request in tenant.store.find(kind.requests, key, value))
    running = (
        _running(tenant, kind, schedule)
        for kind in KINDS
        for _, schedule in tenant.store.find(kind.schedules, key, value)
    )
    return [*_waiting(tenant, requests), *running]


def _running(tenant: Tenant, kind: Kind, schedule: Document) -> Grant:
    if kind is ELIGIBILITY:
        return _grant(tenant, "eligible", "eligible", schedule)
    return _grant(tenant, "active", "active", schedule, schedule["assignmentType"].lower())


def _waiting(tenant: Tenant, requests: Iterator[tuple[Kind, Document]]) -> Iterator[Grant]:
    for kind, request in requests:
        if request["status"] == "Granted":
            yield _grant(tenant, "waiting", "eligible later" if kind is ELIGIBILITY else "active later", request)


def _grant(tenant: Tenant, state: State, label: str, document: Document, how: str | None = None) -> Grant:
    """Show a schedule, or a request that will become one."""
    start, end = window(document["scheduleInfo"])
    return Grant(
        state,
        label,
        how,
        names.principal(tenant, document["principalId"]),
        names.role(tenant, document["roleDefinitionId"]),
        names.scope(tenant, document["directoryScopeId"] or document["appScopeId"]),
        start,
        end,
    )
