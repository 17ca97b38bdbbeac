"""Have the real engine preview a case, and write down of its document what is the same in every run."""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from entra_emulator import Emulator, Served
from pulumi_entra_pim import BuiltInRole
from tests.lifecycle.directory import Directory
from tests.lifecycle.stack import Stack
from tests.review.corpus.cases import Case
from tests.review.corpus.programs import ADMINISTRATOR, CUSTOM_ROLE, MALLORY, SECOND_UNIT, UNIT
from tools.environment import ROOT
from tools.isolation import Isolation, pulumi_variables
from tools.pulumi_cli import PulumiCli

MOMENT = datetime(2027, 1, 1, tzinfo=UTC)
"""When the first program of every case came up, as its document says."""

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_FIXED = {_UNKNOWN, ADMINISTRATOR, CUSTOM_ROLE, MALLORY, *(each[-36:] for each in (UNIT, SECOND_UNIT)), *BuiltInRole}
# Places on this machine, moments of this run, and pickled code: no part of a change.
_LEFT_OUT = frozenset({"sourcePosition", "stackTrace", "created", "modified", "provider", "__provider", "config"})
_PROGRAM = """
from datetime import datetime, timedelta


def from_now(**length):
    return f"{{datetime.fromisoformat('{now}') + timedelta(**length):%Y-%m-%dT%H:%M:%SZ}}"


"""


def preview(case: Case, cli: PulumiCli, folder: Path) -> str:
    """Bring a case about in a tenant and on a stack of its own; return what the engine says of it."""
    with Emulator() as emulator, emulator.serve() as served:
        emulator.clock.freeze()
        now = emulator.clock.set(emulator.clock.now().replace(microsecond=0) + timedelta(seconds=1))
        directory = Directory(emulator, emulator.contoso)
        ids = {fixed: make(directory) for fixed, make in case.objects.items()}
        stack = _stack(case, cli, served, folder)
        if case.before:
            stack.program(_program(case.before, now, ids))
            stack.up()
        if case.meanwhile is not None:
            case.meanwhile(directory)
        stack.program(_program(case.after, now, ids))
        said = stack.run(case.command, "--json", *case.options).stdout.replace(str(folder), "").replace(str(ROOT), "")
    return written(json.loads(said), now, {real: fixed for fixed, real in ids.items()})


def written(document: dict[str, Any], now: datetime, known: dict[str, str]) -> str:
    """Write a document with the ids and moments that it has in every run, its steps in one order."""
    document.get("steps", []).sort(key=lambda step: (step["urn"], step["op"]))
    text = json.dumps(_trimmed(document) | {"duration": 0}, indent=1, sort_keys=True, ensure_ascii=False)
    numbered: dict[str, str] = {}

    def id_(found: re.Match[str]) -> str:
        if found[0] in known or found[0] in _FIXED:
            return known.get(found[0], found[0])
        return numbered.setdefault(found[0], f"{len(numbered) + 1:08x}-0000-4000-8000-000000000000")

    def moment(found: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(found[0]) - now + MOMENT:%Y-%m-%dT%H:%M:%SZ}"

    return _TIME.sub(moment, _ID.sub(id_, text)) + "\n"


def _program(text: str, now: datetime, ids: dict[str, str]) -> str:
    for fixed, real in ids.items():
        text = text.replace(fixed, real)
    return _PROGRAM.format(now=now.isoformat()) + text


def _stack(case: Case, cli: PulumiCli, served: Served, folder: Path) -> Stack:
    variables = pulumi_variables(folder / "engine") | served.environment
    environment = Isolation([Path(sys.executable).parent, cli.bin], variables).for_process(os.environ)
    project = folder / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: contoso\nruntime: python\n")
    stack = Stack(project, environment)
    stack.name = case.stack
    stack.succeeds("stack", "init")
    return stack


def _trimmed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _trimmed(each) for name, each in value.items() if name not in _LEFT_OUT}
    if isinstance(value, list):
        trimmed = [_trimmed(each) for each in value]
        # What a resource depends on is a set to the engine.
        return sorted(trimmed) if all(str(each).startswith("urn:") for each in trimmed) else trimmed
    return value
