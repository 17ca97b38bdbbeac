"""What the person sees of a step, and what is left of it when it fails."""

import sys
from pathlib import Path

import pytest

from tools import file_lock
from tools.steps import SetupError, StepError, exit_status, run_step, watch


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def test_a_step_returns_what_the_command_printed_without_its_warnings() -> None:
    script = "import sys; print('{}'); print('warning: old', file=sys.stderr)"
    assert run_step("Counting", python(script)) == "{}"


def test_a_step_shows_nothing_while_it_is_quick(capsys: pytest.CaptureFixture[str]) -> None:
    run_step("Blinking", python("pass"))
    assert capsys.readouterr().out == ""


def test_a_failed_step_names_itself_and_the_last_thing_the_command_said() -> None:
    with pytest.raises(StepError, match=r"^Building: no compiler$") as failure:
        run_step("Building", python("import sys; print('looking'); sys.exit('no compiler\\n')"))
    assert failure.value.output == "looking\nno compiler"


def test_a_command_that_fails_in_silence_is_told_by_its_status() -> None:
    with pytest.raises(StepError, match="exit status 3"):
        run_step("Building", python("raise SystemExit(3)"))


def test_a_command_that_is_not_there_is_a_failed_step() -> None:
    with pytest.raises(StepError, match="no-such-command"):
        run_step("Building", ["no-such-command"])


def test_a_step_out_of_time_ends_with_everything_it_started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = tmp_path / "held by the command and its child"
    script = f"""
import fcntl, subprocess
file = open({str(lock)!r}, "a")
fcntl.flock(file, fcntl.LOCK_EX)
subprocess.Popen(["sleep", "600"], pass_fds=[file.fileno()]).wait()
"""
    with pytest.raises(StepError, match="Waiting: not done after 1 s"):
        run_step("Waiting", python(script), timeout=1)
    with file_lock.hold(lock):
        assert "Waiting … 1 s" in capsys.readouterr().out


def test_a_watched_command_writes_to_the_terminal_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert watch(python("import os; print(os.getcwd()); raise SystemExit(7)"), cwd=tmp_path) == 7
    assert capfd.readouterr().out.strip() == str(tmp_path)


def test_a_setup_error_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise SetupError("Go is missing: https://go.dev/dl/")

    assert exit_status(main) == 1
    assert capsys.readouterr().err == "error: Go is missing: https://go.dev/dl/\n"
