from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from entra_emulator import Emulator, Served
from tests.lifecycle.directory import Directory
from tests.lifecycle.helpdesk import Helpdesk
from tests.lifecycle.stack import Stack
from tools import pulumi_cli, random_plugin
from tools.environment import ROOT
from tools.isolation import Isolation, pulumi_variables
from tools.pulumi_cli import PulumiCli


@pytest.fixture(scope="session")
def cli() -> PulumiCli:
    """The Pulumi CLI that set-up found or made."""
    return pulumi_cli.ensure()


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A Graph with two seeded tenants."""
    with Emulator() as made:
        yield made


@pytest.fixture
def directory(emulator: Emulator) -> Directory:
    """The tenant that the programs are for."""
    return Directory(emulator, emulator.contoso)


@pytest.fixture
def environment(cli: PulumiCli, emulator: Emulator, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A Pulumi home and backend of their own, and an application's secret for the tenant; Graph is served over TLS."""
    with emulator.serve() as served:
        yield _isolated(cli, served, tmp_path)


@pytest.fixture
def stack(environment: Mapping[str, str], tmp_path: Path) -> Stack:
    """A new stack of an empty project."""
    return _new_stack(environment, tmp_path)


@pytest.fixture(scope="session")
def helpdesk(cli: PulumiCli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Helpdesk]:
    """A helpdesk that went up, was edited and came down undisturbed; a test can go back to before each of these."""
    folder = tmp_path_factory.mktemp("helpdesk")
    with Emulator() as emulator, emulator.serve() as served:
        yield Helpdesk(emulator, _new_stack(_isolated(cli, served, folder), folder), folder)


@pytest.fixture
def contoso_helpdesk(cli: PulumiCli, environment: Mapping[str, str], tmp_path: Path) -> Stack:
    """A new stack of the sample program as it is, with the plug-in that it needs."""
    plugin = random_plugin.ensure(cli, ROOT / ".local" / "pulumi-home")
    shutil.copytree(plugin, Path(environment["PULUMI_HOME"]) / "plugins" / plugin.name)
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "programs", folder / "programs")
    shutil.copyfile(ROOT / "Pulumi.yaml", folder / "Pulumi.yaml")
    made = Stack(folder, environment)
    made.succeeds("stack", "init")
    made.succeeds("config", "set", "administrator", "admin@contoso.com")
    return made


def _isolated(cli: PulumiCli, served: Served, folder: Path) -> dict[str, str]:
    variables = pulumi_variables(folder / "engine") | served.environment
    return Isolation(search=[Path(sys.executable).parent, cli.bin], variables=variables).for_process(os.environ)


def _new_stack(environment: Mapping[str, str], folder: Path) -> Stack:
    project = folder / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: contoso\nruntime: python\n")
    made = Stack(project, environment)
    made.succeeds("stack", "init")
    return made
