"""How entities and collections of them are answered: context, properties, filter, count, pages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode

from entra_emulator.directory.objects import ObjectType
from entra_emulator.directory.store import Collection, Document
from entra_emulator.filters import Filter, parse
from entra_emulator.odata import EntityType, Options
from entra_emulator.refusals import Refusal, bad_request, not_emulated
from entra_emulator.routes.call import Answer, Call
from entra_emulator.routes.object_types import ENTITY_TYPES

_PAGE = 100
_SEARCH = re.compile(r'"(?P<name>\w+):(?P<text>[^"]+)"')
Places = Iterator[tuple[int, Document]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a collection's documents come from, each with its place; ``find`` looks up by one of ``keys``."""

    scan: Callable[[int], Places]
    find: Callable[[str, str], Places] = lambda _key, _value: iter(())
    keys: tuple[str, ...] = ()

    def candidates(self, wanted: Filter | None, after: int) -> Places:
        """Read what may match a filter, behind a place."""
        equal = wanted.equal if wanted else {}
        for key in self.keys:
            if key in equal:
                return (found for found in self.find(key, equal[key]) if found[0] > after)
        return self.scan(after)


def stored(call: Call, collection: Collection) -> Source:
    """Read a collection of the store."""
    store = call.tenant.store
    return Source(
        lambda after: store.scan(collection, after),
        lambda key, value: store.find(collection, key, value),
        ("id", *collection.keys),
    )


def listed(documents: Iterable[Document]) -> Source:
    """Read documents that are at hand, each placed by its position."""
    return Source(lambda after: (found for found in enumerate(documents, start=1) if found[0] > after))


def mixed(found: Iterable[tuple[ObjectType, Document]]) -> Source:
    """Read directory objects of several types, each placed by its position."""
    return listed([{"@odata.type": object_type.odata_type, **document} for object_type, document in found])


def one(call: Call, entity: EntityType, document: Document, collection: str, status: int = 200) -> Answer:
    """Answer with one entity of a collection."""
    options = call.options
    shown = entity.show(call.tenant, document, options)
    context = call.context(f"{collection}{_selected(options)}/$entity")
    return Answer(status, {"@odata.context": context, **shown})


def many(call: Call, entity: EntityType, source: Source, collection: str) -> Answer:
    """Answer with a page of a collection, filtered, ordered and counted as asked."""
    options = call.options
    found = _matching(call, entity, source, options)
    if options.order_by:
        found = _ordered(found, entity, options)
    answer: Document = {"@odata.context": call.context(f"{collection}{_selected(options)}")}
    if options.count and options.skip_token is None and (call.is_eventual or not entity.is_directory_object):
        everything = list(found)
        answer["@odata.count"] = len(everything)
        found = iter(everything)
    page, next_place = _page(found, options.top or _PAGE)
    if next_place is not None:
        answer["@odata.nextLink"] = _next_link(call, next_place)
    answer["value"] = [_row(call, entity, document, options) for document in page]
    return Answer(document=answer)


def count(call: Call, entity: EntityType, source: Source) -> Answer:
    """Answer ``$count`` with a number in plain text."""
    if entity.is_directory_object and not call.is_eventual:
        raise bad_request("$count is not currently supported.")
    found = _matching(call, entity, source, replace(call.options, count=True))
    return Answer(text=str(sum(1 for _ in found)))


def _matching(call: Call, entity: EntityType, source: Source, options: Options) -> Places:
    """Read what the filter and the search let through; of an unordered list only what is behind the page's token."""
    wanted = _wanted(call, entity, options)
    searched = _searcher(options.search)
    return (
        (place, document)
        for place, document in source.candidates(wanted, 0 if options.order_by else _place(options))
        if (wanted is None or wanted.matches(document)) and searched(document)
    )


def _row(call: Call, entity: EntityType, document: Document, options: Options) -> Document:
    odata_type = document.get("@odata.type")
    if odata_type is None:
        return entity.show(call.tenant, document, options)
    # A collection of mixed types: each row is shown as its own type, with those of the selected properties that it has.
    own = ENTITY_TYPES[odata_type.rpartition(".")[2]]
    selected = tuple(name for name in options.select if name in own.properties)
    return {"@odata.type": odata_type, **own.show(call.tenant, document, replace(options, select=selected))}


def _wanted(call: Call, entity: EntityType, options: Options) -> Filter | None:
    """Read the filter, and refuse what directory objects answer only with ``ConsistencyLevel: eventual``.

    https://learn.microsoft.com/graph/aad-advanced-queries
    """
    wanted = parse(options.filter, entity) if options.filter is not None else None
    if not entity.is_directory_object:
        return wanted
    if options.search is not None and not call.is_eventual:
        raise bad_request(
            "Request with $search query parameter only works through MSGraph with a special request header: "
            "'ConsistencyLevel: eventual'"
        )
    ordering = (options.order_by or "").strip()
    # https://learn.microsoft.com/graph/api/directory-deleteditems-list
    is_advanced = ordering.startswith("deletedDateTime")
    if wanted is not None:
        is_advanced = is_advanced or wanted.advanced or bool(ordering)
    if is_advanced and not (call.is_eventual and options.count):
        raise Refusal(400, "Request_UnsupportedQuery", "Unsupported Query.")
    return wanted


def _searcher(search: str | None) -> Callable[[Document], bool]:
    """Match ``"displayName:text"`` at the start of a word, as the directory's index does."""
    if search is None:
        return lambda _document: True
    asked = _SEARCH.fullmatch(search)
    if asked is None:
        raise not_emulated(f"$search={search}")
    name, text = asked["name"], asked["text"].casefold()
    return lambda document: any(word.startswith(text) for word in str(document.get(name) or "").casefold().split())


def _ordered(found: Places, entity: EntityType, options: Options) -> Places:
    name, _, direction = (options.order_by or "").strip().partition(" ")
    if "," in name + direction:
        raise not_emulated("$orderby by several properties")
    if name not in entity.properties:
        raise entity.no_property(name)
    documents = sorted(
        (document for _, document in found),
        key=lambda document: (document.get(name) is not None, str(document.get(name)).casefold()),
        reverse=direction.strip() == "desc",
    )
    return ((place, document) for place, document in enumerate(documents, start=1) if place > _place(options))


def _page(found: Places, size: int) -> tuple[list[Document], int | None]:
    page: list[Document] = []
    last = 0
    for place, document in found:
        if len(page) == size:
            return page, last
        page.append(document)
        last = place
    return page, None


def _next_link(call: Call, place: int) -> str:
    token = base64.urlsafe_b64encode(json.dumps({"after": place}).encode()).decode()
    query = [
        pair
        for pair in parse_qsl(call.request.query, keep_blank_values=True)
        if pair[0].removeprefix("$") != "skiptoken"
    ]
    following = urlencode([*query, ("$skiptoken", token)], quote_via=quote, safe="$")
    return f"{call.request.origin}{call.request.path}?{following}"


def _place(options: Options) -> int:
    if options.skip_token is None:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(options.skip_token))["after"])
    except (ValueError, KeyError, TypeError):
        raise Refusal(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        ) from None


def _selected(options: Options) -> str:
    names = [*options.select, *(f"{name}()" for name in options.expand)]
    return f"({','.join(names)})" if names else ""
