"""What is on this machine: the Pulumi CLI, its plug-ins, and the Python that it starts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from .check import Check, failed, not_checked, passed

_DOWNLOAD = "https://www.pulumi.com/docs/iac/download-install/"
_LANGUAGE_HOST = "pulumi-language-python"
_SECONDS = 60
# What the engine does when it needs a provider of ours: the dotted name is in every state.
_LOAD = """
from importlib.metadata import version
from pulumi_entra_pim.resources import HOMES, load_provider
for kind in HOMES:
    load_provider(kind)
print(version("pulumi-entra-pim"))
"""


def pulumi() -> Iterator[Check]:
    """Look for the CLI and its host for Python programs."""
    executable = shutil.which("pulumi")
    if executable is None:
        yield failed("Pulumi", "there is no pulumi on PATH", f"install it: {_DOWNLOAD}")
        return
    said = _run(["pulumi", "version"])
    if said.returncode:
        yield failed(
            "Pulumi", f"pulumi version ended with {said.returncode}: {_last(said)}", f"install it anew: {_DOWNLOAD}"
        )
        return
    sdk = version("pulumi")
    beside = Path(executable).resolve().parent
    if shutil.which(_LANGUAGE_HOST, path=os.pathsep.join((str(beside), os.environ.get("PATH", "")))) is None:
        yield failed("Pulumi", f"there is no {_LANGUAGE_HOST} beside {executable}", f"install it anew: {_DOWNLOAD}")
        return
    yield passed("Pulumi", f"CLI {said.stdout.strip()}, Python SDK {sdk}")


def plug_ins(wanted: Sequence[tuple[str, str]]) -> Iterator[Check]:
    """Look whether the plug-ins that a stack was made with are installed."""
    if not wanted:
        yield passed("plug-ins", "the stack needs none")
        return
    if shutil.which("pulumi") is None:
        yield not_checked("plug-ins", "there is no pulumi on PATH")
        return
    said = _run(["pulumi", "plugin", "ls", "--json"])
    try:
        listed = json.loads(said.stdout)
        installed = {
            (str(each["name"]), str(each.get("version") or "")) for each in listed if each["kind"] == "resource"
        }
    except (ValueError, TypeError, KeyError):
        yield not_checked("plug-ins", f"pulumi plugin ls ended with {said.returncode}: {_last(said)}")
        return
    for name, wanted_version in wanted:
        is_there = any(name == other and wanted_version in ("", found) for other, found in installed)
        if is_there:
            yield passed(f"plug-in {name}", wanted_version or "any version")
        else:
            yield failed(
                f"plug-in {name}",
                f"{wanted_version or 'no version'} is not installed",
                f"pulumi plugin install resource {name} {wanted_version}".rstrip(),
            )


def python(folder: Path) -> Iterator[Check]:
    """Load the providers as the engine does, in the Python that it starts for the program in a folder."""
    command = interpreter(folder, os.environ)
    if command is None:
        yield not_checked("Python", "Pulumi.yaml has Pulumi's toolchain find it", "run doctor within that environment")
        return
    executable = shutil.which(command)
    if executable is None:
        yield failed("Python", f"there is no {command}", "name one in PULUMI_PYTHON_CMD, or put it on PATH")
        return
    said, ours = _run([executable, "-c", _LOAD]), version("pulumi-entra-pim")
    if said.returncode:
        advice = "install pulumi-entra-pim there, or have Pulumi start another one: PULUMI_PYTHON_CMD, PATH"
        yield failed("Python", f"{executable} cannot load the providers: {_last(said)}", advice)
    elif said.stdout.strip() != ours:
        found = f"{executable} has pulumi-entra-pim {said.stdout.strip()}, and this command is {ours}"
        yield failed("Python", found, "install one version in both")
    else:
        yield passed("Python", f"{executable} loads the providers of pulumi-entra-pim {ours}")


def interpreter(folder: Path, environ: Mapping[str, str]) -> str | None:
    """Return the Python that Pulumi starts for the project in a folder; None where a toolchain finds it.

    https://www.pulumi.com/docs/iac/languages-sdks/python/#virtual-environments
    """
    if environ.get("PULUMI_PYTHON_CMD"):
        return environ["PULUMI_PYTHON_CMD"]
    options = _options(folder / "Pulumi.yaml")
    if options.get("toolchain") not in (None, "pip"):
        return None
    if options.get("virtualenv"):
        return str(folder / str(options["virtualenv"]) / "bin" / "python")
    return "python3" if shutil.which("python3") else "python"


def providers(in_state: Mapping[str, Collection[str]]) -> Iterator[Check]:
    """Compare the providers that a state holds with those that this version would write."""
    from pulumi.dynamic.dynamic import serialize_provider

    from ...resources import HOMES, load_provider

    for kind, pickled in in_state.items():
        name = f"provider of {kind} in the state"
        if kind not in HOMES:
            yield failed(name, "this version has no such resource", "install the version that wrote the state")
        elif set(pickled) == {serialize_provider(load_provider(kind))}:
            yield passed(name, "as this version writes it")
        else:
            yield failed(name, "not as this version writes it", "run pulumi up: it writes the provider anew")


def _options(file: Path) -> Mapping[str, object]:
    """Return what a project file says of its runtime; nothing where there is none that can be read."""
    import yaml

    try:
        document = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    runtime = document.get("runtime") if isinstance(document, dict) else None
    options = runtime.get("options") if isinstance(runtime, dict) else None
    return options if isinstance(options, dict) else {}


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command without a terminal; one that cannot be started, or does not end, has failed."""
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=_SECONDS,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _last(said: subprocess.CompletedProcess[str]) -> str:
    return next(iter(reversed(said.stderr.strip().splitlines())), "it said nothing")
