"""Ctrl-C: once, what runs is finished and nothing new begins; twice, all of it ends at once. No write is lost."""

from pathlib import Path

import pytest

from tests.lifecycle.helpdesk import STAGES, WRITES, Helpdesk, Write
from tests.lifecycle.interrupted import running
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

INTERRUPTED_TWICE = 8
"""The engine's exit code."""

WITNESS = """
import atexit
import sys
from pathlib import Path

if "pulumi.dynamic" in sys.orig_argv:
    atexit.register(Path({file!r}).touch)
"""


@pytest.mark.parametrize("write", WRITES, ids=str)
def test_once_finishes_what_runs_and_begins_nothing(helpdesk: Helpdesk, write: Write, tmp_path: Path) -> None:
    stack = helpdesk.before(write.stage, tmp_path)
    faults = helpdesk.emulator.faults
    faults.arm("hang", when="after", method=write.method, path=write.pattern, nth=write.nth)
    with running(stack, STAGES[write.stage], "--yes", "--skip-preview") as run:
        assert faults.hanging(within=60)
        run.interrupt()
        faults.release()
        run.end()
    assert stack.pending() == []
    assert left(stack, write.stage) == later(write)
    stack.succeeds(STAGES[write.stage], "--yes", "--skip-preview")
    helpdesk.assert_undisturbed(stack, write.stage)


@pytest.mark.parametrize("write", [each for each in WRITES if each.resource == "group"], ids=str)
def test_twice_ends_a_wait(helpdesk: Helpdesk, write: Write, tmp_path: Path) -> None:
    stack = helpdesk.before(write.stage, tmp_path)
    witness = tmp_path / "the provider came to its own end"
    (tmp_path / "sitecustomize.py").write_text(WITNESS.format(file=str(witness)))
    stack.environment["PYTHONPATH"] = str(tmp_path)
    helpdesk.emulator.faults.arm("429", method=write.method, path=write.pattern, nth=write.nth, retry_after="600")
    with running(stack, STAGES[write.stage], "--yes", "--skip-preview") as run:
        run.says("Trying again (")
        run.interrupt_twice()
        assert run.end().status == INTERRUPTED_TWICE
    # The engine would have killed it five seconds later.
    assert witness.exists()
    stack.succeeds(STAGES[write.stage], "--yes", "--skip-preview")
    # The engine goes on warning of what it did not see the end of until it is told to forget it.
    stack.refresh("--clear-pending-creates")
    helpdesk.assert_undisturbed(stack, write.stage)


def later(write: Write) -> list[str]:
    """Return the names of the resources that a stage comes to after that of a write."""
    order = list(dict.fromkeys(each.resource for each in WRITES if each.stage == write.stage))
    return sorted(order[order.index(write.resource) + 1 :])


def left(stack: Stack, stage: str) -> list[str]:
    """Return the names of the resources for which a stage has something left to do."""
    if stage == "destroy":
        return sorted(stack.ids())
    return sorted(line.partition(":")[0].rpartition(" ")[2] for line in stack.preview())
