"""``entra-pim review``, as a shell and a terminal see it."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_entra_pim.cli import review as command
from pulumi_entra_pim.cli.exits import Exit
from pulumi_entra_pim.review.model import Finding, Verdict
from tests.docs.page import ROOT
from tests.review.render.reviews import finding, helpdesk

COMMAND = [sys.executable, "-m", "pulumi_entra_pim.cli", "review"]
AS_OF = ("--as-of", "2026-12-01T12:00:00Z")
CANARY = "xWwvJ]6NMw+bWH-d"
_URN = "urn:pulumi:dev::contoso::{type}::{name}"
_TYPE = "pulumi-python:dynamic/entra-pim:"
_USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
_ALINE = "0d9f3a0e-7d5e-4f2c-8f2e-2d8f6c6a0b11"


def resource(kind: str, name: str, identifier: str, **inputs: object) -> dict[str, object]:
    type_ = f"{_TYPE}{kind}"
    return {
        "urn": _URN.format(type=type_, name=name), "type": type_, "custom": True, "id": identifier,
        "inputs": {"__provider": "p", **inputs}, "outputs": {"__provider": "p", "tenant_id": "t", **inputs},
    }  # fmt: skip


def eligibility(**changes: object) -> dict[str, object]:
    triple = {"principal_id": _ALINE, "role_definition_id": _USER_ADMINISTRATOR, "directory_scope_id": "/"}
    window = {"start": "2026-12-01T00:00:00Z", "end": "2027-03-01T00:00:00Z", "permanent": False}
    return resource("RoleEligibility", "helpdesk", f"/|{_USER_ADMINISTRATOR}|{_ALINE}",
                    **triple, **window, justification="Resets passwords for Paris", **changes)  # fmt: skip


def aline(shown: str = "[secret]") -> dict[str, object]:
    return resource("TestUser", "aline", _ALINE, user_principal_name="AlineD@contoso.com", display_name="Aline Dupont",
                    mail_nickname="AlineD", password=shown)  # fmt: skip


def step(op: str, old: dict[str, object] | None, new: dict[str, object] | None) -> dict[str, object]:
    either = new or old
    assert either is not None
    states = {"oldState": old, "newState": new}
    return {"op": op, "urn": either["urn"], **{name: state for name, state in states.items() if state is not None}}


def document(*steps: dict[str, object]) -> str:
    stack: dict[str, object] = {
        "urn": "urn:pulumi:dev::contoso::pulumi:pulumi:Stack::contoso-dev",
        "type": "pulumi:pulumi:Stack",
    }
    return json.dumps({"config": {}, "steps": [step("same", stack, stack), *steps], "changeSummary": {}})


BROADENED = document(step("same", aline(CANARY), aline(CANARY)), step("create", None, eligibility()))
NARROWED = document(step("same", aline(), aline()), step("delete", eligibility(), None))
UNCHANGED = document(step("same", aline(), aline()), step("same", eligibility(), eligibility()))


def run(*arguments: str, preview: str | bytes = BROADENED, cwd: Path | None = None,
        env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:  # fmt: skip
    given = preview if isinstance(preview, bytes) else preview.encode()
    done = subprocess.run([*COMMAND, *arguments], input=given, capture_output=True, cwd=cwd, env=env, check=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def told(done: subprocess.CompletedProcess[str]) -> str:
    """Read the one line of a command that could not be done."""
    assert (done.returncode, done.stdout) == (Exit.IMPOSSIBLE, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("entra-pim: ")
    return line.removeprefix("entra-pim: ")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder without a configuration of ours."""
    return tmp_path


def test_a_preview_is_reviewed_from_a_pipe() -> None:
    done = run(*AS_OF)
    assert (done.returncode, done.stderr) == (Exit.DONE, "")
    assert done.stdout.startswith("Access broadened · contoso/dev\n")
    assert "AlineD@contoso.com" in done.stdout


def test_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    file.write_text(NARROWED)
    assert run("--preview", str(file), *AS_OF, preview="").stdout.startswith("Access narrowed · contoso/dev\n")


@pytest.mark.parametrize(
    ("form", "beginning"),
    [
        ("terminal", "Access broadened"),
        ("markdown", "### 🔺 Access broadened"),
        ("json", "{"),
        ("html", "<!doctype html>"),
    ],
)
def test_every_format_goes_to_standard_output_or_to_a_file(form: str, beginning: str, tmp_path: Path) -> None:
    printed = run("--format", form, *AS_OF)
    assert printed.stdout.startswith(beginning)
    file = tmp_path / "review"
    written = run("--format", form, "--out", str(file), *AS_OF)
    assert (written.returncode, written.stdout, written.stderr) == (Exit.DONE, "", "")
    assert file.read_text() == printed.stdout


@pytest.mark.parametrize("form", command.Format)
def test_the_same_input_and_moment_give_the_same_bytes(form: str) -> None:
    environments = [
        {**os.environ, "PYTHONHASHSEED": seed, "COLUMNS": width} for seed, width in (("1", "80"), ("2", "200"))
    ]
    first, second = (run("--format", form, *AS_OF, env=env) for env in environments)
    assert first.stdout == second.stdout != ""


