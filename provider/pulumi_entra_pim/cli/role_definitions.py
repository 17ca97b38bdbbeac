"""Directory roles by what people call them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..graph.client import Document, Operation
from ..roles import BuiltInRole, role_name
from .endings import Unclear

_PATH = "/roleManagement/directory/roleDefinitions"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Role:
    """A directory role; the id is in lower case."""

    id: str
    name: str


def is_id(text: str) -> bool:
    """Say whether a text is an id of Entra's."""
    return _GUID.fullmatch(text) is not None


def role(operation: Operation, name: str) -> Role:
    """Find the one role that is meant; raise Unclear, with the candidates, for none and for several.

    An id and a built-in role's whole name cost no call: both are the same in every tenant.
    """
    if is_id(name):
        return Role(name.lower(), role_name(name))
    built_in = next((each for each in BuiltInRole if role_name(each).casefold() == name.casefold()), None)
    if built_in is not None:
        return Role(str(built_in), role_name(built_in))
    return _the_one(name, search(operation, name))


def search(operation: Operation, words: str) -> list[Document]:
    """Return the role definitions whose names hold all the words, by name; all of them for no words."""
    wanted = words.casefold().split()
    found = (each for each in operation.pages(_PATH) if all(word in _name(each).casefold() for word in wanted))
    return sorted(found, key=lambda each: _name(each).casefold())


def _the_one(name: str, found: Iterable[Document]) -> Role:
    roles = [Role(str(each["id"]).lower(), _name(each)) for each in found]
    exact = [each for each in roles if each.name.casefold() == name.casefold()]
    if len(exact) == 1:
        return exact[0]
    candidates = exact or roles
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise Unclear(f"there is no directory role {name!r}: entra-pim roles lists them")
    listed = ", ".join(f"{each.name} ({each.id})" for each in candidates)
    raise Unclear(f"{name!r} may be any of {len(candidates)} roles: {listed}")


def _name(document: Document) -> str:
    return str(document.get("displayName") or document["id"])
