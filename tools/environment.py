"""The Python environment: the locked packages, each checked by its hash, and this project in editable form.

Runs before anything is installed, and so on the standard library alone.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from pathlib import Path

from tools import file_lock
from tools.steps import SetupError, StepError, exit_status, run_step, say

ROOT = Path(__file__).resolve().parent.parent
_STAMP = "complete"


def ensure(folder: Path, interpreter: str) -> None:
    """Make the virtual environment in `folder`, unless it is there and complete.

    Raises SetupError when the interpreter cannot make one or a package cannot be had.
    """
    wanted = _digest(folder)
    if _is_complete(folder, wanted):
        return
    with file_lock.hold(ROOT / ".local" / "environment.lock"):
        if not _is_complete(folder, wanted):
            _make(folder, interpreter)
            (folder / _STAMP).write_text(wanted)


def _is_complete(folder: Path, wanted: str) -> bool:
    stamp = folder / _STAMP
    return (folder / "bin" / "python").exists() and stamp.exists() and stamp.read_text() == wanted


def _digest(folder: Path) -> str:
    """Hash everything that decides what is installed; an environment's scripts also hold its own path."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    installed = {
        "folder": str(folder),
        "lock": (ROOT / "requirements.lock").read_text(),
        "build-system": project["build-system"],
        "project": project["project"],
        "hatch": project["tool"]["hatch"],
    }
    return hashlib.sha256(json.dumps(installed, sort_keys=True).encode()).hexdigest()


def _make(folder: Path, interpreter: str) -> None:
    shown = folder.relative_to(ROOT)
    try:
        run_step(f"Making {shown}", [interpreter, "-m", "venv", "--clear", folder])
    except StepError as failure:
        raise SetupError(
            f"{interpreter} cannot make a virtual environment: install its venv module"
            f" (Debian, Ubuntu: apt install python3-venv). It said: {failure.reason}"
        ) from None
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    install = [*pip, "install", "--no-deps"]
    try:
        lock = str(ROOT / "requirements.lock")
        run_step(f"Installing the locked packages into {shown}", [*install, "--require-hashes", "-r", lock])
        run_step(f"Installing this project into {shown}", [*install, "--no-build-isolation", "-e", str(ROOT)])
    except StepError as failure:
        raise SetupError(
            f"pip could not install the locked packages: {failure.reason}"
            " (check the network, or pip's own index settings: pip config list)"
        ) from None
    say(f"Python environment: {shown} made with {interpreter}")


def main() -> None:
    """Make .venv with the Python that runs this."""
    ensure(ROOT / ".venv", sys.executable)


if __name__ == "__main__":
    sys.exit(exit_status(main))
