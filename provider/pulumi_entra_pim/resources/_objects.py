"""Users and groups as objects of a directory that shows late what it was told, and keeps for 30 days what is deleted.

Microsoft promises no time in which a write can be read.
https://devblogs.microsoft.com/identity/designing-for-eventual-consistency-for-microsoft-entra/
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from ..graph.client import Document, Operation
from ..graph.errors import Denied, EntraError, GraphError, NotFound, Refused, TimedOut
from ..graph.paths import segment, select
from ..graph.waiting import LAG, growing
from . import _engine

T = TypeVar("T")

# Seconds for which an id that the directory does not know at all may be one that it does not know yet: a new group was
# seen after 14 s.
UNHEARD_LAG = 20.0

# Seconds for which an object that was there, and is in no bin, is looked for before it is believed to be gone.
ABSENCE = 5.0

# What is exactly as asked and younger than this may be the work of a run of ours that was cut short.
OURS_WITHIN = timedelta(hours=1)

Whereabouts = Literal["there", "deleted", "nowhere", "hidden"]

_UNSEEN = re.compile(r"Resource '([^']*)' does not exist or one of its queried reference-property objects")


def find(operation: Operation, path: str, id_: str) -> Document | None:
    """Return an object of the state; None once it is gone, and not merely not shown for a moment."""

    def look() -> tuple[Document | None] | None:
        found = operation.find(path)
        return (found,) if found is not None or is_deleted(operation, id_) else None

    try:
        [found] = operation.waiter.until(look, f"{id_} is shown", ABSENCE)
    except TimedOut:
        return None
    return found


def settle(operation: Operation, act: Callable[[], T]) -> T:
    """Do what names objects of the directory; wait while it does not show one of them yet.

    Raises Refused when it does not in time; the message tells an id that is wrong from one that is new.
    """
    waiter, pauses, patience = operation.waiter, growing(), ""
    began = waiter.clock.monotonic()
    while True:
        try:
            return act()
        except GraphError as error:
            id_ = _unseen(error)
            if id_ is None:
                raise
            patience = patience or whereabouts(operation, id_)
            within, verdict = _verdict(patience, id_)
            left = waiter.left_of(within, began)
            if left <= 0:
                raise Refused(f"{error} {verdict}") from error
            waiter.nap(min(next(pauses), left), f"the directory shows {id_ or 'it'}")


def age_of(operation: Operation, document: Document) -> timedelta:
    """Return how long ago something was made, by the service's clock; for ever where that is not said."""
    made = document.get("createdDateTime")
    return operation.now() - datetime.fromisoformat(made) if made else timedelta.max


def whereabouts(operation: Operation, id_: str) -> Whereabouts:
    """Say where a user or group is, as far as the caller may look."""
    try:
        for home in ("/users", "/groups"):
            if operation.find(f"{home}/{segment(id_)}?{select('id')}") is not None:
                return "there"
    except Denied:
        return "hidden"
    return "deleted" if is_deleted(operation, id_) else "nowhere"


def is_deleted(operation: Operation, id_: str) -> bool:
    """Say whether an object is known to be in deletedItems; False also for a caller who may not look."""
    try:
        return operation.find(f"/directory/deletedItems/{segment(id_)}?{select('id')}") is not None
    except Denied:
        return False


def purge(operation: Operation, id_: str) -> None:
    """Delete an object of deletedItems for good; what cannot be purged stays restorable for 30 days, with a warning.

    Never part of a replacement: there the old object is the way back.
    """
    if _engine.is_replacement():
        _engine.notice(f"{id_} was replaced, so it is not purged: deletedItems keeps it for 30 days")
        return
    try:
        operation.delete(f"/directory/deletedItems/{segment(id_)}")
    except NotFound:
        return
    except EntraError as error:
        _engine.warn(f"deleted, but not purged: {error} Entra keeps {id_} in deletedItems for 30 days")


def _unseen(error: GraphError) -> str | None:
    """Return the id that Graph does not know, "" where it names none; None for any other refusal."""
    named = _UNSEEN.search(error.answer.message)
    if named is not None:
        return named[1]
    return "" if isinstance(error, NotFound) else None


def _verdict(where: str, id_: str) -> tuple[float, str]:
    """Return how many seconds to wait for an object, and what to say when they are over."""
    match where:
        case "there":
            return LAG, f"The directory has {id_}, but does not show it everywhere yet: run again in some minutes"
        case "deleted":
            return 0.0, f"{id_} was deleted and is in deletedItems: run `pulumi refresh`, then `pulumi up`"
        case "hidden":
            return (
                LAG,
                f"The caller may not look for {id_} in the directory: check the id, or run again in some minutes",
            )
        case _:
            return (
                UNHEARD_LAG,
                f"The directory has no user or group {id_}: check the id; if it was there before, run `pulumi refresh`",
            )
