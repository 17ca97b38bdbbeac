"""What the requests of one process owe each other and the service: everybody heeds a 429, and retries are rationed."""

import random
import threading
from collections.abc import Callable

from .waiting import Clock

# A client's ration, and what a retry takes of it and a success gives back; botocore's measures.
# https://github.com/boto/botocore/blob/develop/botocore/retries/quota.py
_RATION = 500
_COST = 5
_REFUND = 1


class Traffic:
    """The pause that Graph asked for and the retries that are left; safe to share between threads.

    ``chance`` gives numbers from 0 up to 1, so that workers do not come back all at the same moment.
    """

    def __init__(self, clock: Clock, chance: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._opens = 0.0
        self._ration = _RATION

    def back_off(self, planned: float) -> float:
        """Return the seconds of a pause that nobody asked for: from half to the whole of what was planned."""
        return planned * (1 - self._chance() / 2)

    def heed(self, asked: float) -> float:
        """Return the seconds of a pause that the service asked for: never less, up to a tenth or a second more."""
        return asked + self._chance() * min(1.0, asked / 10)

    def close(self, seconds: float) -> None:
        """Let no request of the process out for some seconds."""
        with self._lock:
            self._opens = max(self._opens, self._clock.monotonic() + seconds)

    def closed(self) -> float:
        """Return the seconds for which no request goes out; 0 when the way is free."""
        return max(0.0, self._opens - self._clock.monotonic())

    def take_retry(self) -> bool:
        """Take a retry from the ration; False when a service that keeps failing is to be left alone."""
        with self._lock:
            if self._ration < _COST:
                return False
            self._ration -= _COST
            return True

    def succeeded(self) -> None:
        """Give some of the ration back for an answer."""
        if self._ration < _RATION:
            with self._lock:
                self._ration = min(_RATION, self._ration + _REFUND)
