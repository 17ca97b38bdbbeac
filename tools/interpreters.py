"""The other Pythons of this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tools.steps import StepError, run_step


def find(version: str) -> str | None:
    """Find an interpreter of a version such as "3.12" that runs; None where this machine has none.

    A pyenv shim on PATH may stand for nothing, and so pyenv's own versions are looked at too.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    installed = sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))
    candidates = [*filter(None, [shutil.which(f"python{version}")]), *map(str, installed)]
    return next((candidate for candidate in candidates if _version(candidate) == version), None)


def _version(interpreter: str) -> str | None:
    script = "import sys; print('{}.{}'.format(*sys.version_info))"
    try:
        return run_step(f"Trying {interpreter}", [interpreter, "-c", script], timeout=30)
    except StepError:
        return None
