"""What may be written to an object's properties, one by one, and Graph's words for what may not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entra_emulator.directory import moments
from entra_emulator.directory.store import Document
from entra_emulator.refusals import Detail, Refusal, bad_request, not_emulated

_EDM_TYPES = {str: "Edm.String", bool: "Edm.Boolean"}


@dataclass(frozen=True, slots=True)
class Property:
    """A property that can be written.

    ``kind`` is the JSON type of its value (``list`` stands for a list of strings); ``limit`` is the greatest length in
    characters, or number of items; a ``required`` one cannot be left out of a new object nor emptied later.
    """

    kind: type
    limit: int | None = None
    pattern: re.Pattern[str] | None = None
    required: bool = False
    moment: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """The properties of a type: those that can be written, and the names of all that it has."""

    resource: str
    writable: Mapping[str, Property]
    read_only: frozenset[str]
    known: frozenset[str]
    required_message: str = "A value is required for property '{name}' of resource '{resource}'."

    def check_new(self, body: Document) -> Document:
        """Take the properties of a new object out of a request's body.

        Raises:
            Refusal: 400 for what is missing, unknown, read-only or no value for its property.
        """
        changes = self.check_changes(body)
        for name, declared in self.writable.items():
            if declared.required and name not in changes:
                raise self._required(name)
        return changes

    def check_changes(self, body: Document) -> Document:
        """Take the changed properties of an object out of a request's body.

        Raises:
            Refusal: as for ``check_new``; 501 for a property that Graph can write and this emulator cannot.
        """
        return {name: self._check(name, value) for name, value in body.items() if "@" not in name}

    def _check(self, name: str, value: Any) -> Any:
        if name in self.read_only:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.")
        declared = self.writable.get(name)
        if declared is None:
            if name in self.known:
                raise not_emulated(f"writing the property '{name}' of a {self.resource.lower()}")
            raise unknown_property(name, self.resource)
        if value is None:
            if declared.required:
                raise self._required(name)
            return [] if declared.kind is list else None
        self._check_kind(name, declared, value)
        return value

    def _check_kind(self, name: str, declared: Property, value: Any) -> None:
        if not isinstance(value, declared.kind):
            expected = _EDM_TYPES.get(declared.kind, "Collection(Edm.String)")
            raise Refusal(
                400, "Request_BadRequest", f"Cannot convert the value of '{name}' to the expected type '{expected}'."
            )
        if isinstance(value, list):
            fits = all(isinstance(item, str) and item for item in value)
        elif isinstance(value, str):
            # Graph empties a property with null; "" is refused.
            fits = bool(value) and (declared.pattern is None or declared.pattern.fullmatch(value) is not None)
            fits = fits and (not declared.moment or _is_moment(value))
        else:
            fits = True
        if isinstance(value, str | list) and declared.limit is not None:
            fits = fits and len(value) <= declared.limit
        if not fits:
            raise self.invalid(name)

    def invalid(self, name: str) -> Refusal:
        """Name the 400 for a value that a property does not take."""
        message = f"Invalid value specified for property '{name}' of resource '{self.resource}'."
        return bad_request(message, Detail("InvalidValue", message, name))

    def _required(self, name: str) -> Refusal:
        return bad_request(self.required_message.format(name=name, resource=self.resource))


def unknown_property(name: str, resource: str) -> Refusal:
    """Name the 400 for a property that the type does not have."""
    return bad_request(
        f"The property '{name}' does not exist on type 'microsoft.graph.{resource[0].lower()}{resource[1:]}'. "
        "Make sure to only use property names that are defined by the type."
    )


def _is_moment(text: str) -> bool:
    try:
        moments.read(text)
    except ValueError:
        return False
    return True
