import re
from pathlib import Path

import pytest

from pulumi_entra_pim.graph.permissions import NEEDS, Need, needed
from tests.docs.page import ROOT, Page

PAGE = Page("docs/permissions.md")
CALLS = [(call.text, permissions.text) for call, permissions, _ in PAGE.table("Call").rows]
_PERMISSION = re.compile(r"\b[A-Z]\w+\.[A-Z]\w+\.(?:All|Directory)\b")


@pytest.mark.parametrize(("call", "permissions"), CALLS)
def test_a_call_needs_what_the_page_says(call: str, permissions: str) -> None:
    method, path = call.split()

    assert ", ".join(needed(method, path)) == permissions


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: f"{need.method} {need.path}")
def test_every_kind_of_call_is_on_the_page(need: Need) -> None:
    assert any(
        need.method in ("*", method) and re.match(need.path, path) and ", ".join(need.permissions) == permissions
        for call, permissions in CALLS
        for method, path in [call.split()]
    )


# What people who use the command are asked to consent to; tests/cli holds its page to the commands.
COMMANDS = set(_PERMISSION.findall((ROOT / "docs" / "cli.md").read_text()))

# The emulator's page speaks of other clients' calls too.
OURS = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name != "emulator.md")


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_page_names_a_permission_that_no_call_needs(path: Path) -> None:
    known = {permission for need in NEEDS for permission in need.permissions} | COMMANDS

    assert set(_PERMISSION.findall(path.read_text())) <= known
