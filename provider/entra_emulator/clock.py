"""The emulator's own time: everything that depends on time asks this clock and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class ClockState:
    """How far the clock runs ahead of the machine's (in seconds), or the moment at which it stands still."""

    ahead: float = 0.0
    frozen_at: float | None = None

    @property
    def timestamp(self) -> float:
        """What a clock in this state shows now."""
        return _machine() + self.ahead if self.frozen_at is None else self.frozen_at


# The calendar ends with the year 9999: this leaves room for what is to happen after the clock's own time.
_END = datetime(9000, 1, 1, tzinfo=UTC).timestamp()


def _ignore(_state: ClockState) -> None:
    """Keep no clock state."""


class Clock:
    """A clock that runs, jumps and stands still. All moments are UTC."""

    def __init__(self, state: ClockState | None = None, on_change: Callable[[ClockState], None] = _ignore) -> None:
        """Start from a kept state; ``on_change`` is told every new one, before it takes effect."""
        self._state = state or ClockState()
        self._on_change = on_change

    def now(self) -> datetime:
        """Tell the time."""
        return datetime.fromtimestamp(self._state.timestamp, UTC)

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._state.frozen_at is not None

    def advance(
        self,
        delta: timedelta | None = None,
        /,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
    ) -> datetime:
        """Jump ahead, never back, and tell the new time.

        Raises:
            ValueError: the jump is backwards, or beyond the year 8999.
        """
        jump = (delta or timedelta()) + timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if jump < timedelta():
            raise ValueError("the clock is advanced, never turned back; use reset to start again")
        return self._move_to(self._state.timestamp + jump.total_seconds())

    def set(self, moment: datetime) -> datetime:
        """Jump to a later moment and tell the new time.

        Raises:
            ValueError: the moment has no time zone, is in the past, or beyond the year 8999.
        """
        if moment.tzinfo is None:
            raise ValueError("the moment needs a time zone")
        return self.advance(moment - self.now())

    def freeze(self) -> datetime:
        """Stand still until resumed; ``advance`` and ``set`` still move a frozen clock."""
        self._change(ClockState(frozen_at=self._state.timestamp))
        return self.now()

    def resume(self) -> datetime:
        """Run on from the moment at which the clock stood still."""
        self._change(ClockState(ahead=self._state.timestamp - _machine()))
        return self.now()

    def take(self, state: ClockState) -> datetime:
        """Go to a kept state, be it earlier or later.

        Raises:
            ValueError: it is before the year 1970 or beyond 8999.
        """
        self._change(state)
        return self.now()

    def reset(self) -> datetime:
        """Go back to the machine's time."""
        return self.take(ClockState())

    def _move_to(self, timestamp: float) -> datetime:
        frozen = self.frozen
        self._change(ClockState(frozen_at=timestamp) if frozen else ClockState(ahead=timestamp - _machine()))
        return self.now()

    def _change(self, state: ClockState) -> None:
        if not 0 <= state.timestamp < _END:
            raise ValueError("the clock goes from the year 1970 to the year 8999")
        self._on_change(state)
        self._state = state


def _machine() -> float:
    return datetime.now(UTC).timestamp()
