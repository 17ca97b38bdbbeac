"""Time for tests: it passes only when somebody sleeps or a test moves it."""

from datetime import UTC, datetime, timedelta
from threading import Event

START = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


class VirtualClock:
    """A clock that stands still between sleeps; ``slept`` holds every pause, in seconds."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._passed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float, over: Event | None = None) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass that nobody slept through: a slow call."""
        self._passed += seconds
