"""A defect of ours is not dressed up as somebody's mistake."""

from pathlib import Path

import pytest

from tests.lifecycle.programs import ALINE
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

# Python imports a module of this name at its start: https://docs.python.org/3/library/site.html
DEFECT = """
from pulumi_entra_pim.resources.user import TestUserProvider

def make(self, operation, inputs):
    return {}["no such key"]

TestUserProvider.make = make
"""


def test_a_defect_shows_its_traceback(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(DEFECT)
    stack.environment["PYTHONPATH"] = str(tmp_path)
    stack.program(ALINE)
    lines = stack.fails("up").diagnostics["aline"]
    assert "Traceback (most recent call last):" in lines[0]
    assert any(line == "KeyError: 'no such key'" or line.endswith("KeyError: 'no such key'") for line in lines)
