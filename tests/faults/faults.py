"""What goes wrong on the way, one fault at a time; the emulator makes it happen."""

from dataclasses import dataclass
from typing import Literal

When = Literal["before", "after"]

RETRY_AFTER = "7"
HANG = 60.0
"""Seconds for which a client waits for an answer that does not come."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, by the emulator's name of its kind, before or after the service has acted on the call."""

    kind: str
    when: When
    retry_after: str | None = None

    @property
    def is_of_tokens(self) -> bool:
        """Say whether it is the token that the service finds fault with."""
        return self.kind in _TOKENS

    def __str__(self) -> str:
        asked = " with Retry-After" if self.retry_after else ""
        return f"{self.kind}{asked}, {self.when}"


_KINDS: tuple[tuple[str, str | None], ...] = (
    ("429", RETRY_AFTER),
    ("429", None),
    ("500", None),
    ("502", None),
    ("503", RETRY_AFTER),
    ("504", None),
    ("reset", None),
    ("close", None),
    ("half", None),
    ("malformed", None),
    ("hang", None),
)
_TOKENS = ("expired", "claims")
_WHENS: tuple[When, ...] = ("before", "after")

FAULTS: tuple[Fault, ...] = (
    *(Fault(kind, when, retry_after) for kind, retry_after in _KINDS for when in _WHENS),
    # A token is judged before anything is done.
    *(Fault(kind, "before") for kind in _TOKENS),
)
