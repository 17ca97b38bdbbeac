import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import random_plugin
from tools.pulumi_cli import PulumiCli

OFFLINE = "echo 'error: failed to download plugin' >&2; exit 1"
OFFICIAL = """
folder="$PULUMI_HOME/plugins/resource-random-$5"
mkdir -p "$folder"
printf '\\177ELF' > "$folder/pulumi-resource-random"
"""


@pytest.fixture
def cli(tmp_path: Path, program: Callable[[Path, str], Path]) -> Callable[[str], PulumiCli]:
    """Make a CLI whose `pulumi plugin install resource random vX` does what a script says."""

    def make(script: str) -> PulumiCli:
        return PulumiCli(program(tmp_path / "bin" / "pulumi", script).parent, "3.259.0", "official release")

    return make


def test_the_official_plug_in_is_taken_where_it_can_be_downloaded(
    cli: Callable[[str], PulumiCli], tmp_path: Path
) -> None:
    folder = random_plugin.ensure(cli(OFFICIAL), tmp_path / "home")
    assert (folder / "pulumi-resource-random").read_bytes() == b"\x7fELF"


def test_the_official_plug_in_is_downloaded_once(cli: Callable[[str], PulumiCli], tmp_path: Path) -> None:
    first = random_plugin.ensure(cli(OFFICIAL), tmp_path / "home")
    assert random_plugin.ensure(cli(OFFLINE), tmp_path / "home") == first
    assert (first / "pulumi-resource-random").read_bytes() == b"\x7fELF"


def test_elsewhere_a_stand_in_is_installed_and_said_in_one_line(
    cli: Callable[[str], PulumiCli], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "a home"
    folder = random_plugin.ensure(cli(OFFLINE), home)
    assert folder.name == "resource-random-v4.21.4"
    assert folder.parent == home / "plugins"
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1
    assert "stand-in" in said[0]


def test_the_stand_in_starts_as_the_engine_starts_a_plug_in(cli: Callable[[str], PulumiCli], tmp_path: Path) -> None:
    folder = random_plugin.ensure(cli(OFFLINE), tmp_path / "a home")
    executable = folder / "pulumi-resource-random"
    assert os.access(executable, os.X_OK)
    with subprocess.Popen([executable, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout is not None
        assert 0 < int(plugin.stdout.readline()) < 65536
        plugin.terminate()
    assert plugin.returncode == 0
