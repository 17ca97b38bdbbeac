"""A Pulumi program in a folder of its own, edited and deployed as a person would: with the real CLI."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

_NAME = "test"
_AT_ONCE = ("--yes", "--skip-preview")
_IMPORTS = "import pulumi\nimport pulumi_entra_pim as entra\n"
_RESOURCE = re.compile(r"  \S+ \((.+)\):")


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it said."""

    status: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """Everything on the terminal."""
        return self.stdout + self.stderr

    @property
    def diagnostics(self) -> dict[str, list[str]]:
        """The lines of the closing block by the name of the resource that they stand under."""
        lines = self.stdout.partition("\nDiagnostics:\n")[2].splitlines()
        found: dict[str, list[str]] = {}
        name = ""
        for line in lines:
            heading = _RESOURCE.fullmatch(line)
            if heading:
                name = heading[1]
            elif line.startswith("    ") and name:
                found.setdefault(name, []).append(line.strip())
            elif line.strip():
                break
        return found


class Stack:
    """The stack of a project in ``folder``; ``environment`` is that of every command."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self.name = _NAME
        self._backend = Path(environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
        self._program = folder / "__main__.py"

    def program(self, text: str) -> None:
        """Write the program; the imports are there."""
        self._program.write_text(_IMPORTS + dedent(text))

    def edit(self, before: str, after: str) -> None:
        """Change the one place of the program that reads ``before``."""
        text = self._program.read_text()
        assert text.count(before) == 1, f"{before!r} is {text.count(before)} times in the program"
        self._program.write_text(text.replace(before, after))

    def up(self, *options: str) -> Outcome:
        """Deploy."""
        return self.succeeds("up", *_AT_ONCE, *options)

    def preview(self) -> list[str]:
        """Tell what ``up`` would do, a line a resource: ``update aline: department, job_title``."""
        return _changes(self.succeeds("preview", "--json"))

    def drift(self) -> list[str]:
        """Tell what ``refresh`` would find, in the same lines."""
        return _changes(self.succeeds("refresh", "--preview-only", "--json"))

    def refresh(self, *options: str) -> Outcome:
        """Read the directory into the state."""
        return self.succeeds("refresh", *_AT_ONCE, *options)

    def destroy(self, *options: str) -> Outcome:
        """Take everything down."""
        return self.succeeds("destroy", *_AT_ONCE, *options)

    def rename(self, name: str) -> None:
        """Call the stack something else."""
        self.succeeds("stack", "rename", name)
        self.name = name

    def succeeds(self, *command: str) -> Outcome:
        """Run a command that has to go well."""
        outcome = self.run(*command)
        assert outcome.status == 0, f"pulumi {command[0]} ended with {outcome.status}:\n{outcome.said}"
        return outcome

    def fails(self, command: str, *options: str) -> Outcome:
        """Run ``up``, ``preview``, ``refresh`` or ``destroy``, which has to end as an error."""
        outcome = self.run(command, *(() if command == "preview" else _AT_ONCE), *options)
        assert outcome.status == 1, f"pulumi {command} ended with {outcome.status}:\n{outcome.said}"
        return outcome

    def run(self, *command: str) -> Outcome:
        """Run a command of the CLI on this stack."""
        done = subprocess.run(
            self.line(*command),
            check=False,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def line(self, *command: str) -> list[str]:
        """Return the command line that a command of the CLI is on this stack."""
        return ["pulumi", *command, "--stack", self.name, "--non-interactive", "--color", "never"]

    def copied(self, folder: Path) -> Stack:
        """Return the same stack, program and state and all, with files of its own in a new folder."""
        shutil.copytree(self.folder, folder / "project")
        shutil.copytree(self._backend, folder / "state")
        return Stack(folder / "project", self.environment | {"PULUMI_BACKEND_URL": (folder / "state").as_uri()})

    def ids(self) -> dict[str, str]:
        """Return the ids in the state by the resources' names, providers and the stack itself left out."""
        return {each["urn"].rpartition("::")[2]: each["id"] for each in self._resources() if _is_ours(each["urn"])}

    def pending(self) -> list[str]:
        """Return the names of the resources of which the state says that something was begun and not finished."""
        return [each["resource"]["urn"].rpartition("::")[2] for each in self._latest().get("pending_operations", [])]

    def resource(self, name: str) -> dict[str, Any]:
        """Return a resource as the state has it; {} for one that it has not."""
        return next((each for each in self._resources() if each["urn"].endswith(f"::{name}")), {})

    def files(self) -> list[Path]:
        """Return every file that the engine keeps: state, backups, history and settings of the stack."""
        kept = [*self._backend.rglob("*"), *self.folder.glob("Pulumi.*.yaml")]
        return [file for file in kept if file.is_file()]

    def _resources(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._latest().get("resources", [])
        return found

    def _latest(self) -> dict[str, Any]:
        [file] = self._backend.glob(f".pulumi/stacks/*/{self.name}.json")
        found: dict[str, Any] = json.loads(file.read_text())["checkpoint"]["latest"]
        return found


def _changes(outcome: Outcome) -> list[str]:
    """Tell of a preview's steps in the order of the resources' names; providers and the stack itself left out."""
    steps = [step for step in json.loads(outcome.stdout)["steps"] if _is_ours(step["urn"])]
    return sorted(_change(step) for step in steps if step["op"] not in ("same", "refresh"))


def _is_ours(urn: str) -> bool:
    return "::pulumi:" not in urn


def _change(step: dict[str, Any]) -> str:
    what = f"{step['op']} {step['urn'].rpartition('::')[2]}"
    paths = step.get("detailedDiff") or {}
    properties = sorted({path.partition("[")[0] for path in paths})
    return f"{what}: {', '.join(properties)}" if properties else what
