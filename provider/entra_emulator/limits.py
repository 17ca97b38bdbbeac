"""Graph's published limits for identity and access: what a call costs, and when it is too much.

https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from entra_emulator.early_retries import App
from entra_emulator.refusals import Refusal
from entra_emulator.routes.call import VERSION
from entra_emulator.routes.routing import Router

# What does not cost 1. That a cast or a count of members costs what the list does is (inferred).
_UNITS = Router(
    (method, VERSION + path, units)
    for method, path, units in (
        ("GET", "/users", 2),
        ("GET", "/users/{id}/memberOf", 2),
        ("GET", "/users/{id}/transitiveMemberOf", 2),
        ("GET", "/me/memberOf", 2),
        ("GET", "/me/transitiveMemberOf", 2),
        ("GET", "/groups/{id}/members", 3),
        ("GET", "/groups/{id}/members/{cast}", 3),
        ("GET", "/groups/{id}/transitiveMembers", 5),
        ("GET", "/subscribedSkus", 3),
    )
)
_GET_BY_IDS = f"{VERSION}/directoryobjects/getbyids"
# The page lists what its limits are for, and PIM is not there: no limit of PIM is documented.
_NOT_COVERED = (f"{VERSION}/rolemanagement/", f"{VERSION}/policies/rolemanagement", f"{VERSION}/$batch")
_NEARLY = 0.8


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call takes of the quotas."""

    units: int
    writes: int


@dataclass(frozen=True, slots=True)
class _Quota:
    """So much in so many seconds; ``scope``, ``limit`` and ``reason`` are the words of Graph's headers."""

    scope: str
    limit: str
    reason: str
    amount: int
    seconds: int


def _units(scope: str, amount: int, seconds: int) -> _Quota:
    return _Quota(scope, "ReadWrite", "ResourceUnitLimitExceeded", amount, seconds)


def _writes(scope: str, amount: int, seconds: int) -> _Quota:
    return _Quota(scope, "Write", "WriteLimitExceeded", amount, seconds)


_QUOTAS = {
    size: (
        _units("Tenant_Application", units, 10),
        _writes("Tenant_Application", 3_000, 150),
        _units("Application", 150_000, 20),
        _writes("Application", 35_000, 300),
        _writes("Tenant", 18_000, 300),
    )
    for size, units in (("S", 3_500), ("M", 5_000), ("L", 8_000))
}
SIZES = tuple(_QUOTAS)
"""Of tenants: under 50 users, up to 500, and more."""


@dataclass(slots=True)
class _Bucket:
    """What was taken of a quota and has not come back yet; it comes back evenly (inferred)."""

    quota: _Quota
    taken: float
    at: datetime

    def refill(self, now: datetime) -> None:
        # A snapshot may have turned the clock back.
        passed = max(0.0, (now - self.at).total_seconds())
        back = passed * self.quota.amount / self.quota.seconds
        self.taken, self.at = max(0.0, self.taken - back), now

    def wait(self, cost: int) -> float:
        """Tell in how many seconds there is room for a cost."""
        return max(0.0, self.taken + cost - self.quota.amount) * self.quota.seconds / self.quota.amount


class Limits:
    """The quotas of apps and tenants, off until they are turned on. Safe for any thread."""

    def __init__(self, turn: threading.RLock) -> None:
        """Limit nobody."""
        self._turn = turn
        self._size: str | None = None
        self._buckets: dict[tuple[_Quota, str], _Bucket] = {}

    def on(self, size: str = "S") -> None:
        """Limit every app from now on, as in tenants of a size: S, M or L.

        Raises:
            ValueError: there is no such size.
        """
        if size not in SIZES:
            raise ValueError(f"there is no size {size!r}, only {', '.join(SIZES)}")
        with self._turn:
            self._size = size
            self._buckets.clear()

    def off(self) -> None:
        """Limit nobody, and forget what was taken."""
        with self._turn:
            self._size = None
            self._buckets.clear()

    @property
    def size(self) -> str | None:
        """The size of the tenants, or ``None`` while nobody is limited."""
        return self._size

    def charge(self, app: App, method: str, path: str, query: str, now: datetime) -> Mapping[str, str]:
        """Take a call's cost, and tell the headers of its answer; what is refused takes nothing (inferred).

        Raises:
            Refusal: 429 TooManyRequests.
        """
        cost = cost_of(method, path, query)
        if self._size is None or cost is None:
            return {}
        tenant_id, app_id = app
        holders = {"Tenant_Application": f"{app_id}/{tenant_id}", "Application": app_id, "Tenant": tenant_id}
        buckets = [
            (self._bucket(quota, holders[quota.scope], now), cost.writes if quota.limit == "Write" else cost.units)
            for quota in _QUOTAS[self._size]
        ]
        full, wait = max(((bucket.quota, bucket.wait(taken)) for bucket, taken in buckets), key=lambda each: each[1])
        if wait > 0:
            headers = {
                "Retry-After": str(math.ceil(wait)),
                "x-ms-throttle-scope": f"{full.scope}/{full.limit}/{app_id}/{tenant_id}",
                "x-ms-throttle-information": full.reason,
            }
            raise Refusal(429, "TooManyRequests", "Please retry again later.", headers=headers)
        for bucket, taken in buckets:
            bucket.taken += taken
        share = max(bucket.taken / bucket.quota.amount for bucket, _ in buckets)
        return {
            "x-ms-resource-unit": str(cost.units),
            **({"x-ms-throttle-limit-percentage": f"{share:.2f}"} if share > _NEARLY else {}),
        }

    def _bucket(self, quota: _Quota, key: str, now: datetime) -> _Bucket:
        bucket = self._buckets.setdefault((quota, key), _Bucket(quota, 0.0, now))
        bucket.refill(now)
        return bucket


def cost_of(method: str, path: str, query: str) -> Cost | None:
    """Tell what a call costs; ``None`` where the limits are not for it."""
    folded = path.casefold()
    if folded.startswith(_NOT_COVERED):
        return None
    options = dict(parse_qsl(query))
    if folded == _GET_BY_IDS:
        return Cost(2 if "$select" in options else 5, 0)
    found = _UNITS.find(method, path)
    units = 1 if found is None else found.row
    top = options.get("$top", "")
    units += ("$expand" in options) - ("$select" in options) - (top.isdecimal() and int(top) < 20)
    return Cost(max(1, units), 0 if method == "GET" else 1)
