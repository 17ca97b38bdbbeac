"""How soon a read shows what was written: Entra answers reads from replicas that may lag behind.

https://learn.microsoft.com/entra/architecture/architecture#data-consistency
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter

from entra_emulator.directory.objects import GROUP, OBJECT_RELATIONS, OBJECT_TYPES, USER
from entra_emulator.directory.schedules import ASSIGNMENT, ELIGIBILITY, KINDS
from entra_emulator.directory.store import Collection, Document, Partition, Store
from entra_emulator.directory.tenant import Tenant

# What a collection is called here, and where its rows are in the store: in collections of documents, or in relations.
_PLACES = {
    "users": (USER.active.name,),
    "groups": (GROUP.active.name,),
    "relationships": OBJECT_RELATIONS,
    "deletedItems": tuple(each.deleted.name for each in OBJECT_TYPES),
    "eligibilitySchedules": (ELIGIBILITY.schedules.name,),
    "assignmentSchedules": (ASSIGNMENT.schedules.name,),
    "requests": tuple(kind.requests.name for kind in KINDS),
}
COLLECTIONS = tuple(_PLACES)
_YEAR = timedelta(days=365).total_seconds()

_Key = tuple[str, ...]
"""What names a row in its place: a document's id, or a link's source and target."""
_Row = tuple[int, Document]
"""A document with its place in the order of its collection; a link is a row with nothing in it."""
_LINK: _Row = (0, {})
_ORDER = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Lag:
    """How long reads of a collection do not show a write: for so many reads, or for so many seconds."""

    collection: str
    reads: int | None
    seconds: float | None


@dataclass(slots=True, eq=False)
class _Change:
    """One write that readers do not see yet; ``before`` is the row as it was, ``None`` where there was none."""

    before: _Row | None
    reads: int | None
    until: datetime | None

    def is_hidden(self, now: datetime) -> bool:
        return bool(self.reads) if self.until is None else now < self.until


_Changes = dict[str, dict[_Key, list[_Change]]]
"""By place and row, in the order of writing."""


class Pace:
    """Which collections lag, and what of them readers do not see yet."""

    def __init__(self, store: Store, turn: threading.RLock) -> None:
        """Show everything at once."""
        self._store = store
        self._turn = turn
        self._lags: dict[str, Lag] = {}
        self._changes: dict[str, _Changes] = {}

    def lag(self, collection: str, *, reads: int | None = None, seconds: float | None = None) -> None:
        """Have reads of a collection show each write to come only after so many reads, or so many seconds.

        Raises:
            ValueError: there is no such collection, or not exactly one positive number.
        """
        if collection not in COLLECTIONS:
            raise ValueError(f"there is no collection {collection!r} that can lag, only {', '.join(COLLECTIONS)}")
        if (reads is None) == (seconds is None):
            raise ValueError("a lag is either a number of reads or of seconds")
        if reads is not None and (type(reads) is not int or reads < 1):
            raise ValueError(f"reads must be a whole number from 1 on, not {reads!r}")
        if seconds is not None and (type(seconds) not in (int, float) or not 0 < seconds <= _YEAR):
            raise ValueError(f"seconds must be a number above 0, and at most a year's, not {seconds!r}")
        with self._turn:
            self._lags[collection] = Lag(collection, reads, seconds)

    @property
    def lags(self) -> list[Lag]:
        """The lags that are set, a collection each."""
        with self._turn:
            return list(self._lags.values())

    def clear(self) -> None:
        """Show everything at once, what was written before included."""
        with self._turn:
            self._lags.clear()
            self._changes.clear()

    def forget(self) -> None:
        """Show what was written before; writes to come lag as they did."""
        with self._turn:
            self._changes.clear()

    @contextmanager
    def reading(self, tenant: Tenant) -> Iterator[Tenant]:
        """Show a read the tenant as it is seen now, and count the read for what it did not get to see."""
        changes = self._changes.get(tenant.id)
        if not changes:
            yield tenant
            return
        replica = _Replica(self._store, tenant, changes)
        try:
            yield replace(tenant, store=replica)
        finally:
            replica.end_read()
            self._changes[tenant.id] = _still_hidden(changes, tenant.now)

    @contextmanager
    def writing(self, tenant: Tenant) -> Iterator[Tenant]:
        """Show a write the tenant as it is, and keep how what it changes looked before, unless it fails."""
        if not self._lags:
            yield tenant
            return
        lags = {place: lag for lag in self._lags.values() for place in _PLACES[lag.collection]}
        watched = _Watched(self._store, tenant.id, lags)
        yield replace(tenant, store=watched)
        changes = _still_hidden(self._changes.get(tenant.id, {}), tenant.now)
        for (place, key), before in watched.before.items():
            lag = lags[place]
            until = None if lag.seconds is None else tenant.now + timedelta(seconds=lag.seconds)
            changes.setdefault(place, {}).setdefault(key, []).append(_Change(before, lag.reads, until))
        self._changes[tenant.id] = changes


class _Watched(Partition):
    """A tenant's documents, and how those that were changed looked before."""

    def __init__(self, store: Store, tenant: str, places: Iterable[str]) -> None:
        """Watch the changes of some places."""
        super().__init__(store, tenant)
        self._places = frozenset(places)
        self.before: dict[tuple[str, _Key], _Row | None] = {}

    def add(self, collection: Collection, document: Document) -> None:
        self._note(collection, document["id"])
        super().add(collection, document)

    def put(self, collection: Collection, document: Document) -> None:
        self._note(collection, document["id"])
        super().put(collection, document)

    def remove(self, collection: Collection, key: str) -> None:
        self._note(collection, key)
        super().remove(collection, key)

    def link(self, relation: str, source: str, target: str) -> bool:
        is_new = super().link(relation, source, target)
        if is_new:
            self._note_link(relation, source, target, None)
        return is_new

    def unlink(self, relation: str, source: str, target: str) -> bool:
        was_there = super().unlink(relation, source, target)
        if was_there:
            self._note_link(relation, source, target, _LINK)
        return was_there

    def unlink_all(self, relation: str, key: str) -> None:
        for target in self.targets(relation, key):
            self._note_link(relation, key, target, _LINK)
        for source in self.sources(relation, key):
            self._note_link(relation, source, key, _LINK)
        super().unlink_all(relation, key)

    def _note(self, collection: Collection, key: str) -> None:
        where = collection.name, (key.casefold(),)
        if collection.name not in self._places or where in self.before:
            return
        sequence, document = self._sequence(collection, key), self.get(collection, key)
        self.before[where] = None if sequence is None or document is None else (sequence, document)

    def _note_link(self, relation: str, source: str, target: str, before: _Row | None) -> None:
        if relation in self._places:
            self.before.setdefault((relation, (source.casefold(), target.casefold())), before)


