"""A run that is killed at a write: after the documented recovery all is as if nothing had happened.

The points are the writes of an ``up``, of an edit and of a ``destroy``, each before Graph has acted on it, and after it
has acted and not yet answered.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from entra_emulator import Emulator
from entra_emulator.faults import WHEN
from tests.lifecycle.directory import Directory, graph_calls
from tests.lifecycle.helpdesk import STAGES, WRITES, Helpdesk, Write
from tests.lifecycle.interrupted import Run, running
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

at_every_write = pytest.mark.parametrize("write", WRITES, ids=str)
before_and_after = pytest.mark.parametrize("when", WHEN)


def test_the_points_are_all_writes(helpdesk: Helpdesk) -> None:
    assert helpdesk.writes == [(write.stage, write.method, write.path) for write in WRITES]


@before_and_after
@at_every_write
def test_everything_is_killed(helpdesk: Helpdesk, write: Write, when: str, tmp_path: Path) -> None:
    stack = helpdesk.before(write.stage, tmp_path)
    kill(Run.kill_everything, helpdesk, stack, write, when)
    recover(stack, STAGES[write.stage])
    helpdesk.assert_undisturbed(stack, write.stage)


@at_every_write
def test_everything_is_killed_without_checkpoints(helpdesk: Helpdesk, write: Write, tmp_path: Path) -> None:
    stack = helpdesk.before(write.stage, tmp_path)
    stack.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"
    # The state knows of no write of this run, so before the next one would be the same.
    kill(Run.kill_everything, helpdesk, stack, write, "after")
    recover(stack, STAGES[write.stage])
    helpdesk.assert_undisturbed(stack, write.stage)


@before_and_after
@at_every_write
def test_the_engine_is_killed(helpdesk: Helpdesk, write: Write, when: str, tmp_path: Path) -> None:
    stack = helpdesk.before(write.stage, tmp_path)
    kill(Run.kill_engine, helpdesk, stack, write, when)
    recover(stack, STAGES[write.stage])
    helpdesk.assert_undisturbed(stack, write.stage)


@at_every_write
def test_the_provider_is_killed(helpdesk: Helpdesk, write: Write, tmp_path: Path) -> None:
    stack = helpdesk.before(write.stage, tmp_path)
    kill(Run.kill_provider, helpdesk, stack, write, "after")
    # The engine lives, and has written down that the operation failed: there is nothing to recover.
    stack.succeeds(STAGES[write.stage], "--yes", "--skip-preview")
    helpdesk.assert_undisturbed(stack, write.stage)


def test_a_provider_whose_engine_was_killed_sends_nothing_more(helpdesk: Helpdesk, tmp_path: Path) -> None:
    stack = helpdesk.before("destroy", tmp_path)
    helpdesk.emulator.faults.arm("429", method="DELETE", path="/users/", retry_after="1")
    with running(stack, "destroy", "--yes", "--skip-preview") as run:
        run.says("Trying again (")
        with graph_calls(helpdesk.emulator) as calls:
            run.kill_engine()
            # The person changes her mind, which takes the engine more than that second.
            recover(stack, "up")
    assert [call.path for call in calls if call.method == "DELETE"] == []
    assert stack.ids() == helpdesk.ids()


@before_and_after
def test_a_group_killed_between_the_writes_of_its_creation_is_finished(
    stack: Stack, emulator: Emulator, directory: Directory, when: str
) -> None:
    people = group_of_many(stack, directory, "PEOPLE")
    kill_at_portion(emulator, stack, when)
    assert stack.preview() == ["create group"]
    stack.up()
    assert directory.related(stack.resource("group")["id"], "members") == set(people)
    assert len(directory.all("/groups")) == 1


@before_and_after
def test_a_group_killed_between_the_writes_of_a_change_does_not_count_as_changed(
    stack: Stack, emulator: Emulator, directory: Directory, when: str
) -> None:
    people = group_of_many(stack, directory, "PEOPLE[:1]")
    stack.up()
    stack.edit("members=PEOPLE[:1]", "members=PEOPLE")
    kill_at_portion(emulator, stack, when)
    assert stack.preview() == ["update group: members"]
    stack.up()
    assert directory.related(stack.resource("group")["id"], "members") == set(people)


def group_of_many(stack: Stack, directory: Directory, members: str) -> list[str]:
    """Declare a group of more people than one write takes; return the ids of 45."""
    people = [directory.add_user(f"person-{number}") for number in range(45)]
    stack.program(f"""
        PEOPLE = {people!r}
        group = entra.RoleAssignableGroup(
            "group", display_name="Helpdesk", mail_nickname="helpdesk", members={members}
        )
    """)
    return people


def kill_at_portion(emulator: Emulator, stack: Stack, when: str) -> None:
    """Kill an ``up`` at the first write that puts members into a group that is there; recover, but for the ``up``."""
    emulator.faults.arm("hang", when=when, method="PATCH", path=r"/groups/[^/]+$")
    with running(stack, "up", "--yes", "--skip-preview") as run:
        assert emulator.faults.hanging(within=60)
        run.kill_everything()
    stack.succeeds("cancel", "--yes")
    stack.refresh("--clear-pending-creates")


def kill(how: Callable[[Run], None], helpdesk: Helpdesk, stack: Stack, write: Write, when: str) -> None:
    """Run a stage up to a write, and kill; what is left of the run may go on, and gets no answer to that write."""
    faults = helpdesk.emulator.faults
    faults.arm("hang", when=when, method=write.method, path=write.pattern, nth=write.nth)
    with running(stack, STAGES[write.stage], "--yes", "--skip-preview") as run:
        assert faults.hanging(within=60)
        how(run)
        faults.release()
        assert run.end().status != 0


def recover(stack: Stack, command: str) -> None:
    """Do what docs/troubleshooting.md says after a kill."""
    stack.succeeds("cancel", "--yes")
    stack.refresh("--clear-pending-creates")
    stack.succeeds(command, "--yes", "--skip-preview")
