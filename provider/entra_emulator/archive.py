"""A whole directory as one JSON document: to keep beside a test, to compare, to edit, and to bring tenants in.

``{"format", "clock": {"ahead", "frozen_at"}, "tenants": {id: {"collections", "links", "events"}}}``: the documents
by kind, the oldest first; relations, their sources and targets; and what time will do.
Passwords and client secrets are in it as the directory keeps them, as hashes. The keys that sign are not in it, nor the
codes of sign-ins under way, snapshots, switches and the journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from entra_emulator.clock import ClockState
from entra_emulator.directory import applications, moments, organization, policies, privilege, roles, timeline
from entra_emulator.directory.objects import OBJECT_TYPES
from entra_emulator.directory.schedules import KINDS
from entra_emulator.directory.store import Collection, Document, Partition, Store

FORMAT = "entra-emulator directory 1"
COLLECTIONS = {
    collection.name: collection
    for collection in (
        organization.ORGANIZATION,
        organization.DOMAINS,
        organization.SUBSCRIBED_SKUS,
        applications.APPLICATIONS,
        *(each.active for each in OBJECT_TYPES),
        *(each.deleted for each in OBJECT_TYPES),
        roles.CUSTOM_ROLES,
        policies.CHANGED_RULES,
        *(each.requests for each in KINDS),
        *(each.schedules for each in KINDS),
        *(each.expired for each in KINDS),
        privilege.LASTING_PROTECTIONS,
    )
}
_ALTERNATE_KEYS = {each.active.name: each.alternate_key for each in OBJECT_TYPES if each.alternate_key}


class ArchiveError(ValueError):
    """A document is no archive of a directory; the message says where and why, in one line."""


def write(store: Store, clock: ClockState) -> Document:
    """Write everything that a store holds; the same directory gives the same document."""
    return {
        "format": FORMAT,
        "clock": asdict(clock),
        "tenants": {each: _write_tenant(store.tenant(each)) for each in store.tenants(organization.ORGANIZATION)},
    }


def read(store: Store, archive: object) -> ClockState:
    """Put an archive in place of all that a store holds, and tell the clock's state; needs a transaction around it.

    Raises:
        ArchiveError: it is none.
    """
    document = _object(archive, "the archive")
    if document.get("format") != FORMAT:
        raise ArchiveError(f"the archive's format is {document.get('format')!r}, not {FORMAT!r}")
    tenants = _object(document.get("tenants"), "tenants")
    if not tenants:
        raise ArchiveError("tenants must name one at least")
    store.clear()
    for tenant_id, tenant in tenants.items():
        _read_tenant(store.tenant(tenant_id), tenant_id, _object(tenant, f"tenants.{tenant_id}"))
    return _clock(document.get("clock"))


def _write_tenant(tenant: Partition) -> Document:
    links: dict[str, dict[str, list[str]]] = {}
    for relation, source, target in tenant.links():
        links.setdefault(relation, {}).setdefault(source, []).append(target)
    collections = {name: [each for _, each in tenant.scan(kind)] for name, kind in COLLECTIONS.items()}
    return {
        "collections": {name: documents for name, documents in collections.items() if documents},
        "links": links,
        "events": [
            {"due": moments.write_precise(event.due), "event": event.name, "id": event.id} for event in tenant.events()
        ],
    }


def _read_tenant(store: Partition, tenant_id: str, tenant: Document) -> None:
    where = f"tenants.{tenant_id}"
    collections = _object(tenant.get("collections"), f"{where}.collections")
    for name, documents in collections.items():
        place = f"{where}.collections.{name}"
        if name not in COLLECTIONS:
            raise ArchiveError(f"{place} is no collection; there are {', '.join(COLLECTIONS)}")
        _read_collection(store, COLLECTIONS[name], _list(documents, place), place)
    if [each["id"] for each in collections.get(organization.ORGANIZATION.name, ())] != [tenant_id]:
        raise ArchiveError(f"{where}.collections.organization must be the one whose id is {tenant_id}")
    for relation, sources in _object(tenant.get("links", {}), f"{where}.links").items():
        for source, targets in _object(sources, f"{where}.links.{relation}").items():
            for target in _list(targets, f"{where}.links.{relation}.{source}"):
                store.link(relation, source, _text(target, f"a target of {where}.links.{relation}.{source}"))
    for index, event in enumerate(_list(tenant.get("events", []), f"{where}.events")):
        _read_event(store, event, f"{where}.events[{index}]")


def _read_collection(store: Partition, collection: Collection, documents: list[Any], where: str) -> None:
    for index, document in enumerate(documents):
        _text(_object(document, f"{where}[{index}]").get("id"), f"{where}[{index}].id")
    _different((each["id"] for each in documents), f"the ids of {where}")
    alternate_key = _ALTERNATE_KEYS.get(collection.name)
    if alternate_key is not None:
        values = (each[alternate_key] for each in documents if each.get(alternate_key) is not None)
        _different(values, f"the values of {alternate_key} in {where}")
    for document in documents:
        store.add(collection, document)


def _read_event(store: Partition, event: object, where: str) -> None:
    found = _object(event, where)
    due, name, key = (_text(found.get(each), f"{where}.{each}") for each in ("due", "event", "id"))
    if name not in timeline.EVENTS:
        raise ArchiveError(f"{where}.event is {name!r}; there are {', '.join(sorted(timeline.EVENTS))}")
    try:
        moment = moments.read(due)
    except ValueError:
        raise ArchiveError(f"{where}.due is no moment with a zone: {due!r}") from None
    store.schedule(moment, name, key)


def _clock(value: object) -> ClockState:
    state = _object(value, "clock")
    try:
        return ClockState(
            ahead=float(state["ahead"]),
            frozen_at=None if state["frozen_at"] is None else float(state["frozen_at"]),
        )
    except (KeyError, TypeError, ValueError):
        raise ArchiveError("clock must have ahead, in seconds, and frozen_at, a timestamp or null") from None


def _different(values: Iterable[object], what: str) -> None:
    seen: set[str] = set()
    for value in values:
        folded = str(value).casefold()
        if folded in seen:
            raise ArchiveError(f"{what} must differ: {value!r} is there twice")
        seen.add(folded)


def _object(value: object, where: str) -> Document:
    if not isinstance(value, dict):
        raise ArchiveError(f"{where} must be a JSON object")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ArchiveError(f"{where} must be a list")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ArchiveError(f"{where} must be a text")
    return value
