"""What Graph's answers are made of, as far as anything is decided by them."""

from datetime import datetime
from typing import Any

# Property names that mean the same wherever we read them, and their types in Microsoft's description of v1.0.
# All but an entity's own id may be null. https://learn.microsoft.com/graph/api/overview
TEXT = frozenset(
    {
        "action", "appScopeId", "createdUsing", "department", "description", "directoryScopeId", "displayName",
        "duration", "givenName", "id", "jobTitle", "justification", "mailNickname", "maximumDuration", "memberType",
        "principalId", "roleDefinitionId", "status", "surname", "targetScheduleId", "ticketNumber", "ticketSystem",
        "type", "uniqueName", "usageLocation", "userPrincipalName",
    }
)  # fmt: skip
FLAGS = frozenset({"accountEnabled", "isAssignableToRole", "isBuiltIn"})
MOMENTS = frozenset({"createdDateTime", "endDateTime", "startDateTime"})
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


def names_itself(document: dict[str, Any]) -> bool:
    """Say whether a document is an entity: something with an id."""
    return isinstance(document.get("id"), str) and bool(document["id"])


def _wanted(name: str) -> str | None:
    if name in TEXT:
        return "text"
    if name in FLAGS:
        return "true or false"
    if name in MOMENTS:
        return "a moment with its zone"
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
        case _:
            return isinstance(value, str) and _is_moment(value)


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


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
