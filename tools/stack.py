"""A stack of a project on a local backend, driven by plain pulumi commands."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from tools.steps import SetupError, run_step, say, watch


class Stack:
    """The stack `name` of the project in `folder`; `env` is the environment of every command."""

    def __init__(self, folder: Path, name: str, env: Mapping[str, str]) -> None:
        self._folder = folder
        self._name = name
        self._env = env

    def select(self) -> None:
        """Make the stack if it is missing, and the one that plain commands in the folder act on."""
        self._ask("stack", "select", "--create", self._name)

    def settings(self) -> dict[str, object]:
        """Return the stack's configuration, by full key."""
        return dict(json.loads(self._ask("config", "--json", "--stack", self._name)))

    def set(self, key: str, value: str) -> None:
        """Set a configuration key."""
        self._ask("config", "set", key, value, "--stack", self._name)

    def resource_count(self) -> int:
        """Count the resources that are up; a stack that does not exist has none."""
        stacks = json.loads(self._ask("stack", "ls", "--json"))
        return sum(int(stack.get("resourceCount", 0)) for stack in stacks if stack["name"] == self._name)

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs; secrets stay hidden."""
        return dict(json.loads(self._ask("stack", "output", "--json", "--stack", self._name)))

    def up(self) -> None:
        """Run `pulumi up` for the person to watch. Raises SetupError when it fails."""
        self._show("up", "--yes", "--skip-preview")

    def destroy(self) -> None:
        """Run `pulumi destroy` for the person to watch. Raises SetupError when it fails."""
        self._show("destroy", "--yes", "--skip-preview")

    def recover(self, state: Path) -> None:
        """Go on after a Pulumi that was killed: its lock and unfinished creates stay in the file backend `state`."""
        locks = abandoned_locks(state)
        if locks:
            say("The last run was killed: releasing its lock on the stack")
            for lock in locks:
                lock.unlink()
            if self.resource_count() > 0:
                self._show("refresh", "--yes", "--skip-preview", "--clear-pending-creates")

    def _ask(self, *arguments: str) -> str:
        return run_step(f"pulumi {' '.join(arguments[:2])}", ["pulumi", *arguments], cwd=self._folder, env=self._env)

    def _show(self, verb: str, *options: str) -> None:
        status = watch(["pulumi", verb, *options, "--stack", self._name], cwd=self._folder, env=self._env)
        if status != 0:
            raise SetupError(f"pulumi {verb} did not finish (status {status}); the lines above say why")


def abandoned_locks(state: Path) -> list[Path]:
    """List the locks on a file backend if all are of processes of this machine that have ended; else none.

    `pulumi cancel` removes the same files, but only where there is a stack already.
    """
    locks = list(state.glob(".pulumi/locks/**/*.json"))
    holders = [json.loads(lock.read_text()) for lock in locks]
    return [] if any(_may_live(holder["hostname"], holder["pid"]) for holder in holders) else locks


def _may_live(hostname: str, pid: int) -> bool:
    if hostname != os.uname().nodename:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
