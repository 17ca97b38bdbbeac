"""The whole check of a change: style, types, layers, tests on this Python and the others, and coverage."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tools import browser, environment, interpreters, pulumi_cli, random_plugin
from tools.environment import ROOT
from tools.steps import SetupError, StepError, exit_status, run_step, say, watch

_PYTHONS = ("3.11", "3.12", "3.13")
_PYTEST = ["-m", "pytest", "-n", "auto", "--dist", "worksteal"]
_FULLY_COVERED = "provider/pulumi_entra_pim/graph/*,provider/pulumi_entra_pim/resources/*"


def main() -> None:
    """Run every check; the first that fails ends the run. Raises SetupError."""
    random_plugin.ensure(pulumi_cli.ensure(), ROOT / ".local" / "pulumi-home")
    browser.ensure()
    installed = Path(sys.executable).parent
    _check("style", [installed / "ruff", "check", "."])
    _check("format", [installed / "ruff", "format", "--check", "."])
    _check("types", [installed / "mypy"])
    _check("layers", [installed / "lint-imports"])
    if watch([sys.executable, *_PYTEST, "--cov", "--cov-report=term"], cwd=ROOT) != 0:
        raise SetupError("tests failed; the lines above say which")
    _check("coverage", [installed / "coverage", "report"])
    fully = ["report", "--fail-under=100", f"--include={_FULLY_COVERED}"]
    _check("coverage of graph and resources", [installed / "coverage", *fully])
    for version in _PYTHONS:
        if version != "{}.{}".format(*sys.version_info):
            _check_on(version)


def _check(label: str, command: Sequence[str | Path]) -> None:
    try:
        run_step(label, command, cwd=ROOT)
    except StepError as failure:
        say(failure.output)
        raise SetupError(f"{label} failed; the lines above say where") from None
    say(f"{label}: ok")


def _check_on(version: str) -> None:
    """Run the tests below the engine on another Python, where this machine has it."""
    label = f"tests below the engine on Python {version}"
    interpreter = interpreters.find(version)
    if interpreter is None:
        say(f"{label}: not run, this machine has none")
        return
    folder = ROOT / ".local" / f"python{version}"
    environment.ensure(folder, interpreter)
    _check(label, [folder / "bin" / "python", *_PYTEST, "-m", "not engine and not browser"])


if __name__ == "__main__":
    sys.exit(exit_status(main))
