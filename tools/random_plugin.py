"""The plug-in behind pulumi-random: the official one, or this repository's stand-in where that cannot be downloaded."""

from __future__ import annotations

import importlib.metadata
import os
import shlex
import sys
from pathlib import Path

from tools.pulumi_cli import PulumiCli
from tools.steps import StepError, run_step, say

_STAND_IN = Path(__file__).resolve().parent / "random_stand_in.py"


def ensure(cli: PulumiCli, pulumi_home: Path) -> Path:
    """Put the plug-in that the installed pulumi-random asks for into a PULUMI_HOME and return its folder.

    A stand-in stays until its folder is removed; another PULUMI_HOME may be given a copy of the folder.
    """
    version = importlib.metadata.version("pulumi-random")
    folder = pulumi_home / "plugins" / f"resource-random-v{version}"
    executable = folder / "pulumi-resource-random"
    if not executable.exists() and _download(cli, pulumi_home, version):
        say(f"Plug-in pulumi-random {version}: official release")
    elif not executable.exists() or _is_stand_in(executable):
        _install_stand_in(executable)
        say(
            f"Plug-in pulumi-random {version}: a stand-in of this repository (RandomPassword only),"
            " because the official one could not be downloaded"
        )
    return folder


def _download(cli: PulumiCli, pulumi_home: Path, version: str) -> bool:
    command = [str(cli.pulumi), "plugin", "install", "resource", "random", f"v{version}"]
    env = {**os.environ, "PULUMI_HOME": str(pulumi_home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        run_step(f"Downloading plug-in pulumi-random {version}", command, timeout=60, env=env)
    except StepError:
        return False
    return True


def _is_stand_in(executable: Path) -> bool:
    with executable.open("rb") as file:
        return file.read(2) == b"#!"


def _install_stand_in(executable: Path) -> None:
    """Write a launcher; a `#!` line with the interpreter itself would not survive a space in its path."""
    launcher = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(_STAND_IN))} "$@"\n'
    executable.parent.mkdir(parents=True, exist_ok=True)
    unfinished = executable.with_suffix(f".{os.getpid()}")
    unfinished.write_text(launcher)
    unfinished.chmod(0o755)
    unfinished.replace(executable)
