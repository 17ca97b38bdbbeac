"""Every claim of the parity page names a test that there is, and every call of the tables has a claim."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from entra_emulator import Emulator
from entra_emulator.exchange import Request
from tests.emulator.graph import EVERYTHING
from tools import parity
from tools.environment import ROOT


@cache
def names_in(path: Path) -> frozenset[str]:
    """Name the tests of a file as pytest does, without their parameters."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return frozenset(name for name in names if name.rpartition("::")[2].startswith("test_"))


@pytest.mark.parametrize("area", parity.claims())
def test_every_claim_names_a_test_that_there_is(area: str) -> None:
    missing = []
    for claim, test in parity.claims()[area].items():
        path, _, name = test.partition("::")
        if not (ROOT / path).is_file() or name not in names_in(ROOT / path):
            missing.append(f"{claim}: {test}")
    assert missing == []


def test_every_call_of_the_tables_has_its_claim_in_the_tables_order() -> None:
    assert list(parity.claims()["calls"]) == parity.calls()


def test_every_gap_of_the_page_says_that_it_is_one() -> None:
    emulator = Emulator()
    headers = {"authorization": f"Bearer {emulator.token(permissions=EVERYTHING)}"}
    for gap in parity.gaps():
        method, _, path = gap.partition(" ")
        path = re.sub(r"\{[^}]*\}", emulator.contoso.administrator_id, path)
        answer = emulator.handle(Request(method, "https://graph.microsoft.com", f"/v1.0{path}", "", headers, b"{}"))
        assert (answer.status, gap) == (501, gap)


def test_no_rule_is_claimed_twice() -> None:
    rules = [claim for area, found in parity.claims().items() if area != "calls" for claim in found]
    assert sorted(rules) == sorted(set(rules))


def test_the_page_is_up_to_date() -> None:
    assert parity.PAGE.read_text() == parity.page(), "python -m tools.parity"
