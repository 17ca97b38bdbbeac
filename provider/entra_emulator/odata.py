"""OData as Graph speaks it: query options, and what of an entity is shown.

https://learn.microsoft.com/graph/query-parameters
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.refusals import Refusal, bad_request, not_emulated

_OPTIONS = ("select", "filter", "expand", "top", "orderby", "search", "count", "skiptoken")
_LARGEST_PAGE = 999


@dataclass(frozen=True, slots=True)
class Options:
    """The system query options of a request, read but not yet applied; ``expand`` maps a name to its own options."""

    select: tuple[str, ...] = ()
    filter: str | None = None
    expand: Mapping[str, Options] = field(default_factory=dict)
    top: int | None = None
    order_by: str | None = None
    search: str | None = None
    count: bool = False
    skip_token: str | None = None


Expansion = Callable[[Tenant, Document, Options], object]


@dataclass(frozen=True, slots=True)
class EntityType:
    """What a type's entities show, and what they can be asked by.

    ``default`` are the properties of an answer without ``$select``; ``lists`` those that are empty rather than null;
    ``expansions`` the navigation properties. Directory objects take some questions only with
    ``ConsistencyLevel: eventual``, and compare texts without case, which roles and schedules do not.
    """

    name: str
    default: tuple[str, ...]
    properties: frozenset[str]
    filterable: frozenset[str]
    expansions: Mapping[str, Expansion] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    is_directory_object: bool = False

    def show(self, tenant: Tenant, document: Document, options: Options) -> Document:
        """Pick what is asked for out of a stored document.

        Raises:
            Refusal: 400 BadRequest for a property that the type does not have; 501 for what cannot be expanded here.
        """
        names = options.select or self.default
        for name in options.select:
            if name not in self.properties:
                raise self.no_property(name)
        for name in options.expand:
            if name not in self.expansions:
                raise not_emulated(f"$expand={name} of a {self.name}")
        shown = {name: document.get(name, [] if name in self.lists else None) for name in names}
        for name, inner in options.expand.items():
            shown[name] = self.expansions[name](tenant, document, inner)
        return shown

    def no_property(self, name: str) -> Refusal:
        """Name the 400 for a question about a property that the type does not have."""
        return Refusal(
            400,
            "BadRequest",
            "Parsing OData Select and Expand failed: "
            f"Could not find a property named '{name}' on type 'microsoft.graph.{self.name}'.",
        )


def read_options(query: str) -> Options:
    """Read the query of a request; the ``$`` of an option may be left out.

    Raises:
        Refusal: 400 for an option that is unknown, or whose value cannot be.
    """
    return _options(parse_qsl(query, keep_blank_values=True)) if query else Options()


def _options(pairs: list[tuple[str, str]]) -> Options:
    found: dict[str, str] = {}
    for name, value in pairs:
        option = name.removeprefix("$").casefold()
        if option in _OPTIONS:
            found[option] = value
        elif name == "$skip":
            raise bad_request("'$skip' is not supported by the service.")
        elif name.startswith("$"):
            raise Refusal(400, "BadRequest", f"The query parameter '{name}' is not supported.")
    return Options(
        select=tuple(_names(found.get("select", ""))),
        filter=found.get("filter"),
        expand={name: inner for part in _split(found.get("expand", ""), ",") for name, inner in [_expand(part)]},
        top=_top(found["top"]) if "top" in found else None,
        order_by=found.get("orderby"),
        search=found.get("search"),
        count=found.get("count", "").casefold() == "true",
        skip_token=found.get("skiptoken"),
    )


def _expand(part: str) -> tuple[str, Options]:
    name, parenthesis, inner = part.partition("(")
    if not parenthesis:
        return name.strip(), Options()
    pairs = [tuple(option.split("=", 1)) for option in _split(inner.rstrip(") "), ";")]
    return name.strip(), _options([(pair[0].strip(), pair[1]) for pair in pairs if len(pair) == 2])


def _split(text: str, separator: str) -> Iterator[str]:
    """Split at the separators that stand outside of parentheses."""
    depth, begin = 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == separator and depth == 0:
            yield text[begin:place]
            begin = place + 1
    if text[begin:].strip():
        yield text[begin:]


def _names(text: str) -> Iterator[str]:
    return (name.strip() for name in text.split(",") if name.strip())


def _top(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST_PAGE:
        raise bad_request(f"Invalid page size specified: '{text}'. Must be between 1 and {_LARGEST_PAGE} inclusive.")
    return int(text)
