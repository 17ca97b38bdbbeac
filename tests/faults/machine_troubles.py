"""What goes wrong on the way to Graph and back: faults of the service, and reads that lag behind writes."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from entra_emulator import Emulator

PASSING = ("429", "500", "502", "503", "504", "reset", "close", "half", "hang")
"""Faults after which a run is expected to go on, when it meets one of them."""

_REFUSALS = ("429", "expired")
_KINDS = (*(each for each in PASSING if each not in _REFUSALS), "malformed", "html")
_WITH_RETRY_AFTER = ("429", "503")
_COLLECTIONS = ("users", "groups", "relationships", "deletedItems", "eligibilitySchedules", "requests")


@dataclass(frozen=True)
class Trouble:
    """A fault at the nth call of a run, and at those after it: ``times`` in all."""

    kind: str
    when: str
    nth: int
    times: int
    retry_after: str | None


@dataclass(frozen=True)
class Lag:
    """A collection whose reads show what was there before, for some reads or else for some seconds."""

    collection: str
    reads: int | None
    seconds: float | None


def arm(emulator: Emulator, troubles: Sequence[Trouble]) -> None:
    """Let faults happen to calls from now on."""
    for each in troubles:
        emulator.faults.arm(each.kind, when=each.when, nth=each.nth, times=each.times, retry_after=each.retry_after)


def slow_down(emulator: Emulator, lags: Sequence[Lag]) -> None:
    """Let collections lag from now on."""
    for each in lags:
        emulator.pace.lag(each.collection, reads=each.reads, seconds=each.seconds)


def troubles() -> st.SearchStrategy[list[Trouble]]:
    """Draw up to three faults of one run; most are single ones."""
    return st.lists(
        st.one_of(
            _trouble(_KINDS, ("before", "after"), (None,)),
            _trouble(_REFUSALS, ("before",), (None,)),
            _trouble(_WITH_RETRY_AFTER, ("before",), ("2", "1.5", "30")),
        ),
        min_size=1,
        max_size=3,
    )


def lags() -> st.SearchStrategy[list[Lag]]:
    """Draw collections that lag."""
    by_reads = st.builds(Lag, st.sampled_from(_COLLECTIONS), st.integers(1, 3), st.none())
    by_seconds = st.builds(Lag, st.sampled_from(_COLLECTIONS), st.none(), st.sampled_from((1.0, 5.0, 20.0)))
    return st.lists(st.one_of(by_reads, by_seconds), min_size=1, max_size=3)


def _trouble(
    kinds: Sequence[str], whens: Sequence[str], retry_after: Sequence[str | None]
) -> st.SearchStrategy[Trouble]:
    return st.builds(
        Trouble,
        kind=st.sampled_from(kinds),
        when=st.sampled_from(whens),
        nth=st.integers(1, 30),
        times=st.sampled_from((1, 1, 1, 2, 8)),
        retry_after=st.sampled_from(retry_after),
    )
