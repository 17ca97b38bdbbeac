"""The Contoso helpdesk on this machine: up, tour, down, clean; the emulator, backend and Pulumi home are its own."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from tools import file_lock, pulumi_cli, random_plugin, tour
from tools.emulator_process import EmulatorProcess
from tools.environment import ROOT
from tools.isolation import Isolation, pulumi_variables, write_private
from tools.stack import Stack
from tools.steps import exit_status, say

STACK = "local"
# The program asks for a person where an app runs it; the emulator's seed has this one.
_ADMINISTRATOR = ("contoso-helpdesk:administrator", "admin@contoso.com")
_NEXT = """
Next:
  make tour                            the tutorial's six steps by its two people; takes it down at the end
  source .local/env; pulumi preview    plain Pulumi commands on this stack (also up, refresh, destroy)
  make down                            take it down again
"""


class Demonstration:
    """The project in `root`, run on what is made in its folder `.local`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / ".local"
        self._stack_settings = root / f"Pulumi.{STACK}.yaml"
        self._emulator = EmulatorProcess(self._folder)

    def up(self) -> None:
        """Bring it up, or up to date. Raises SetupError."""
        with file_lock.hold(self._folder / "lock"):
            self._bring_up(self._with_emulator(self._engine()))
        say(_NEXT)

    def tour(self) -> None:
        """Walk through it step by step, after bringing it up if it is not, to its clean-up. Raises SetupError."""
        with file_lock.hold(self._folder / "lock"):
            run = self._with_emulator(self._engine())
            stack = self._stack(run)
            if stack.resource_count() == 0:
                self._bring_up(run)
            tour.walk(run.variables, stack.outputs(), stack.destroy)
        say("\nThat was the tour; make up brings the helpdesk up again.")

    def down(self) -> None:
        """Destroy what is up and stop the emulator; its data and all that was installed stay. Raises SetupError."""
        with file_lock.hold(self._folder / "lock"):
            if self._state.exists():
                engine = self._engine()
                if self._stack(engine).resource_count() > 0:
                    stack = self._stack(self._with_emulator(engine))
                    stack.recover(self._state)
                    stack.destroy()
            self._emulator.stop()
        say("Down: nothing is deployed, and the emulator is stopped.")

    def clean(self) -> None:
        """Take it down, then remove all that was made for it. Raises SetupError."""
        self.down()
        shutil.rmtree(self._folder)
        self._stack_settings.unlink(missing_ok=True)

    def _bring_up(self, run: Isolation) -> None:
        stack = self._stack(run)
        stack.recover(self._state)
        stack.select()
        key, administrator = _ADMINISTRATOR
        if key not in stack.settings():
            stack.set(key, administrator)
        stack.up()

    @property
    def _state(self) -> Path:
        return self._folder / "state"

    def _engine(self) -> Isolation:
        """Make the engine ready: the CLI, a backend, and the plug-in of pulumi-random."""
        cli = pulumi_cli.ensure()
        if self._stack_settings.exists() and not (self._folder / "passphrase").exists():
            say(f"{self._stack_settings.name} is of a .local that was removed, and its secrets with it: made anew")
            self._stack_settings.unlink()
        variables = pulumi_variables(self._folder)
        random_plugin.ensure(cli, Path(variables["PULUMI_HOME"]))
        return Isolation(search=[Path(sys.executable).parent, cli.bin], variables=variables)

    def _with_emulator(self, engine: Isolation) -> Isolation:
        """Add a running emulator, and leave the same settings in a file for the person's shell."""
        run = replace(engine, variables={**engine.variables, **self._emulator.ensure()})
        write_private(self._folder / "env", run.for_shell())
        return run

    def _stack(self, run: Isolation) -> Stack:
        return Stack(self._root, STACK, run.for_process(os.environ))


def main() -> None:
    """Run the command named by the first argument."""
    demonstration = Demonstration(ROOT)
    commands = {
        "up": demonstration.up,
        "tour": demonstration.tour,
        "down": demonstration.down,
        "clean": demonstration.clean,
    }
    commands[sys.argv[1]]()


if __name__ == "__main__":
    sys.exit(exit_status(main))
