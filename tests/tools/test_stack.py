import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.stack import abandoned_locks


def lock(state: Path, *, hostname: str, pid: int) -> Path:
    """Lock a stack as Pulumi's file backend does."""
    folder = state / ".pulumi" / "locks" / "organization" / "contoso-helpdesk" / "local"
    folder.mkdir(parents=True, exist_ok=True)
    content = {"pid": pid, "username": "person", "hostname": hostname, "timestamp": "2026-11-23T23:19:34Z"}
    file = folder / f"{pid}.json"
    file.write_text(json.dumps(content))
    return file


@pytest.fixture
def ended() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_lock_of_a_process_that_ended_abandoned_locks(tmp_path: Path, ended: int) -> None:
    left = lock(tmp_path, hostname=os.uname().nodename, pid=ended)
    assert abandoned_locks(tmp_path) == [left]


def test_a_backend_without_locks_has_none_abandoned(tmp_path: Path) -> None:
    assert abandoned_locks(tmp_path) == []


def test_a_lock_of_a_live_process_is_respected(tmp_path: Path, ended: int) -> None:
    lock(tmp_path, hostname=os.uname().nodename, pid=ended)
    lock(tmp_path, hostname=os.uname().nodename, pid=os.getpid())
    assert abandoned_locks(tmp_path) == []


def test_a_lock_of_somebody_elses_process_is_respected(tmp_path: Path) -> None:
    lock(tmp_path, hostname=os.uname().nodename, pid=1)
    assert abandoned_locks(tmp_path) == []


def test_a_lock_of_another_machine_is_respected(tmp_path: Path, ended: int) -> None:
    lock(tmp_path, hostname="elsewhere.example", pid=ended)
    assert abandoned_locks(tmp_path) == []
