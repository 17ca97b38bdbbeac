"""A review as a JSON document, described by ``review.schema.json`` beside this file."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Any

from ..model import Review

SCHEMA_VERSION = "1.0"
"""The second number grows when something is added, the first when something that was there changes."""


def render(review: Review) -> str:
    """Write a review, a line for each thing in it, names whole and as they are.

    In ASCII, so that no character can do anything to a terminal.
    """
    members = {"schemaVersion": SCHEMA_VERSION, **_plain(review)}
    return "{\n" + ",\n".join(f'"{name}": {_lines(value)}' for name, value in members.items()) + "\n}\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of these documents."""
    text = resources.files(__package__).joinpath("review.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _lines(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n]"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        kind: Any = type(value)
        return {key: _plain(getattr(value, name)) for name, key in _keys(kind)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


@cache
def _keys(of: type[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, _camel(field.name)) for field in fields(of))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)
