"""What every rule is told: which tenant at which moment, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from entra_emulator.directory.store import Partition


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant at one moment."""

    id: str
    store: Partition
    now: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds the token of a request.

    ``object_id`` is the user's or the service principal's; ``permissions`` are the token's ``scp`` or ``roles``;
    ``multi_factor`` says whether the sign-in was with MFA, ``authentication_contexts`` which of Conditional Access's
    contexts it fulfilled (``c1`` …). ``session`` is the sign-in's, if continuous access evaluation looks after it.
    """

    tenant_id: str
    object_id: str
    app_id: str
    is_app: bool
    permissions: frozenset[str]
    multi_factor: bool = False
    authentication_contexts: frozenset[str] = frozenset()
    session: str | None = None

    def may(self, *permissions: str) -> bool:
        """Tell whether the token carries one of the permissions."""
        return not self.permissions.isdisjoint(permissions)
