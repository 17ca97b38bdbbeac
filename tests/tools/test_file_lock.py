import subprocess
import sys
from pathlib import Path

from tools import file_lock


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "new folder" / "lock"
    with file_lock.hold(lock):
        assert file_lock.try_lock(lock) is None
    free = file_lock.try_lock(lock)
    assert free is not None
    free.close()


def test_a_lock_lives_as_long_as_the_process_that_inherited_it(tmp_path: Path) -> None:
    held = file_lock.try_lock(tmp_path / "lock")
    assert held is not None
    with held:
        script = "import sys; sys.stdin.read()"
        heir = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, pass_fds=[held.fileno()])
    assert file_lock.try_lock(tmp_path / "lock") is None
    heir.communicate()
    with file_lock.hold(tmp_path / "lock"):
        assert heir.returncode == 0


def test_a_second_run_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from tools import file_lock
with file_lock.hold(Path({str(tmp_path / "lock")!r})):
    print("second")
"""
    with file_lock.hold(tmp_path / "lock"):
        second = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert second.stdout is not None
        assert second.stdout.readline().startswith("Waiting for another run to finish")
    assert second.communicate()[0] == "second\n"
