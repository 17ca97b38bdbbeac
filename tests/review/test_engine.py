"""The corpus is what the engine says today: some of its previews, made anew, are the committed ones to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.review.corpus.cases import CASES
from tests.review.corpus.engine import preview
from tests.review.test_corpus import PREVIEWS, check, reviewed
from tools import pulumi_cli

_SAMPLE = ("first-up", "member-added-by-hand", "group-replaced", "resource-renamed-with-an-alias")


@pytest.mark.engine
@pytest.mark.parametrize("name", _SAMPLE)
def test_the_engine_previews_a_change_as_the_corpus_has_it(name: str, tmp_path: Path) -> None:
    document = preview(CASES[name], pulumi_cli.ensure(), tmp_path)
    check(CASES[name], reviewed(CASES[name], document))
    assert document == (PREVIEWS / f"{name}.json").read_text()
