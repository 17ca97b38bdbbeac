"""Which Pulumi CLI is taken, with programs that stand for Pulumi and Go."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import pulumi_cli
from tools.steps import SetupError

PINNED = "3.259.0"
HOST_AND_LAUNCHERS = ("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")
OFFLINE = "raise SystemExit('get.pulumi.com cannot be reached')"


class Machine:
    """A machine with nothing on PATH but a shell's own programs, no cache, and no network."""

    def __init__(self, folder: Path, program: Callable[[Path, str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
        self.programs = folder / "programs"
        self.cache = folder / "a cache" / "pulumi-entra-pim"
        self._program = program
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("PATH", f"{self.programs}{os.pathsep}{os.defpath}")
        monkeypatch.setenv("XDG_CACHE_HOME", str(self.cache.parent))
        self.download_runs(OFFLINE)

    def has_pulumi(self, version: str) -> None:
        self._program(self.programs / "pulumi", f"echo v{version}")
        for name in HOST_AND_LAUNCHERS:
            self._program(self.programs / name, "")

    def has_go(self, version: str) -> None:
        """Have a Go whose build writes a program that tells its own version, and whose modules are in a folder."""
        modules = self.programs.parent / "modules"
        for launcher in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
            self._program(modules / "python" / launcher, "")
        self._program(
            self.programs / "go",
            f"""
case "$1" in
  version) echo "go version go{version} linux/amd64" ;;
  list) echo "{modules}" ;;
  build)
    while [ "$1" != "-o" ]; do shift; done
    printf '#!/bin/sh\\necho v{PINNED}\\n' > "$2"; chmod 755 "$2" ;;
esac""",
        )

    def download_runs(self, script: str) -> None:
        self._monkeypatch.setattr(pulumi_cli, "_DOWNLOAD", script)


@pytest.fixture
def machine(tmp_path: Path, program: Callable[[Path, str], Path], monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, program, monkeypatch)


OFFICIAL = f"""
import pathlib, sys
assert sys.argv[2] == "{PINNED}"
for name in ("pulumi", *{HOST_AND_LAUNCHERS}):
    file = pathlib.Path(sys.argv[1], "bin", name)
    file.parent.mkdir(exist_ok=True)
    file.write_text("#!/bin/sh\\necho v" + sys.argv[2])
    file.chmod(0o755)
"""


def test_the_persons_own_pulumi_is_taken_when_it_is_new_enough(machine: Machine) -> None:
    machine.has_pulumi("3.254.0")
    found = pulumi_cli.ensure()
    assert (found.bin, found.version, found.origin) == (machine.programs, "3.254.0", "found on PATH")
    assert not machine.cache.exists()


def test_a_link_on_path_leads_to_the_folder_with_the_language_host(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has_pulumi("3.260.1")
    links = machine.programs.parent / "links"
    links.mkdir()
    (links / "pulumi").symlink_to(machine.programs / "pulumi")
    monkeypatch.setenv("PATH", f"{links}{os.pathsep}{os.defpath}")
    assert pulumi_cli.ensure().bin == machine.programs


def test_an_old_pulumi_on_path_is_passed_over_and_said(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.has_pulumi("3.99.0")
    machine.download_runs(OFFICIAL)
    assert pulumi_cli.ensure().version == PINNED
    assert "Pulumi CLI 3.99.0 on PATH: not used, older than 3.254.0" in capsys.readouterr().out


def test_a_pulumi_without_its_python_host_is_passed_over_and_said(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.has_pulumi("3.260.0")
    (machine.programs / "pulumi-resource-pulumi-python").unlink()
    machine.download_runs(OFFICIAL)
    assert pulumi_cli.ensure().version == PINNED
    assert "pulumi-resource-pulumi-python is not in" in capsys.readouterr().out


def test_the_official_release_comes_before_a_build(machine: Machine) -> None:
    machine.has_go("1.26.8")
    machine.download_runs(OFFICIAL)
    found = pulumi_cli.ensure()
    assert (found.bin, found.origin) == (machine.cache / f"pulumi-{PINNED}" / "bin", "official release")
    assert found.pulumi.exists()


def test_without_the_download_it_is_built_with_host_and_launchers_beside_it(machine: Machine) -> None:
    machine.has_go("1.26.8")
    found = pulumi_cli.ensure()
    assert found.origin == "built from its published Go modules"
    assert {file.name for file in found.bin.iterdir()} == {"pulumi", *HOST_AND_LAUNCHERS}
    assert all(os.access(file, os.X_OK) for file in found.bin.iterdir())


def test_a_second_clone_costs_nothing(machine: Machine) -> None:
    machine.has_go("1.26.8")
    first = pulumi_cli.ensure()
    (machine.programs / "go").unlink()
    assert pulumi_cli.ensure() == first


def test_what_an_interrupted_install_left_is_cleared_away(machine: Machine) -> None:
    (machine.cache / "abc.partial" / "bin").mkdir(parents=True)
    machine.has_go("1.26.8")
    pulumi_cli.ensure()
    assert {entry.name for entry in machine.cache.iterdir()} == {f"pulumi-{PINNED}", "install.lock"}


def test_no_network_and_no_go_is_one_line_that_says_what_to_install(machine: Machine) -> None:
    with pytest.raises(SetupError) as failure:
        pulumi_cli.ensure()
    message = str(failure.value)
    assert "get.pulumi.com cannot be reached" in message
    assert "Go 1.25.11 is not on PATH" in message
    assert "https://www.pulumi.com/docs/install/" in message
    assert "https://go.dev/dl/" in message
    assert "\n" not in message
    assert {entry.name for entry in machine.cache.iterdir()} == {"install.lock"}


def test_an_old_go_is_told_apart_from_none(machine: Machine) -> None:
    machine.has_go("1.25.9")
    with pytest.raises(SetupError, match=r"Go 1\.25\.11 or newer is needed, .* says: go version go1\.25\.9"):
        pulumi_cli.ensure()