@pytest.mark.parametrize("form", command.Format)
def test_a_password_in_the_preview_is_in_no_format(form: str) -> None:
    shown = run("--format", form, *AS_OF)
    assert shown.returncode == Exit.DONE
    for spelling in (CANARY, json.dumps(CANARY)[1:-1], CANARY.replace("]", "\\]"), CANARY.partition("]")[0]):
        assert spelling not in shown.stdout


def test_people_are_redacted_on_request() -> None:
    for form in command.Format:
        shown = run("--format", form, "--redact", "people", *AS_OF).stdout
        assert re.search(r"person-[0-9a-f]{10}|person#45;", shown)
        assert not re.search(r"alined|aline|0d9f3a0e", shown, re.IGNORECASE)


@pytest.mark.parametrize("platform", ["github", "gitlab", "azure-devops"])
def test_markdown_is_written_for_where_it_is_read(platform: str) -> None:
    shown = run("--format", "markdown", "--platform", platform, *AS_OF).stdout
    assert ("::: mermaid" in shown) == (platform == "azure-devops")


def test_a_preview_that_failed_is_reviewed_as_far_as_it_came_and_does_not_pass(tmp_path: Path) -> None:
    failed = json.loads(BROADENED) | {"diagnostics": [{"message": "error: it failed", "severity": "error"}]}
    file = tmp_path / "review.md"
    done = run("--format", "markdown", "--out", str(file), "--fail-on", "broadened", *AS_OF, preview=json.dumps(failed))
    assert done.returncode == Exit.FOUND
    assert file.read_text().startswith("### ")
    assert "Nothing here is called unchanged" in file.read_text()


@pytest.mark.parametrize("form", command.Format)
def test_what_the_real_engine_says_of_the_contoso_program_is_reviewed(form: str) -> None:
    preview = ROOT / "tests" / "review" / "render" / "contoso.json"
    shown = run("--preview", str(preview), "--format", form, "--as-of", "2026-11-25").stdout
    for expected in ("IsabellaS", "AlineD", "IT Helpdesk (User)", "User Administrator", "2027-05-23"):
        assert expected in shown


# What makes it fail on purpose


@pytest.mark.parametrize(
    ("preview", "conditions", "code"),
    [
        (BROADENED, ["broadened"], Exit.FOUND),
        (BROADENED, ["changed"], Exit.FOUND),
        (BROADENED, ["narrowed"], Exit.DONE),
        (BROADENED, ["unknown"], Exit.DONE),
        (NARROWED, ["broadened"], Exit.DONE),
        (NARROWED, ["narrowed"], Exit.FOUND),
        (UNCHANGED, ["broadened", "narrowed", "changed", "unknown"], Exit.DONE),
        (BROADENED, ["narrowed", "broadened"], Exit.FOUND),
        (BROADENED, [], Exit.DONE),
    ],
)
def test_fail_on_sets_the_exit_code_after_everything_was_written(
    preview: str, conditions: list[str], code: Exit
) -> None:
    options = [option for condition in conditions for option in ("--fail-on", condition)]
    done = run(*options, *AS_OF, preview=preview)
    assert done.returncode == code
    assert done.stdout.startswith("Access ")
    assert done.stderr.startswith("entra-pim: found what --fail-on names: ") == (code is Exit.FOUND)


@pytest.mark.parametrize(
    ("verdict", "met"),
    [
        ("broadened", {"broadened", "changed"}),
        ("moved", {"broadened", "narrowed", "changed"}),
        ("narrowed", {"narrowed", "changed"}),
        ("unchanged", set()),
        ("unknown", {"broadened", "narrowed", "changed", "unknown"}),
    ],
)
def test_what_cannot_be_told_is_never_let_pass(verdict: Verdict, met: set[str]) -> None:
    review = replace(helpdesk(), verdict=verdict, findings=())
    assert {condition for condition, is_so in command.CONDITIONS.items() if is_so(review)} == met


@pytest.mark.parametrize(
    ("found", "met"),
    [
        (finding("PIM-E01", "failed"), {"mandatory", "advisory"}),
        (finding("PIM-E01", "failed", mandatory=False), {"advisory"}),
        (finding("PIM-E01", "failed", exempt=True), set()),
        (finding("PIM-E01", "not checked"), {"unchecked"}),
        (finding("PIM-E01", "not checked", mandatory=False), set()),
        (finding("PIM-E01", "passed"), set()),
    ],
)
def test_rules_are_failed_on_by_level_and_an_exception_counts(found: Finding, met: set[str]) -> None:
    review = replace(helpdesk(), verdict="unchanged", findings=(found,))
    assert {condition for condition, is_so in command.CONDITIONS.items() if is_so(review)} == met


# What cannot be done


