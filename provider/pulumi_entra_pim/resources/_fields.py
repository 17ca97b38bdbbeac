"""What a property is: its name at Graph, what may stand in it, and what a change of it means.

A resource declares its inputs once, as an ``Args`` class of annotated fields; checks, differences and bodies for
Graph are derived from that.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Required, get_args, get_origin

from pulumi.output import Unknown

Values = dict[str, Any]
"""Property values by their Python names, as the engine sends them."""

Rule = Callable[[Any], str | None]
"""Says what is wrong with a known value, as the end of "must …"; None when nothing is."""

Same = Callable[[Any, Any], bool]


def _equal(old: Any, new: Any) -> bool:
    return bool(old == new)


@dataclass(frozen=True, slots=True)
class Field:
    """One input: how Graph calls it, its default, its rule, and whether a change replaces the resource."""

    rule: Rule
    graph: str = ""
    default: Any = None
    replaces: bool = False
    secret: bool = False
    same: Same = _equal


@dataclass(frozen=True, slots=True)
class Declared:
    """A field as an Args class declares it: with its name, and whether it must be given."""

    name: str
    field: Field
    required: bool


@cache
def declared(args: type) -> Mapping[str, Declared]:
    """Return the fields of an Args class by name, in the order of their declaration.

    Each is ``Required`` or ``NotRequired``, around ``Annotated`` with a ``Field``.
    """
    fields: dict[str, Declared] = {}
    for name, hint in args.__annotations__.items():
        origin: object = get_origin(hint)
        [annotated] = get_args(hint)
        marker = next(extra for extra in get_args(annotated)[1:] if isinstance(extra, Field))
        fields[name] = Declared(name, marker, required=origin is Required)
    return fields


def is_unknown(value: Any) -> bool:
    """Say whether a value, or a part of it, is not known before ``up``."""
    if isinstance(value, list):
        return any(is_unknown(element) for element in value)
    return isinstance(value, Unknown)


def caseless(old: Any, new: Any) -> bool:
    """Compare two ids: case does not count, an unset one is only like another unset one."""
    if isinstance(old, str) and isinstance(new, str):
        return old.casefold() == new.casefold()
    return bool(old == new)


def same_ids(old: Any, new: Any) -> bool:
    """Compare two lists of ids: neither order nor case counts."""
    if old is None or new is None:
        return old is new
    return id_set(old) == id_set(new)


def id_set(ids: list[str]) -> set[str]:
    """Return ids as Graph writes them: lower case, each once."""
    return {each.lower() for each in ids}


def flag(value: Any) -> str | None:
    """Want true or false."""
    return None if isinstance(value, bool) else "be true or false"


def text(most: int, least: int = 1) -> Rule:
    """Want a string of a length."""

    def rule(value: Any) -> str | None:
        if not isinstance(value, str):
            return "be a string"
        if not least <= len(value) <= most:
            return f"have {least} to {most} characters; this has {len(value)}"
        return None

    return rule


_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def guid(value: Any) -> str | None:
    """Want an object id: a GUID, not a name."""
    if isinstance(value, str) and _GUID.fullmatch(value):
        return None
    return f"be an object id (a GUID); {value!r} is not one"


def guids(most: int | None = None) -> Rule:
    """Want a list of object ids, each once."""

    def rule(value: Any) -> str | None:
        if not isinstance(value, list):
            return "be a list of object ids"
        known = [each for each in value if not is_unknown(each)]
        for each in known:
            problem = guid(each)
            if problem:
                return problem
        if len(id_set(known)) != len(known):
            return "name each object once"
        if most is not None and len(value) > most:
            return f"have at most {most} entries, Graph's limit; this has {len(value)}"
        return None

    return rule


# Printable ASCII without what Graph forbids: https://learn.microsoft.com/graph/api/group-post-groups
_NICKNAME = re.compile(r"[!#$%&'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}")


def mail_nickname(value: Any) -> str | None:
    """Want a mail alias: 1 to 64 ASCII characters, none of ``@()\\[]";:<>,`` nor a space."""
    if isinstance(value, str) and _NICKNAME.fullmatch(value):
        return None
    return f'have 1 to 64 ASCII characters, none of @()\\[]";:<>, and no space; {value!r} has not'
