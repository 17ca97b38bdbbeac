"""The fault matrix as figures: this package beside two retry policies that others have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tests.faults.contoso import COMMANDS, Command
from tests.faults.matrix import Outcome, Verdict, outcome, points
from tests.faults.policies import BY_POST, BY_UPSERT, NO_REPLAYED_POST, STATUS_ONLY, Policy

COLUMNS: dict[str, tuple[Policy, ...]] = {
    "This package": (BY_UPSERT, BY_POST),
    "Status-only retries": (STATUS_ONLY,),
    "No replay of a POST": (NO_REPLAYED_POST,),
}
"""What is compared; this package with both of its ways of making a group."""

SUMMARY = "What became of the points"
CALLS = ("Command", "Call")
NOT_MADE = "-"

_VERDICTS: tuple[Verdict, ...] = ("same run", "next run", "failed")


def run() -> dict[str, list[Outcome]]:
    """Run the whole matrix; return the outcomes by column."""
    return {
        column: [outcome(policy, point) for policy in policies for point in points(policy)]
        for column, policies in COLUMNS.items()
    }


def summary(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Count the points by what became of them."""
    verdicts = Counter(each.verdict for each in outcomes)
    harms = Counter(harm for each in outcomes for harm in each.harms)
    return {
        "all": len(outcomes),
        "as without the fault, in the same run": verdicts["same run"],
        "one error, and as without the fault after the next run": verdicts["next run"],
        "not as without the fault after the next run either": verdicts["failed"],
        "of these: something is there twice": harms["duplicate"],
        "of these: the next run ends in “exists already”": harms["exists already"],
        "of these: something is left after a destroy": harms["orphan"],
    }


def by_call(outcomes: Iterable[Outcome]) -> dict[tuple[Command, str], str]:
    """Count the points of each call: right in the same run / after the next one / not even then."""
    found: dict[tuple[Command, str], Counter[Verdict]] = {}
    for each in outcomes:
        found.setdefault((each.point.command, each.point.call), Counter())[each.verdict] += 1
    return {key: " / ".join(str(count[verdict]) for verdict in _VERDICTS) for key, count in found.items()}


def summary_rows(figures: Mapping[str, Sequence[Outcome]]) -> list[list[object]]:
    """Return the summary as a table's rows, with a figure a column."""
    columns = [summary(outcomes) for outcomes in figures.values()]
    return [[label, *(column[label] for column in columns)] for label in columns[0]]


def call_rows(figures: Mapping[str, Sequence[Outcome]]) -> list[list[object]]:
    """Return the calls as a table's rows, command by command, with three figures a column."""
    columns = [by_call(outcomes) for outcomes in figures.values()]
    calls = sorted(dict.fromkeys(key for column in columns for key in column), key=lambda key: COMMANDS.index(key[0]))
    return [[key[0], f"`{key[1]}`", *(column.get(key, NOT_MADE) for column in columns)] for key in calls]