@pytest.mark.parametrize(
    "preview", ["", "no json", "[]", "{}", BROADENED[:200], '{"steps": 1}', "null", b"\xff\xfe{\x00}\x00"]
)
def test_what_is_no_preview_is_told_in_one_line(preview: str | bytes) -> None:
    assert told(run(preview=preview))


def test_a_missing_file_is_told_in_one_line(tmp_path: Path) -> None:
    assert told(run("--preview", str(tmp_path / "none.json"))) == f"{tmp_path}/none.json: No such file or directory"
    assert told(run("--config", str(tmp_path / "none.toml"))) == f"{tmp_path}/none.toml: No such file or directory"
    assert told(run("--out", str(tmp_path / "no" / "file"))) == f"{tmp_path}/no/file: No such file or directory"


def test_a_configuration_that_is_none_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "entra-pim.toml").write_text("[[[")
    assert told(run(cwd=tmp_path))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--as-of", "soon"], ["--format", "pdf"], ["--fail-on", "anything"], ["--redact", "groups"],
        ["--preview", "a", "--stack", "b"], ["--what"],
    ],
)  # fmt: skip
def test_a_wrong_call_says_so(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (Exit.WRONG_CALL, "")


# The preview that it runs itself


def pulumi(folder: Path, script: str) -> dict[str, str]:
    """Put a ``pulumi`` on PATH that does what a script says."""
    file = folder / "pulumi"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return {**os.environ, "PATH": str(folder)}


def test_it_runs_the_preview_of_a_stack_itself(tmp_path: Path) -> None:
    (tmp_path / "preview.json").write_text(BROADENED)
    cat = shutil.which("cat")
    env = pulumi(tmp_path, f'echo "$@" > "{tmp_path}/called"; exec {cat} "{tmp_path}/preview.json"')
    assert run("--stack", "dev", *AS_OF, preview="", env=env).stdout.startswith("Access broadened")
    assert (tmp_path / "called").read_text() == "preview --json --show-sames --non-interactive --stack dev\n"


def test_without_pulumi_it_says_where_to_get_it(tmp_path: Path) -> None:
    assert told(run("--stack", "dev", env={**os.environ, "PATH": str(tmp_path)})).startswith(
        "there is no pulumi on PATH"
    )


def test_what_pulumi_says_instead_of_a_preview_is_passed_on(tmp_path: Path) -> None:
    env = pulumi(tmp_path, "echo 'error: no stack named \"dev\" found' >&2; exit 255")
    assert told(run("--stack", "dev", env=env)) == 'pulumi preview ended with 255: error: no stack named "dev" found'


# Before a person


def at_a_terminal(arguments: Sequence[str], preview: str | None, columns: int = 100,
                  env: Mapping[str, str] = os.environ) -> tuple[int, str]:  # fmt: skip
    """Run the command with a terminal for its output, and for its input if there is no preview; tell what it showed."""
    main, side = pty.openpty()
    env = {**env, "TERM": "xterm-256color", "COLUMNS": str(columns)}
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=side if preview is None else subprocess.PIPE, stdout=side, stderr=side, env=env
    ) as process:
        os.close(side)
        if preview is not None:
            assert process.stdin is not None
            process.stdin.write(preview.encode())
            process.stdin.close()
        shown = b""
        while True:
            try:
                read = os.read(main, 65_536)
            except OSError:
                break
            if not read:
                break
            shown += read
        os.close(main)
        return process.wait(), shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colours_and_a_pipe_does_not() -> None:
    code, shown = at_a_terminal(AS_OF, BROADENED)
    assert code == Exit.DONE
    assert "\x1b[1;31mAccess broadened · contoso/dev\x1b[0m" in shown
    assert "\x1b" not in run(*AS_OF).stdout


def test_a_person_who_waits_for_a_preview_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "preview.json").write_text(BROADENED)
    env = pulumi(tmp_path, f'exec {shutil.which("cat")} "{tmp_path}/preview.json"')
    _, shown = at_a_terminal(["--stack", "dev", *AS_OF], None, env=env)
    assert shown.startswith("entra-pim: running pulumi preview …\n")
    assert "Access broadened · contoso/dev" in shown


def test_a_wide_table_fits_the_terminal() -> None:
    _, shown = at_a_terminal(AS_OF, BROADENED, columns=72)
    assert max(len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in shown.splitlines()) <= 72


def test_at_a_terminal_it_does_not_wait_for_a_preview_that_nobody_types() -> None:
    code, shown = at_a_terminal((), None)
    assert code == Exit.IMPOSSIBLE
    assert shown.startswith("entra-pim: pipe in what pulumi preview --json --show-sames writes")


# Help


def test_the_help_names_every_option_and_shows_examples() -> None:
    shown = run("--help").stdout
    for expected in ("--preview", "--stack", "--format", "--platform", "--out", "--as-of", "--config", "--redact",
                     "--fail-on", "entra-pim review --stack dev", "Exit codes: 0 done;"):  # fmt: skip
        assert expected in shown


def test_every_exit_code_has_a_meaning() -> None:
    assert all(code.meaning for code in Exit)
