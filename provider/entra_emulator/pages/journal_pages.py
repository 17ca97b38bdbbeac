"""The journal's pages: what was asked and answered, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from entra_emulator.journal import Entry
from entra_emulator.pages import listing, rendering
from entra_emulator.pages.visit import NotFoundError, Visit
from entra_emulator.routes.call import Answer

# What can be shown, and the kinds of entry that it is; looking at these pages is a control too.
_SHOWN = {"calls": ("graph", "token"), "graph": ("graph",), "token": ("token",), "control": ("control",)}
_USUAL = "calls"


def calls(entries: Sequence[Entry], shown: str = _USUAL) -> list[Entry]:
    """Pick what is to be shown out of the journal, newest first."""
    return [entry for entry in reversed(entries) if entry.kind in _SHOWN[shown]]


def entry_list(visit: Visit) -> Answer:
    """GET /_emulator/pages/journal?show=kind&skip=number."""
    shown = visit.query.get("show", _USUAL)
    if shown not in _SHOWN:
        raise NotFoundError(f"The journal shows {', '.join(_SHOWN)}, but no {shown}.")
    found = calls(visit.emulator.journal.entries(), shown)
    part = listing.numbered(found, visit.place("skip") or 0)
    return rendering.page(visit, "journal.html", section="journal", part=part, shown=shown, total=len(found))


def entry(visit: Visit) -> Answer:
    """GET /_emulator/pages/journal/{number}."""
    number = visit.parameters["number"]
    for found in visit.emulator.journal.entries():
        if str(found.number) == number:
            return rendering.page(visit, "entry.html", section="journal", entry=found)
    raise NotFoundError(f"The journal holds no entry {number} (any more).")
