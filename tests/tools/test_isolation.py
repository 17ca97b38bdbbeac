"""A run's settings against a person's own."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tools.isolation import Isolation, pulumi_variables, write_private

PERSONS_OWN = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/home/person",
    "NO_PROXY": "intranet",
    "PULUMI_ACCESS_TOKEN": "pul-1",
    "PULUMI_CONFIG_PASSPHRASE": "hunter2",
    "PULUMI_STACK": "production",
    "AZURE_CLIENT_CERTIFICATE_PATH": "/home/person/real tenant.pem",
    "ARM_TENANT_ID": "real",
    "ENTRA_PIM_ACCESS_TOKEN": "real",
}
RUN = Isolation(
    search=[Path("/check out/.venv/bin"), Path("/a cache/bin")],
    variables={"PULUMI_HOME": "/check out/.local/pulumi-home", "AZURE_CLIENT_SECRET": 'it\'s $HOME; `x` "y"'},
)
EXPECTED = {
    "PATH": "/check out/.venv/bin:/a cache/bin:/usr/bin:/bin",
    "HOME": "/home/person",
    "NO_PROXY": "127.0.0.1,localhost,intranet",
    "no_proxy": "127.0.0.1,localhost",
    **RUN.variables,
}


def test_a_process_keeps_the_persons_environment_but_no_other_backend_or_credential() -> None:
    assert RUN.for_process(PERSONS_OWN) == EXPECTED


@pytest.mark.parametrize("shell", [found for found in map(shutil.which, ("sh", "dash", "bash", "zsh")) if found])
@pytest.mark.parametrize("times", [1, 2])
def test_a_shell_that_sources_the_file_is_in_the_same_place(shell: str, times: int, tmp_path: Path) -> None:
    file = tmp_path / "a folder" / "env"
    file.parent.mkdir()
    file.write_text(RUN.for_shell())
    script = 'set -eu; for file; do . "$file"; done; for n in $0; do printenv "$n" || echo unset; done'
    names = [*PERSONS_OWN, *RUN.variables, "no_proxy"]
    command = [shell, "-c", script, " ".join(names), *[str(file)] * times]
    lines = subprocess.run(command, env=PERSONS_OWN, check=True, capture_output=True, text=True).stdout.splitlines()
    found = dict(zip(names, lines, strict=True))
    assert found["PATH"].startswith(EXPECTED["PATH"].removesuffix("/usr/bin:/bin"))
    assert {name: value for name, value in found.items() if name not in {"PATH", "NO_PROXY", "no_proxy"}} == {
        name: EXPECTED.get(name, "unset") for name in names if name not in {"PATH", "NO_PROXY", "no_proxy"}
    }
    assert found["NO_PROXY"].startswith("127.0.0.1,localhost,")
    assert found["NO_PROXY"].endswith("intranet")


def test_pulumis_variables_name_folders_that_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "100% a folder" / ".local"
    variables = pulumi_variables(folder)
    assert Path(variables["PULUMI_HOME"]).is_dir()
    assert (folder / "state").is_dir()
    assert variables["PULUMI_BACKEND_URL"].endswith("/100%25%20a%20folder/.local/state")


def test_a_passphrase_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    passphrase = Path(pulumi_variables(tmp_path)["PULUMI_CONFIG_PASSPHRASE_FILE"])
    first = passphrase.read_text()
    assert len(first) >= 32
    assert stat.S_IMODE(passphrase.stat().st_mode) == 0o600
    pulumi_variables(tmp_path)
    assert passphrase.read_text() == first


def test_a_private_file_is_private_from_the_start_and_replaces_an_open_one(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
