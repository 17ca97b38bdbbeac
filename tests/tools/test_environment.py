"""The Python environment, made by an interpreter that only writes down what it is asked."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import environment
from tools.steps import SetupError, run_step

# Makes an "environment" whose own python writes down its arguments too.
INTERPRETER = """
echo "python $*" >> "{log}"
mkdir -p "$4/bin"
printf '#!/bin/sh\\necho "pip $*" >> "{log}"\\n{pip}\\n' > "$4/bin/python"
chmod 755 "$4/bin/python"
"""


class Checkout:
    def __init__(self, root: Path, program: Callable[[Path, str], Path]) -> None:
        self.root = root
        self.folder = root / ".venv"
        self._log = root / "log"
        self._program = program
        self.interpreter_with_pip("")
        (root / "requirements.lock").write_text("httpx==0.28.1 --hash=sha256:0\n")
        self.write_pyproject(dependency="httpx", line_length=120)

    def interpreter_with_pip(self, pip: str) -> None:
        self.interpreter = str(self._program(self.root / "python3", INTERPRETER.format(log=self._log, pip=pip)))

    def write_pyproject(self, *, dependency: str, line_length: int) -> None:
        (self.root / "pyproject.toml").write_text(
            f"[build-system]\nrequires = []\n[project]\ndependencies = ['{dependency}']\n[tool.hatch]\n"
            f"[tool.ruff]\nline-length = {line_length}\n"
        )

    def ensure(self) -> list[str]:
        """Return what was run for it."""
        self._log.write_text("")
        environment.ensure(self.folder, self.interpreter)
        return self._log.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path, program: Callable[[Path, str], Path], monkeypatch: pytest.MonkeyPatch) -> Checkout:
    root = tmp_path / "a check out"
    root.mkdir()
    monkeypatch.setattr(environment, "ROOT", root)
    return Checkout(root, program)


def test_a_new_environment_has_the_locked_packages_checked_by_hash_and_this_project(checkout: Checkout) -> None:
    venv, packages, project = checkout.ensure()
    assert venv == f"python -m venv --clear {checkout.folder}"
    assert packages.endswith(f"install --no-deps --require-hashes -r {checkout.root / 'requirements.lock'}")
    assert project.endswith(f"install --no-deps --no-build-isolation -e {checkout.root}")


def test_a_complete_environment_is_left_alone(checkout: Checkout) -> None:
    checkout.ensure()
    checkout.write_pyproject(dependency="httpx", line_length=80)
    assert checkout.ensure() == []


def test_another_lock_makes_it_anew(checkout: Checkout) -> None:
    checkout.ensure()
    (checkout.root / "requirements.lock").write_text("httpx==0.29 --hash=sha256:1\n")
    assert len(checkout.ensure()) == 3


def test_another_dependency_makes_it_anew(checkout: Checkout) -> None:
    checkout.ensure()
    checkout.write_pyproject(dependency="httpx2", line_length=120)
    assert len(checkout.ensure()) == 3


def test_an_environment_whose_interpreter_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.ensure()
    (checkout.folder / "bin" / "python").unlink()
    assert len(checkout.ensure()) == 3


def test_a_half_made_environment_is_made_anew(checkout: Checkout) -> None:
    checkout.interpreter_with_pip("echo No matching distribution found for httpx==0.28.1; exit 1")
    with pytest.raises(SetupError, match=r"No matching distribution found for httpx==0\.28\.1 \(check the network"):
        checkout.ensure()
    checkout.interpreter_with_pip("")
    assert len(checkout.ensure()) == 3


def test_a_python_without_its_venv_module_names_the_package_to_install(
    checkout: Checkout, program: Callable[[Path, str], Path]
) -> None:
    checkout.interpreter = str(program(checkout.root / "python3", "echo No module named venv; exit 1"))
    with pytest.raises(SetupError, match=r"apt install python3-venv\). It said: No module named venv$"):
        checkout.ensure()


def test_this_python_needs_no_more_than_its_own_library_to_make_one() -> None:
    third_party = {"pulumi", "httpx", "msal", "pip"}
    script = "import sys, tools.environment; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = run_step("Importing", [sys.executable, "-S", "-c", script], cwd=environment.ROOT)
    assert third_party.isdisjoint(loaded.split())
