import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import interpreters

SHIM = "echo 'pyenv: python3.12: command not found' >&2; exit 127"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.defpath}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def test_the_interpreter_on_path_comes_first(folder: Path, program: Callable[[Path, str], Path]) -> None:
    program(folder / "pyenv/versions/3.12.1/bin/python3.12", "echo 3.12")
    on_path = program(folder / "bin/python3.12", "echo 3.12")
    assert interpreters.find("3.12") == str(on_path)


def test_a_shim_that_stands_for_nothing_is_passed_over(folder: Path, program: Callable[[Path, str], Path]) -> None:
    program(folder / "bin/python3.12", SHIM)
    installed = program(folder / "pyenv/versions/3.12.1/bin/python3.12", "echo 3.12")
    assert interpreters.find("3.12") == str(installed)


def test_a_version_that_is_nowhere_is_none(folder: Path, program: Callable[[Path, str], Path]) -> None:
    program(folder / "bin/python3.12", SHIM)
    assert interpreters.find("3.12") is None
