"""The emulator in the background, with the real one."""

import os
import select
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tools import file_lock
from tools.emulator_process import EmulatorProcess
from tools.steps import SetupError

# The emulator outlives whoever starts it.
pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "a folder"
    folder.mkdir()
    yield folder
    EmulatorProcess(folder).stop()


def pid(folder: Path) -> int:
    return int((folder / "emulator.pid").read_text())


def clock(variables: dict[str, str], day: str | None = None) -> str:
    """Return the emulator's date, after setting it if asked: something that its data keep."""
    tls = ssl.create_default_context(cafile=variables["ENTRA_PIM_CA_FILE"])
    with httpx.Client(base_url=f"{variables['ENTRA_PIM_GRAPH_URL']}/_emulator", verify=tls, trust_env=False) as client:
        if day is not None:
            client.post("/clock/set", json={"now": f"{day}T00:00:00Z"}).raise_for_status()
        return str(client.get("/clock").raise_for_status().json()["now"])[:10]


def test_it_tells_its_clients_what_to_set_and_answers_over_tls(folder: Path) -> None:
    process = EmulatorProcess(folder)
    assert not process.answers()
    variables = process.ensure()
    assert process.answers()
    assert {"AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "ENTRA_PIM_AUTHORITY_URL"} < variables.keys()
    assert not [file.name for file in folder.iterdir() if file.is_file() and secret_is_open(file, variables)]


def secret_is_open(file: Path, variables: dict[str, str]) -> bool:
    return variables["AZURE_CLIENT_SECRET"] in file.read_text() and file.stat().st_mode & 0o077 != 0


def test_a_running_one_is_used_again(folder: Path) -> None:
    first = EmulatorProcess(folder).ensure()
    running = pid(folder)
    assert EmulatorProcess(folder).ensure() == first
    assert pid(folder) == running


def test_a_crashed_one_comes_back_on_its_port_with_its_data(folder: Path) -> None:
    process = EmulatorProcess(folder)
    before = process.ensure()
    assert clock(before, "2031-05-01") == "2031-05-01"
    end = os.pidfd_open(pid(folder))
    os.kill(pid(folder), signal.SIGKILL)
    # Until it is gone, its port takes connections that nobody answers.
    select.select([end], [], [])
    os.close(end)
    with file_lock.hold(folder / "emulator.lock"):
        assert not process.answers()
    assert process.ensure() == before
    assert clock(before) == "2031-05-01"


def test_when_its_port_is_taken_it_takes_another(folder: Path) -> None:
    process = EmulatorProcess(folder)
    url = httpx.URL(process.ensure()["ENTRA_PIM_GRAPH_URL"])
    process.stop()
    with socket.create_server(("127.0.0.1", url.port or 0)):
        assert httpx.URL(process.ensure()["ENTRA_PIM_GRAPH_URL"]).port != url.port
    assert process.answers()


def test_a_start_that_was_interrupted_is_taken_up_again(folder: Path) -> None:
    EmulatorProcess(folder).ensure()
    (folder / "emulator.exports").unlink()
    unfinished = pid(folder)
    assert EmulatorProcess(folder).ensure()
    assert pid(folder) != unfinished


def test_one_that_cannot_start_says_why_and_where_its_log_is(folder: Path) -> None:
    (folder / "emulator").write_text("a file where the data folder goes")
    with pytest.raises(SetupError, match=rf"does not start: entra-emulator: .*{folder / 'emulator.log'}"):
        EmulatorProcess(folder).ensure()


def test_stopping_leaves_nothing_running_and_is_safe_when_nothing_runs(folder: Path) -> None:
    process = EmulatorProcess(folder)
    process.ensure()
    process.stop()
    assert not process.answers()
    process.stop()


def test_a_process_that_has_got_an_old_ones_id_is_left_alone(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as stranger:
        (folder / "emulator.pid").write_text(str(stranger.pid))
        EmulatorProcess(folder).stop()
        EmulatorProcess(folder).ensure()
        assert stranger.poll() is None
