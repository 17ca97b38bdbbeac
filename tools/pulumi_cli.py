"""The Pulumi CLI: the person's own where it is new enough, the official release, or one built from its Go modules."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools import file_lock
from tools.steps import SetupError, StepError, run_step, say

MINIMUM = (3, 254, 0)
_ENGINE = Path(__file__).resolve().parent / "engine"
_PULUMI = _ENGINE / "pulumi"
_LANGUAGE_HOST = _ENGINE / "language-host"
_PULUMI_MODULE = "github.com/pulumi/pulumi/pkg/v3"
_SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
_LAUNCHERS = ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python")
_DOWNLOAD = """
import socket, sys
from pulumi.automation import PulumiCommand
from semver import VersionInfo
socket.setdefaulttimeout(10)
PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))
"""


@dataclass(frozen=True)
class PulumiCli:
    """A Pulumi CLI that runs Python programs: the folder of its executables, its version, and where it came from."""

    bin: Path
    version: str
    origin: str

    @property
    def pulumi(self) -> Path:
        """The executable itself."""
        return self.bin / "pulumi"


def ensure() -> PulumiCli:
    """Return a Pulumi CLI, installing the pinned version into the user's cache folder where PATH has none.

    Raises SetupError when it can neither be downloaded nor built.
    """
    found = _on_path()
    if found is None:
        version = _pinned(_PULUMI, _PULUMI_MODULE)
        home = cache_folder() / f"pulumi-{version}"
        if not home.exists():
            with file_lock.hold(cache_folder() / "install.lock"):
                if not home.exists():
                    _install(home, version)
        found = PulumiCli(home / "bin", version, (home / "origin").read_text().strip())
    say(f"Pulumi CLI {found.version}: {found.origin}, {found.bin}")
    return found


def cache_folder() -> Path:
    """Return the user's cache folder for this project, shared by all clones.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pulumi-entra-pim"


def _on_path() -> PulumiCli | None:
    executable = shutil.which("pulumi")
    if executable is None:
        return None
    folder = Path(executable).resolve().parent
    try:
        version = _version(folder)
        _check_language_host(folder)
    except StepError as failure:
        say(f"Pulumi CLI on PATH: not used, {failure.reason}")
        return None
    if _numbers(version) < MINIMUM:
        say(f"Pulumi CLI {version} on PATH: not used, older than {'.'.join(map(str, MINIMUM))}")
        return None
    return PulumiCli(folder, version, "found on PATH")


def _install(home: Path, version: str) -> None:
    """Fill a folder beside `home` and rename it, so that a half-made one is never taken for the whole."""
    for left_over in home.parent.glob("*.partial"):
        shutil.rmtree(left_over)
    sources: list[tuple[str, Callable[[Path, str], None]]] = [
        ("official release", _download),
        ("built from its published Go modules", _build),
    ]
    reasons = []
    for origin, fill in sources:
        partial = Path(tempfile.mkdtemp(dir=home.parent, suffix=".partial"))
        try:
            fill(partial, version)
            _version(partial / "bin")
            _check_language_host(partial / "bin")
        except SetupError as failure:
            reasons.append(str(failure))
            shutil.rmtree(partial)
        else:
            (partial / "origin").write_text(origin + "\n")
            partial.rename(home)
            return
    raise SetupError(
        f"the Pulumi CLI {version} is missing and cannot be made: {'; '.join(reasons)}."
        f" Install Pulumi (https://www.pulumi.com/docs/install/)"
        f" or Go {_pinned(_PULUMI, 'go')} or newer (https://go.dev/dl/) and run this again"
    )


def _download(home: Path, version: str) -> None:
    run_step(f"Downloading Pulumi CLI {version}", [sys.executable, "-c", _DOWNLOAD, home, version], timeout=300)


def _build(home: Path, version: str) -> None:
    """Build the CLI and its Python language host; the versions and why they differ are in the two go.mod files."""
    go = _go()
    folder = home / "bin"
    folder.mkdir()
    say(f"Pulumi CLI {version}: building it from its published Go modules; this takes some minutes, once")
    _go_build(go, _LANGUAGE_HOST, _SDK_MODULE, "python/cmd/pulumi-language-python", folder)
    _go_build(go, _PULUMI, _PULUMI_MODULE, "cmd/pulumi", folder)
    sdk = run_step(
        "Finding the SDK's launchers", [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", _SDK_MODULE], cwd=_PULUMI
    )
    for launcher in _LAUNCHERS:
        target = folder / Path(launcher).name
        shutil.copyfile(Path(sdk) / "python" / launcher, target)
        target.chmod(0o755)


def _go_build(go: str, module: Path, required: str, package: str, folder: Path) -> None:
    version = f"{_SDK_MODULE}/go/common/version.Version=v{_pinned(module, required)}"
    options = ["-mod=readonly", "-trimpath", "-tags", "osusergo,grpcnotrace", "-ldflags", f"-s -w -X {version}"]
    name = Path(package).name
    run_step(f"Building {name}", [go, "build", *options, "-o", folder / name, f"{required}/{package}"], cwd=module)


def _go() -> str:
    """Find Go; run in the module's folder, a Go that may switch its own toolchain answers with the newer version."""
    go = shutil.which("go")
    wanted = _pinned(_PULUMI, "go")
    if go is None:
        raise SetupError(f"building: Go {wanted} is not on PATH")
    answer = run_step("Asking Go for its version", [go, "version"], cwd=_PULUMI)
    if _numbers(answer) < _numbers(wanted):
        raise SetupError(f"building: Go {wanted} or newer is needed, {go} says: {answer}")
    return go


def _version(folder: Path) -> str:
    """Ask a CLI for its version, away from the person's own Pulumi folder."""
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        answer = run_step("Asking Pulumi for its version", [folder / "pulumi", "version"], timeout=30, env=env)
    return answer.splitlines()[-1].removeprefix("v")


def _check_language_host(folder: Path) -> None:
    run_step("Trying Pulumi's Python language host", [folder / "pulumi-language-python", "-help"], timeout=30)
    for launcher in _LAUNCHERS:
        if not os.access(folder / Path(launcher).name, os.X_OK):
            raise StepError("Pulumi CLI", f"{Path(launcher).name} is not in {folder}", "")


def _pinned(module: Path, name: str) -> str:
    """Read a requirement's version (or, for `go`, the language's) from a module's go.mod."""
    found = re.search(rf"^\s*{re.escape(name)} v?([\d.]+)", (module / "go.mod").read_text(), re.MULTILINE)
    if found is None:
        raise SetupError(f"{module / 'go.mod'} does not require {name}")
    return found[1]


def _numbers(version: str) -> tuple[int, ...]:
    """Read the first dotted version in a text: `go version go1.26.8 linux/amd64` is (1, 26, 8)."""
    found = re.search(r"\d+(?:\.\d+)+", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()
