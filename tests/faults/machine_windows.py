"""When the grants of a program take effect and end, as a person would reckon it from the program alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import isodate

from .machine_engine import Declared, Op, Program

_SPELLING = ("start", "end", "duration", "permanent")


@dataclass(frozen=True)
class Span:
    """The moments between which something happened, or will."""

    earliest: datetime
    latest: datetime


class Windows:
    """When each grant took effect or will, as far as that can be known from outside."""

    def __init__(self) -> None:
        self.begun: dict[str, Span] = {}
        # Grants whose next update takes effect anew.
        self._moved: set[str] = set()

    def edited(self, before: Program, after: Program, now: datetime) -> None:
        """Note what the next run will make of an edit."""
        self._moved.clear()
        for name in self.begun.keys() & before.keys() & after.keys():
            old, new = before[name].inputs, after[name].inputs
            ends = self.ends(name, before[name])
            if _window(old) != _window(new) and ends is not None and ends.latest <= now:
                self._moved.add(name)  # it has ended, and another window is a new grant
            elif "duration" in new and "duration" not in old:
                # From when a duration counts where none was given before is PIM's to say: the grant or a change.
                self.widen(name, now + timedelta(hours=1))

    def carried_out(self, ops: Mapping[str, Op], program: Program, since: datetime, now: datetime) -> None:
        """Note the grants that a run has made or made anew, at some moment from ``since`` to now."""
        for name, op in ops.items():
            made = op in ("create", "replace") or (op == "update" and name in self._moved)
            if not made or name not in program or program[name].kind != "RoleEligibility":
                continue
            self._moved.discard(name)
            start = moment(program[name].inputs.get("start", "")) or now
            self.begun[name] = Span(start, start) if start > now else Span(since, now)

    def widen(self, name: str, until: datetime) -> None:
        """Note that PIM may count a grant from as late as that: somebody changed it."""
        if name in self.begun:
            begun = self.begun[name]
            self.begun[name] = Span(begun.earliest, max(begun.latest, until))

    def ends(self, name: str, declared: Declared) -> Span | None:
        """Return between which moments a grant ends by the program; None for one without an end."""
        inputs, begun = declared.inputs, self.begun[name]
        end = moment(inputs.get("end", ""))
        if end is not None:
            return Span(end, end)
        if "duration" not in inputs:
            return None
        length = isodate.parse_duration(inputs["duration"])
        return Span(begun.earliest + length, begun.latest + length)

    def may_be_over(self, name: str, declared: Declared, now: datetime) -> bool:
        """Say whether what the program asks for would end in the past, from whichever moment it is counted."""
        inputs = declared.inputs
        ends = [moment(inputs.get("end", ""))]
        if "duration" in inputs:
            length = isodate.parse_duration(inputs["duration"])
            starts = [moment(inputs.get("start", "")), self.begun[name].earliest if name in self.begun else None]
            ends += [start + length for start in starts if start is not None]
        return any(end is not None and end <= now for end in ends)


def moment(text: str) -> datetime | None:
    """Read a moment as a program spells it; None where it gives none."""
    return datetime.fromisoformat(text) if text else None


def _window(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: inputs.get(name) for name in _SPELLING}
