"""Time as operations see it: one clock, one deadline for an operation, and waits that say what they wait for."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from .errors import TimedOut

T = TypeVar("T")

Tell = Callable[[str], None]
"""Takes a line of progress for the person at the terminal."""


class Clock(Protocol):
    """What time it is, and a way to let time pass."""

    def now(self) -> datetime:
        """Return the present, with its zone."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""


class SystemClock:
    """The machine's clock."""

    def __init__(self) -> None:
        self._never = threading.Event()

    def now(self) -> datetime:
        """Return the present in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass, without holding up the process's end."""
        self._never.wait(seconds)


class Deadline:
    """The end of one operation's time, all its waits included."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self.seconds = seconds
        self._end = clock.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; never negative."""
        return max(0.0, self._end - self._clock.monotonic())


def growing(first: float = 0.25, factor: float = 2.0, most: float = 5.0) -> Iterator[float]:
    """Yield pauses in seconds that start short and grow, for ever."""
    pause = first
    while True:
        yield pause
        pause = min(pause * factor, most)


class Waiter:
    """Waits within one operation's deadline, telling the person what for."""

    def __init__(self, clock: Clock, deadline: Deadline, tell: Tell) -> None:
        self.clock = clock
        self.deadline = deadline
        self._tell = tell

    def pause(self, seconds: float, what: str) -> None:
        """Wait a number of seconds; raise TimedOut, at once, when the deadline comes before their end."""
        left = self.deadline.left()
        if seconds > left:
            raise TimedOut(
                f"{what}: this needs {seconds:g} s more, and {left:.0f} s are left of the {self.deadline.seconds:g} s"
                " that one operation may take; raise entra-pim:operationTimeout if that is expected"
            )
        self._tell(f"{what} ({seconds:.1f} s)")
        self.clock.sleep(seconds)

    def until(self, look: Callable[[], T | None], what: str, within: float) -> T:
        """Look again and again, with growing pauses, until there is something; raise TimedOut after ``within`` seconds.

        The first look is at once, so a tenant that is already consistent costs no wait; the last is at the end.
        """
        end = self.clock.monotonic() + within
        pauses = growing()
        while (found := look()) is None:
            left = end - self.clock.monotonic()
            if left <= 0:
                raise TimedOut(f"{what}: not seen within {within:g} s")
            self.pause(min(next(pauses), left), f"waiting until {what}")
        return found
