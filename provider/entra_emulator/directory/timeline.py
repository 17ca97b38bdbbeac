"""What time does to the directory: schedules begin and end, the bin and old requests are emptied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from entra_emulator.directory import deleted_items, requests, schedules
from entra_emulator.directory.schedules import KINDS, Kind
from entra_emulator.directory.store import Store
from entra_emulator.directory.tenant import Tenant

_OF_A_KIND: dict[str, tuple[Kind, Callable[[Tenant, Kind, str], None]]] = {
    name: (kind, happen)
    for kind in KINDS
    for name, happen in (
        (kind.end_event, schedules.end_when_due),
        (kind.forget_event, schedules.forget_when_due),
        (requests.start_event(kind), requests.start_when_due),
        (requests.time_out_event(kind), requests.time_out_when_due),
        (requests.purge_event(kind), requests.purge_when_due),
    )
}
EVENTS = frozenset((deleted_items.PURGE, *_OF_A_KIND))


def catch_up(store: Store, now: datetime) -> None:
    """Let everything happen that is due by now, each thing at its own moment and in its order."""
    while store.is_due(now):
        with store.transaction():
            event = store.next_event(now)
            if event is None:
                return
            tenant = Tenant(event.tenant, store.tenant(event.tenant), event.due)
            if event.name == deleted_items.PURGE:
                deleted_items.purge_when_due(tenant, event.id)
            else:
                kind, happen = _OF_A_KIND[event.name]
                happen(tenant, kind, event.id)
