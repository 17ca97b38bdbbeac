"""The web page at ``/_emulator``: everything that the emulator holds, to look at, and its clock and faults as forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from entra_emulator.pages.visit import HOME, ROOT

if TYPE_CHECKING:
    from entra_emulator.emulator import Emulator
    from entra_emulator.exchange import Request
    from entra_emulator.routes.call import Answer


def has(path: str) -> bool:
    """Tell whether a path is one of the pages'; the other controls are JSON."""
    return path.rstrip("/") == HOME or path.startswith(f"{ROOT}/")


def answer(emulator: Emulator, request: Request) -> Answer:
    """Answer a browser. Templates take a while to load, which an emulator that nobody looks at does not pay for."""
    from entra_emulator.pages import site

    return site.answer(emulator, request)
