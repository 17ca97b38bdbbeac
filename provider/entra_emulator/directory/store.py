"""Where the directory is kept: documents, their keys, the links between them and what is due, in one SQLite database.

One Graph write is one transaction, committed before it is answered. In WAL mode with ``synchronous=NORMAL`` a process
killed at any moment loses nothing that was committed (https://www.sqlite.org/wal.html).
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MEMORY = ":memory:"
_FORMAT = 1
_SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entities (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, collection TEXT NOT NULL, id TEXT NOT NULL,
  document TEXT NOT NULL, UNIQUE (tenant, collection, id));
CREATE INDEX entities_in_order ON entities (tenant, collection, sequence);
CREATE TABLE keys (
  tenant TEXT NOT NULL, collection TEXT NOT NULL, property TEXT NOT NULL, value TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (tenant, collection, property, value, sequence)) WITHOUT ROWID;
CREATE INDEX keys_of_entity ON keys (sequence);
CREATE TABLE links (
  tenant TEXT NOT NULL, relation TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL,
  PRIMARY KEY (tenant, relation, source, target)) WITHOUT ROWID;
CREATE INDEX links_back ON links (tenant, relation, target, source);
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, tenant TEXT NOT NULL, event TEXT NOT NULL,
  id TEXT NOT NULL);
CREATE INDEX events_in_order ON events (due, sequence);
"""
_CLEAR = (
    "DELETE FROM settings",
    "DELETE FROM entities",
    "DELETE FROM keys",
    "DELETE FROM links",
    "DELETE FROM events",
)

Document = dict[str, Any]
_BEYOND = 2**63 - 1


class StoreError(Exception):
    """The database cannot be used; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents of one kind, each with an ``id``; ``keys`` are the properties that are looked up by their value."""

    name: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that time does to a document of a tenant."""

    due: datetime
    tenant: str
    name: str
    id: str


class Snapshot:
    """A copy of a whole store, in memory."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.connection = sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self.connection.close)


class Store:
    """All tenants' documents. Not safe for two threads at once: the caller takes turns."""

    def __init__(self, path: str) -> None:
        """Open or make the database at ``path``; ``:memory:`` keeps it in memory, otherwise alike.

        Raises:
            StoreError: the file cannot be written, is no such database, is damaged, or is in use.
        """
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
            weakref.finalize(self, self._connection.close)
            # One process owns the file: a second one is told so at once instead of sharing a clock it does not know.
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            # The write that moves the log into the database waits for the disk: not every hundredth, as by default.
            self._connection.execute("PRAGMA wal_autocheckpoint = 10000")
            self._prepare(path)
        except sqlite3.Error as error:
            raise StoreError(f"{path} cannot be used as the emulator's database: {error}") from error
        # The earliest moment at which an event may be due: asking costs nothing while there is none.
        self._next_due = float("-inf")

    def _prepare(self, path: str) -> None:
        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_FORMAT}; COMMIT;")
        elif found != _FORMAT:
            raise StoreError(f"{path} has the format of another version of the emulator ({found}, not {_FORMAT})")
        verdict = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise StoreError(f"{path} is damaged: {verdict}")

    def close(self) -> None:
        """Write everything to the database file and let go of it."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all writes of the block, or none of them when it raises."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def clear(self) -> None:
        """Forget every document, link, event and setting."""
        for statement in _CLEAR:
            self._connection.execute(statement)
        self._next_due = float("-inf")

    def copy(self) -> Snapshot:
        """Take a copy of everything, to be given to ``restore``."""
        snapshot = Snapshot()
        self._connection.backup(snapshot.connection)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Become what ``copy`` took."""
        snapshot.connection.backup(self._connection)
        self._next_due = float("-inf")

    def setting(self, name: str) -> str | None:
        """Read a setting of the emulator itself."""
        row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set(self, name: str, value: str) -> None:
        """Keep a setting of the emulator itself."""
        self._connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def is_due(self, now: datetime) -> bool:
        """Tell whether an event may be due, without asking the database."""
        return now.timestamp() >= self._next_due

    def next_event(self, now: datetime) -> Event | None:
        """Take the earliest event that is due, if any; it is gone once the surrounding transaction is committed."""
        row = self._connection.execute(
            "SELECT sequence, due, tenant, event, id FROM events ORDER BY due, sequence LIMIT 1"
        ).fetchone()
        self._next_due = row[1] if row else float("inf")
        if row is None or now.timestamp() < row[1]:
            return None
        self._connection.execute("DELETE FROM events WHERE sequence = ?", (row[0],))
        return Event(datetime.fromtimestamp(row[1], UTC), *row[2:])

    def tenants(self, collection: Collection) -> list[str]:
        """List the tenants that hold a document of the collection."""
        # From tenant to tenant along the index: a scan would read every entity.
        rows = self._connection.execute(
            "WITH RECURSIVE each(tenant) AS (SELECT min(tenant) FROM entities UNION ALL"
            " SELECT (SELECT min(tenant) FROM entities WHERE tenant > each.tenant) FROM each"
            " WHERE each.tenant IS NOT NULL)"
            " SELECT each.tenant FROM each JOIN entities USING (tenant) WHERE collection = ?"
            " GROUP BY each.tenant ORDER BY min(sequence)",
            (collection.name,),
        )
        return [row[0] for row in rows]

    def tenant(self, tenant: str) -> Partition:
        """Bind every further question and answer to one tenant."""
        return Partition(self, tenant)


