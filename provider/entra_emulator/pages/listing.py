"""Long lists, a page at a time: each says where its next page begins, and no page costs more than another."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from entra_emulator.directory.objects import ObjectType
from entra_emulator.directory.schedules import Kind
from entra_emulator.directory.store import Collection, Document
from entra_emulator.directory.tenant import Tenant

PAGE = 50

Item = TypeVar("Item")
Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Part(Generic[Item, Place]):
    """A page of a list, and the place at which the next one begins; ``None`` at the end."""

    items: Sequence[Item]
    next_place: Place | None


def by_name(
    tenant: Tenant, object_type: ObjectType, text: str, after: tuple[str, int]
) -> Part[Document, tuple[str, int]]:
    """List the objects with a text in one of their names, by display name; ``("", 0)`` is the beginning."""
    found = tenant.store.search(object_type.active, "displayName", text, after, PAGE + 1)
    return _part([document for _, document in found], [place for place, _ in found])


def newest(
    tenant: Tenant, collections: Sequence[tuple[Kind, Collection]], before: int | None
) -> Part[tuple[Kind, Document], int]:
    """List the documents of several collections together, newest first."""
    each = (
        [(-place, kind, document) for place, document in tenant.store.newest(collection, before, PAGE + 1)]
        for kind, collection in collections
    )
    found = list(heapq.merge(*each, key=lambda item: item[0]))[: PAGE + 1]
    return _part([(kind, document) for _, kind, document in found], [-place for place, _, _ in found])


def numbered(items: Sequence[Item], skipped: int) -> Part[Item, int]:
    """Page through what is in memory already; the place is how many items come before it."""
    end = skipped + PAGE
    return Part(items[skipped:end], end if end < len(items) else None)


def _part(items: list[Item], places: list[Place]) -> Part[Item, Place]:
    """Cut off the item that was read to see whether there is more."""
    return Part(items[:PAGE], places[PAGE - 1] if len(items) > PAGE else None)