class _Replica(Partition):
    """A tenant's documents as a reader sees them: without the changes that are hidden from it."""

    def __init__(self, store: Store, tenant: Tenant, changes: _Changes) -> None:
        """Look at a tenant at one moment."""
        super().__init__(store, tenant.id)
        self._changes = changes
        self._now = tenant.now
        self._missed: set[_Change] = set()

    def end_read(self) -> None:
        """Count the read for every change that it came across and did not see."""
        for change in self._missed:
            if change.reads is not None:
                change.reads -= 1

    def get(self, collection: Collection, key: str) -> Document | None:
        hidden = self._hidden(collection.name, (key.casefold(),))
        if not hidden:
            return super().get(collection, key)
        self._missed.update(hidden)
        before = hidden[0].before
        return deepcopy(before[1]) if before else None

    def find(self, collection: Collection, property_name: str, value: str) -> Iterator[tuple[int, Document]]:
        found = super().find(collection, property_name, value)
        if property_name == "id":
            return found
        return self._seen(collection, found, lambda row: _has(row[1], property_name, value))

    def scan(self, collection: Collection, after: int = 0) -> Iterator[tuple[int, Document]]:
        return self._seen(collection, super().scan(collection, after), lambda row: row[0] > after)

    def targets(self, relation: str, source: str) -> list[str]:
        return self._linked(relation, super().targets(relation, source), source, own=0)

    def sources(self, relation: str, target: str) -> list[str]:
        return self._linked(relation, super().sources(relation, target), target, own=1)

    def _hidden(self, place: str, key: _Key) -> list[_Change]:
        """Find the changes of a row that are not seen yet: the row is seen as it was before the first of them."""
        return [change for change in self._changes.get(place, {}).get(key, ()) if change.is_hidden(self._now)]

    def _all_hidden(self, place: str) -> dict[_Key, list[_Change]]:
        found = {key: self._hidden(place, key) for key in self._changes.get(place, {})}
        return {key: hidden for key, hidden in found.items() if hidden}

    def _seen(self, collection: Collection, rows: Iterator[_Row], fits: Callable[[_Row], bool]) -> Iterator[_Row]:
        """Put the rows as they were, those that fit, in the place of the rows as they are."""
        hidden = self._all_hidden(collection.name)
        before = [row for row in (changes[0].before for changes in hidden.values()) if row and fits(row)]
        for row in heapq.merge(rows, sorted(before, key=_ORDER), key=_ORDER):
            changes = hidden.get((row[1]["id"].casefold(),))
            if changes is None:
                yield row
                continue
            self._missed.update(changes)
            if row is changes[0].before:
                yield deepcopy(row)

    def _linked(self, relation: str, linked: list[str], end: str, own: int) -> list[str]:
        """Put the links as they were in the place of the links as they are; ``own`` is the end that was asked about."""
        seen = set(linked)
        for key, changes in self._all_hidden(relation).items():
            if key[own] == end.casefold():
                self._missed.update(changes)
                (seen.discard if changes[0].before is None else seen.add)(key[1 - own])
        return sorted(seen)


def _has(document: Document, property_name: str, value: str) -> bool:
    """Tell whether the store would find a document by a value of a key."""
    kept = document.get(property_name)
    return kept is not None and str(kept).casefold() == value.casefold()


def _still_hidden(changes: _Changes, now: datetime) -> _Changes:
    """Drop what readers see by now."""
    kept = {
        place: {key: [each for each in row if each.is_hidden(now)] for key, row in rows.items()}
        for place, rows in changes.items()
    }
    return {place: found for place, rows in kept.items() if (found := {key: row for key, row in rows.items() if row})}
