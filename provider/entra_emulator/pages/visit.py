"""One visit to a page: what was asked for, and of which emulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from entra_emulator.directory.tenant import Tenant

if TYPE_CHECKING:
    from entra_emulator.emulator import Emulator

HOME = "/_emulator"
ROOT = f"{HOME}/pages"


class NotFoundError(Exception):
    """There is no such page; the message says what is missing, in one sentence."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One call of a page: the tenants at its moment, the parameters of its path, its query, and its form."""

    emulator: Emulator
    tenants: Sequence[Tenant]
    parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def tenant(self) -> Tenant:
        """The tenant that the path names by its id.

        Raises:
            NotFoundError: there is none.
        """
        wanted = self.parameters["tenant"]
        for tenant in self.tenants:
            if tenant.id == wanted:
                return tenant
        raise NotFoundError(f"There is no tenant {wanted}.")

    def place(self, name: str) -> int | None:
        """Read a place in a list out of the query; ``None`` is the list's beginning.

        Raises:
            NotFoundError: it is no number.
        """
        text = self.query.get(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):
            raise NotFoundError(f"There is no place {text} in a list.")
        return int(text)
