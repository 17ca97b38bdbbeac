"""Thousands of random steps on stacks and tenants, as `make soak` runs them; a number reproduces a failure."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine import Tally
from tests.faults.test_programs import Stack
from tools.steps import say

STEPS_A_TENANT = 25
TENANTS_A_CAMPAIGN = 20
_YEAR = 365.25 * 86_400
_ERASE_LINE = "\r\033[K"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until so many steps are done; return 0, or 1 when a rule was broken, and say how to see that again."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description="random steps on stacks and tenants")
    parser.add_argument("--steps", type=int, default=10_000, help="how many at least (10,000)")
    parser.add_argument("--seed", type=int, default=None, help="a number that gives the same steps again")
    chosen = parser.parse_args(arguments)
    number = random.SystemRandom().randrange(2**32) if chosen.seed is None else chosen.seed
    tally, began = Tally(), time.monotonic()
    Stack.tally = tally
    say(f"soak: {chosen.steps:,} steps, from seed {number}")
    while tally.steps < chosen.steps:
        before = tally.steps
        try:
            _campaign(number)
        except Exception as failure:
            say(f"{_at_terminal(_ERASE_LINE)}{_summary(tally, began)}")
            say("\n".join((f"broken: {failure}", *getattr(failure, "__notes__", ()))))
            say(f"again: python -m tools.soak --steps 1 --seed {number}")
            return 1
        if tally.steps == before:
            raise RuntimeError(f"seed {number} gave no step")
        number += 1
        if sys.stdout.isatty():
            print(f"{_ERASE_LINE}{_summary(tally, began)}", end="", flush=True)
    say(f"{_at_terminal(_ERASE_LINE)}{_summary(tally, began)}, duplicates 0, orphans 0")
    return 0


def _campaign(number: int) -> None:
    """Run the steps that a number gives, on some tenants one after the other."""
    options = settings(
        max_examples=TENANTS_A_CAMPAIGN,
        stateful_step_count=STEPS_A_TENANT,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    # What Hypothesis remembers, it remembers of a class.
    machine = type("Soaked", (Stack,), {})
    run_state_machine_as_test(seed(number)(machine), settings=options)


def _summary(tally: Tally, began: float) -> str:
    return (
        f"steps {tally.steps:,}, ups {tally.ups:,}, refreshes {tally.refreshes:,}, destroys {tally.destroys:,},"
        f" faults fired {tally.faults:,}, runs failed {tally.failures:,}, kills {tally.kills:,}, edits"
        f" behind our back {tally.deeds:,}, obstacles named {tally.obstacles:,}, calls {tally.calls:,}, virtual years"
        f" {tally.seconds / _YEAR:,.1f}, seconds {time.monotonic() - began:,.0f}"
    )


def _at_terminal(code: str) -> str:
    return code if sys.stdout.isatty() else ""


if __name__ == "__main__":
    sys.exit(main())
