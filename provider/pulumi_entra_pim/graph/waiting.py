"""Time as operations see it: one clock, one deadline for an operation, and waits that say what they wait for.

An operation may be over before it is done: whoever asked for it has gone. Then its waits end and nothing more is sent,
as a write that comes minutes after the person has turned to something else is a danger.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from .errors import Abandoned, TimedOut

T = TypeVar("T")

# Seconds for which the directory may not show what it has just been told, or show what it has been told to forget; a
# new group was seen after 14 s. Microsoft promises none.
# https://devblogs.microsoft.com/identity/designing-for-eventual-consistency-for-microsoft-entra/
LAG = 60.0

Tell = Callable[[str], None]
"""Takes a line of progress for the person at the terminal."""


class Clock(Protocol):
    """What time it is, and a way to let time pass."""

    def now(self) -> datetime:
        """Return the present, with its zone."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""

    def sleep(self, seconds: float, over: threading.Event) -> None:
        """Let time pass; come back at once when the operation is over."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()

    def sleep(self, seconds: float, over: threading.Event) -> None:
        """Let time pass; come back at once when the operation is over."""
        over.wait(seconds)


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

    def __init__(self, clock: Clock, deadline: Deadline, tell: Tell, over: threading.Event) -> None:
        self.clock = clock
        self.deadline = deadline
        self._tell = tell
        self._over = over

    def go_on(self) -> None:
        """Raise Abandoned when nobody waits for the operation any more."""
        if self._over.is_set():
            raise Abandoned("the run was stopped: nothing more was sent; what Graph had begun may have been done")

    def pause(self, seconds: float, what: str) -> None:
        """Wait a number of seconds; raise TimedOut, at once, when the deadline comes before their end.

        Raises Abandoned as soon as the operation is over.
        """
        left = self.deadline.left()
        if seconds > left:
            raise TimedOut(
                f"{what}: this needs {seconds:g} s more, and {left:.0f} s are left of the {self.deadline.seconds:g} s"
                " that one operation may take; raise entra-pim:operationTimeout if that is expected"
            )
        self._sleep(seconds, what)

    def nap(self, seconds: float, what: str) -> None:
        """Wait before the next look: a number of seconds, or what is left of the operation's time if that is less."""
        self._sleep(min(seconds, self.deadline.left()), f"waiting until {what}")

    def until(self, look: Callable[[], T | None], what: str, within: float) -> T:
        """Look again and again, with growing pauses, until there is something; raise TimedOut after ``within`` seconds.

        The first look is at once, so a tenant that is already consistent costs no wait; the last is at the end.
        """
        began, pauses = self.clock.monotonic(), growing()
        while (found := look()) is None:
            left = self.left_of(within, began)
            if left <= 0:
                raise TimedOut(f"{what}: not seen {self._in_what_time(within)}")
            self.nap(min(next(pauses), left), what)
        return found

    def left_of(self, within: float, began: float) -> float:
        """Return what is left of the seconds that a wait may take since it began, the deadline included."""
        return min(began + within - self.clock.monotonic(), self.deadline.left())

    def _in_what_time(self, within: float) -> str:
        if self.deadline.left() > 0:
            return f"within {within:g} s"
        return (
            f"in the {self.deadline.seconds:g} s that one operation may take; raise entra-pim:operationTimeout if that"
            " is expected"
        )

    def _sleep(self, seconds: float, line: str) -> None:
        self._tell(f"{line} ({seconds:.1f} s)")
        self.clock.sleep(seconds, self._over)
        self.go_on()
