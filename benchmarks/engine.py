"""A project on the real Pulumi engine, with a served emulator, for one measurement."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entra_emulator import Emulator
from tools import pulumi_cli, random_plugin
from tools.environment import ROOT
from tools.isolation import Isolation, pulumi_variables

# What stands in for the package's resources: the engine and the SDK do all their work, the provider none.
_NO_OP = """
import uuid
import pulumi.dynamic as dynamic


class NoOpProvider(dynamic.ResourceProvider):
    serialize_as_secret_always = False

    def __reduce__(self):
        return NoOpProvider, ()

    def create(self, props):
        return dynamic.CreateResult(str(uuid.uuid4()), props)

    def diff(self, _id, olds, news):
        return dynamic.DiffResult(changes=False)


class NoOp(dynamic.Resource, module="benchmark", name="NoOp"):
    def __init__(self, resource_name, opts=None, **props):
        super().__init__(NoOpProvider(), resource_name, {**props, "effective_end": None}, opts)
"""

_RESOURCES = ("entra.TestUser", "entra.RoleAssignableGroup", "entra.RoleEligibility")


def with_no_op_resources() -> str:
    """Return the Contoso program with resources that do nothing; what it looks up itself stays."""
    program = (ROOT / "programs" / "contoso-helpdesk" / "__main__.py").read_text()
    for name in _RESOURCES:
        program = program.replace(f"{name}(", "NoOp(")
    return program.replace("config = pulumi.Config()", "from no_op import NoOp\n\nconfig = pulumi.Config()")


class Project:
    """A copy of a program in a folder of its own, and the commands on it."""

    def __init__(self, folder: Path, program: str | None, env: dict[str, str]) -> None:
        self._folder = folder
        self._env = env
        shutil.copy(ROOT / "Pulumi.yaml", folder)
        home = folder / "programs" / "contoso-helpdesk"
        shutil.copytree(ROOT / "programs" / "contoso-helpdesk", home)
        if program is not None:
            (home / "__main__.py").write_text(program)
            (home / "no_op.py").write_text(_NO_OP)
        self.run("stack", "select", "--create", "bench")
        self.run("config", "set", "contoso-helpdesk:administrator", "admin@contoso.com")

    def run(self, *arguments: str) -> float:
        """Run a pulumi command and return its wall-clock seconds; raise RuntimeError with its output if it fails."""
        started = time.perf_counter()
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self._folder,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - started
        if done.returncode != 0:
            raise RuntimeError(f"pulumi {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
        return seconds


@contextmanager
def project(program: str | None = None) -> Iterator[tuple[Project, Emulator]]:
    """Make a project of the Contoso program, or of another, and an emulator for it; all of it goes in the end."""
    cli = pulumi_cli.ensure()
    emulator = Emulator()
    with tempfile.TemporaryDirectory() as name, emulator.serve() as served:
        folder = Path(name)
        variables = pulumi_variables(folder / ".local")
        random_plugin.ensure(cli, Path(variables["PULUMI_HOME"]))
        run = Isolation([Path(sys.executable).parent, cli.bin], {**variables, **served.environment})
        (folder / "project").mkdir()
        yield Project(folder / "project", program, run.for_process(os.environ)), emulator
