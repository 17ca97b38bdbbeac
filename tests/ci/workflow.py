"""The workflow template as the tests read it, and its steps as GitHub's runner would run them."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "docs" / "ci" / "entra-roles.yml"
COMMENT = ROOT / "docs" / "ci" / "comment.py"

Job = dict[str, Any]


def workflow() -> dict[str, Any]:
    """Return the template."""
    # To YAML 1.1 the key `on` is a truth value.
    found: dict[Any, Any] = yaml.safe_load(TEMPLATE.read_text())
    return {"on" if key is True else str(key): value for key, value in found.items()}


def jobs() -> dict[str, Job]:
    """Return the jobs by name."""
    found: dict[str, Job] = workflow()["jobs"]
    return found


def scripts() -> list[tuple[str, str]]:
    """Return what is run, by job and step."""
    return [
        (f"{name}: {step['name']}", step["run"])
        for name, job in jobs().items()
        for step in job["steps"]
        if "run" in step
    ]


@dataclass(frozen=True)
class Ran:
    """How a step ended, and what its log and the job's summary say."""

    status: int
    log: str
    summary: str


class Runner:
    """Runs a template's steps in a checked-out folder, with the variables that GitHub's runner sets."""

    def __init__(self, folder: Path, environment: Mapping[str, str], event: Path) -> None:
        self.folder = folder
        self._summary = folder / "step-summary.md"
        self._environment = dict(environment) | {
            "GITHUB_STEP_SUMMARY": str(self._summary),
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": "contoso/roles",
            "GITHUB_WORKSPACE": str(folder),
        }

    def runs(self, job: str, step: str) -> Ran:
        """Run one step by its name, as bash does on the runner."""
        [script] = [each["run"] for each in jobs()[job]["steps"] if each.get("name") == step]
        self._summary.unlink(missing_ok=True)
        # https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            check=False,
            cwd=self.folder,
            env=self._environment | _literals(jobs()[job].get("env", {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        summary = self._summary.read_text() if self._summary.exists() else ""
        return Ran(done.returncode, done.stdout, summary)


def _literals(variables: Mapping[str, str]) -> dict[str, str]:
    """Return what a job sets without asking GitHub for it."""
    return {name: value for name, value in variables.items() if "${{" not in value}
