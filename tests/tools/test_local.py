"""`make up`, `tour`, `down` and `clean`: the Contoso helpdesk in a check-out of its own, on the real engine."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.emulator_process import EmulatorProcess
from tools.environment import ROOT
from tools.local import Demonstration

pytestmark = [
    pytest.mark.engine,
    # The emulator outlives whoever starts it.
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "a check out"
    shutil.copytree(ROOT / "programs", root / "programs")
    shutil.copy(ROOT / "Pulumi.yaml", root)
    yield root
    EmulatorProcess(root / ".local").stop()


def sourced(checkout: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a plain shell, as a person does after `source .local/env`."""
    script = f". ./.local/env; {command}"
    return subprocess.run(["sh", "-c", script], check=False, cwd=checkout, capture_output=True, text=True)


def test_up_plain_commands_tour_and_down_again_and_again(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    demonstration = Demonstration(checkout)

    demonstration.up()
    said = capfd.readouterr().out
    assert re.search(r"aline_password\s*: \[secret\]", said)
    assert "make tour" in said
    assert "source .local/env" in said

    demonstration.up()
    assert "5 unchanged" in capfd.readouterr().out

    assert sourced(checkout, "pulumi preview --expect-no-changes").returncode == 0
    assert sourced(checkout, "pulumi refresh --yes --skip-preview --expect-no-changes").returncode == 0
    assert sourced(checkout, "pulumi destroy --yes --skip-preview").returncode == 0
    assert "+ 5 created" in sourced(checkout, "pulumi up --yes --skip-preview").stdout

    capfd.readouterr()
    demonstration.tour()
    said = capfd.readouterr().out
    assert re.findall(r"^Step (\d)\.", said, re.MULTILINE) == ["1", "2", "3", "4", "5", "6"]
    assert "User Administrator over the whole directory is active until" in said
    assert "- 5 deleted" in said

    demonstration.up()
    demonstration.down()
    assert "- 5 deleted" in capfd.readouterr().out
    demonstration.down()

    demonstration.tour()
    said = capfd.readouterr().out
    assert "+ 5 created" in said
    assert "Step 6." in said

    demonstration.clean()
    assert {entry.name for entry in checkout.iterdir()} == {"Pulumi.yaml", "programs"}


def test_a_run_that_was_killed_is_gone_on_from(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    lock = checkout / ".local/state/.pulumi/locks/organization/contoso-helpdesk/local/lock.json"
    lock.parent.mkdir(parents=True)
    holder = {
        "pid": killed.pid,
        "username": "person",
        "hostname": os.uname().nodename,
        "timestamp": "2026-11-23T23:00:00Z",
    }
    lock.write_text(json.dumps(holder))

    Demonstration(checkout).up()
    said = capfd.readouterr().out
    assert "The last run was killed: releasing its lock on the stack" in said
    assert "+ 5 created" in said
    assert not lock.exists()


def test_stack_settings_of_a_local_folder_that_was_removed_do_not_stop_it(
    checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = checkout / "Pulumi.local.yaml"
    settings.write_text("encryptionsalt: v1:AAAAAAAAAAA=:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n")
    Demonstration(checkout).up()
    assert "Pulumi.local.yaml" in capfd.readouterr().out
    assert "admin@contoso.com" in settings.read_text()


def test_down_is_safe_where_nothing_was_ever_up(checkout: Path) -> None:
    Demonstration(checkout).down()
    assert not (checkout / ".local/state").exists()
