"""What Graph's answers are made of, as far as anything is decided by them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import isodate

# Property names that mean the same wherever we read them, and their types in Microsoft's description of v1.0.
# All but an entity's own id may be null. https://learn.microsoft.com/graph/api/overview
TEXT = frozenset(
    {
        "action", "appScopeId", "createdUsing", "department", "description", "directoryScopeId", "displayName",
        "givenName", "id", "jobTitle", "justification", "mailNickname", "memberType",
        "principalId", "roleDefinitionId", "status", "surname", "targetScheduleId", "ticketNumber", "ticketSystem",
        "type", "uniqueName", "usageLocation", "userPrincipalName",
    }
)  # fmt: skip
FLAGS = frozenset({"accountEnabled", "isAssignableToRole", "isBuiltIn"})
MOMENTS = frozenset({"createdDateTime", "endDateTime", "startDateTime"})
DURATIONS = frozenset({"duration", "maximumDuration"})
OBJECTS = frozenset({"createdBy", "expiration", "policy", "scheduleInfo", "ticketInfo", "user"})
LISTS = frozenset({"rules"})


def misfit(document: dict[str, Any]) -> str | None:
    """Say which property of an answer, however deep, is not of its type; None when all are."""
    waiting: list[Any] = [document]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, list):
            waiting.extend(inner)
        elif isinstance(inner, dict):
            for name, value in inner.items():
                wanted = _wanted(name)
                if value is not None and wanted is not None and not _is(wanted, value):
                    return f"{name} is {_named(value)}, not {wanted}"
                waiting.append(value)
    return None


def lacks(document: dict[str, Any], wants: Sequence[str]) -> str | None:
    """Return the first of some names that a document has nothing under; None when it has them all."""
    return next((name for name in wants if document.get(name) in (None, "")), None)


def _wanted(name: str) -> str | None:
    if name in TEXT:
        return "text"
    if name in FLAGS:
        return "true or false"
    if name in MOMENTS:
        return "a moment with its zone"
    if name in DURATIONS:
        return "a duration"
    if name in OBJECTS:
        return "an object"
    return "a list" if name in LISTS else None


def _is(wanted: str, value: Any) -> bool:
    match wanted:
        case "text":
            return isinstance(value, str)
        case "true or false":
            return isinstance(value, bool)
        case "an object":
            return isinstance(value, dict)
        case "a list":
            return isinstance(value, list)
        case "a duration":
            return isinstance(value, str) and _reads(isodate.parse_duration, value)
        case _:
            return isinstance(value, str) and _reads(_moment, value)


def _moment(text: str) -> None:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a moment without its zone")


def _reads(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _named(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return "other text"
