import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.environment import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    return tmp_path


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    # Not as a part of the make that may be running these tests.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(command, check=False, cwd=checkout, env=env, capture_output=True, text=True)


def test_an_old_python_is_one_line_that_says_what_to_do(checkout: Path, program: Callable[[Path, str], Path]) -> None:
    old = program(checkout / "python3.10", "exit 1")
    said = make(checkout, "up", f"PYTHON={old}").stderr.splitlines()
    assert said[0] == (
        f"error: '{old}' is not Python 3.11 or newer: install one (https://www.python.org/downloads/),"
        " or name it: make up PYTHON=python3.12"
    )
    assert said[1:] == [line for line in said[1:] if line.startswith("make:")]


@pytest.mark.parametrize("target", ["down", "clean"])
def test_taking_down_what_was_never_up_makes_nothing(checkout: Path, target: str) -> None:
    assert make(checkout, target).returncode == 0
    assert [entry.name for entry in checkout.iterdir()] == ["Makefile"]


def test_help_lists_every_target_a_person_may_type(checkout: Path) -> None:
    listed = [line.split()[1] for line in make(checkout).stdout.splitlines()]
    assert listed == ["help", "up", "tour", "down", "clean", "test", "soak", "bench", "lock"]