class Partition:
    """The documents of one tenant. Ids and keys are compared without case."""

    def __init__(self, store: Store, tenant: str) -> None:
        """Bind to a tenant of a store."""
        self._store = store
        self._connection = store._connection
        self._tenant = tenant

    def get(self, collection: Collection, key: str) -> Document | None:
        """Read a document by its id."""
        row = self._connection.execute(
            "SELECT document FROM entities WHERE tenant = ? AND collection = ? AND id = ?",
            (self._tenant, collection.name, key.casefold()),
        ).fetchone()
        return json.loads(row[0]) if row else None

    def find(self, collection: Collection, property_name: str, value: str) -> Iterator[tuple[int, Document]]:
        """Read the documents with a value of a key, oldest first, each with its place in the collection."""
        if property_name == "id":
            document = self.get(collection, value)
            if document is not None:
                yield 1, document
            return
        rows = self._connection.execute(
            "SELECT sequence, document FROM keys JOIN entities USING (sequence)"
            " WHERE keys.tenant = ? AND keys.collection = ? AND property = ? AND value = ? ORDER BY sequence",
            (self._tenant, collection.name, property_name, value.casefold()),
        )
        for sequence, document in rows:
            yield sequence, json.loads(document)

    def scan(self, collection: Collection, after: int = 0) -> Iterator[tuple[int, Document]]:
        """Read the documents behind a place in the collection, oldest first, each with its place."""
        rows = self._connection.execute(
            "SELECT sequence, document FROM entities WHERE tenant = ? AND collection = ? AND sequence > ?"
            " ORDER BY sequence",
            (self._tenant, collection.name, after),
        )
        for sequence, document in rows:
            yield sequence, json.loads(document)

    def newest(self, collection: Collection, before: int | None, limit: int) -> list[tuple[int, Document]]:
        """Read some documents from before a place in the collection, newest first, each with its place."""
        rows = self._connection.execute(
            "SELECT sequence, document FROM entities WHERE tenant = ? AND collection = ? AND sequence < ?"
            " ORDER BY sequence DESC LIMIT ?",
            (self._tenant, collection.name, _BEYOND if before is None else before, limit),
        )
        return [(sequence, json.loads(document)) for sequence, document in rows]

    def search(
        self, collection: Collection, key: str, text: str, after: tuple[str, int], limit: int
    ) -> list[tuple[tuple[str, int], Document]]:
        """Read some documents with a text in any of their keys, in the order of one key, each with its place in it."""
        rows = self._connection.execute(
            "SELECT value, sequence, document FROM keys JOIN entities USING (sequence)"
            " WHERE keys.tenant = ? AND keys.collection = ? AND property = ? AND (value, sequence) > (?, ?)"
            " AND EXISTS (SELECT 1 FROM keys AS every WHERE every.sequence = keys.sequence AND instr(every.value, ?))"
            " ORDER BY value, sequence LIMIT ?",
            (self._tenant, collection.name, key, *after, text.casefold(), limit),
        )
        return [((value, sequence), json.loads(document)) for value, sequence, document in rows]

    def count(self, collection: Collection) -> int:
        """Count the documents of a collection."""
        row = self._connection.execute(
            "SELECT count(*) FROM entities WHERE tenant = ? AND collection = ?", (self._tenant, collection.name)
        ).fetchone()
        return int(row[0])

    def add(self, collection: Collection, document: Document) -> None:
        """Keep a new document."""
        sequence = self._connection.execute(
            "INSERT INTO entities (tenant, collection, id, document) VALUES (?, ?, ?, ?)",
            (self._tenant, collection.name, document["id"].casefold(), _write(document)),
        ).lastrowid
        self._index(collection, document, sequence)

    def put(self, collection: Collection, document: Document) -> None:
        """Keep a document in place of the one with the same id, or as a new one."""
        sequence = self._sequence(collection, document["id"])
        if sequence is None:
            self.add(collection, document)
            return
        self._connection.execute("UPDATE entities SET document = ? WHERE sequence = ?", (_write(document), sequence))
        self._connection.execute("DELETE FROM keys WHERE sequence = ?", (sequence,))
        self._index(collection, document, sequence)

    def remove(self, collection: Collection, key: str) -> None:
        """Forget a document; its links stay."""
        sequence = self._sequence(collection, key)
        self._connection.execute("DELETE FROM entities WHERE sequence = ?", (sequence,))
        self._connection.execute("DELETE FROM keys WHERE sequence = ?", (sequence,))

    def link(self, relation: str, source: str, target: str) -> bool:
        """Draw a link; False when it was there."""
        done = self._connection.execute(
            "INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?)",
            (self._tenant, relation, source.casefold(), target.casefold()),
        )
        return done.rowcount > 0

    def unlink(self, relation: str, source: str, target: str) -> bool:
        """Undo a link; False when it was not there."""
        done = self._connection.execute(
            "DELETE FROM links WHERE tenant = ? AND relation = ? AND source = ? AND target = ?",
            (self._tenant, relation, source.casefold(), target.casefold()),
        )
        return done.rowcount > 0

    def unlink_all(self, relation: str, key: str) -> None:
        """Undo every link of a relation from and to an id."""
        ends = (self._tenant, relation, key.casefold())
        self._connection.execute("DELETE FROM links WHERE tenant = ? AND relation = ? AND source = ?", ends)
        self._connection.execute("DELETE FROM links WHERE tenant = ? AND relation = ? AND target = ?", ends)

    def targets(self, relation: str, source: str) -> list[str]:
        """List what an id is linked to."""
        rows = self._connection.execute(
            "SELECT target FROM links WHERE tenant = ? AND relation = ? AND source = ? ORDER BY target",
            (self._tenant, relation, source.casefold()),
        )
        return [row[0] for row in rows]

    def sources(self, relation: str, target: str) -> list[str]:
        """List what is linked to an id."""
        rows = self._connection.execute(
            "SELECT source FROM links WHERE tenant = ? AND relation = ? AND target = ? ORDER BY source",
            (self._tenant, relation, target.casefold()),
        )
        return [row[0] for row in rows]

    def links(self) -> Iterator[tuple[str, str, str]]:
        """Read every link: its relation, source and target."""
        yield from self._connection.execute(
            "SELECT relation, source, target FROM links WHERE tenant = ? ORDER BY relation, source, target",
            (self._tenant,),
        )

    def events(self) -> Iterator[Event]:
        """Read every event, the earliest first."""
        rows = self._connection.execute(
            "SELECT due, tenant, event, id FROM events WHERE tenant = ? ORDER BY due, sequence", (self._tenant,)
        )
        for due, *rest in rows:
            yield Event(datetime.fromtimestamp(due, UTC), *rest)

    def schedule(self, due: datetime, event: str, key: str) -> None:
        """Have something done to an id when its time comes."""
        timestamp = due.timestamp()
        self._connection.execute(
            "INSERT INTO events (due, tenant, event, id) VALUES (?, ?, ?, ?)",
            (timestamp, self._tenant, event, key),
        )
        self._store._next_due = min(self._store._next_due, timestamp)

    def _sequence(self, collection: Collection, key: str) -> int | None:
        row = self._connection.execute(
            "SELECT sequence FROM entities WHERE tenant = ? AND collection = ? AND id = ?",
            (self._tenant, collection.name, key.casefold()),
        ).fetchone()
        return row[0] if row else None

    def _index(self, collection: Collection, document: Document, sequence: int | None) -> None:
        self._connection.executemany(
            "INSERT INTO keys VALUES (?, ?, ?, ?, ?)",
            [
                (self._tenant, collection.name, name, str(document[name]).casefold(), sequence)
                for name in collection.keys
                if document.get(name) is not None
            ],
        )


def _write(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
