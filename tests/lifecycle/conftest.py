from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory
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
        variables = pulumi_variables(tmp_path / "engine") | served.environment
        yield Isolation(search=[Path(sys.executable).parent, cli.bin], variables=variables).for_process(os.environ)


@pytest.fixture
def stack(environment: Mapping[str, str], tmp_path: Path) -> Stack:
    """A new stack of an empty project."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: contoso\nruntime: python\n")
    made = Stack(folder, environment)
    made.succeeds("stack", "init")
    return made


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
