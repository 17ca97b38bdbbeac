"""Changes that a person labelled, as the real engine previews them: the review says what the person said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_entra_pim.review.config import Config, read_config
from pulumi_entra_pim.review.model import ChangeKind, Grant, Review
from pulumi_entra_pim.review.reading import read_preview
from pulumi_entra_pim.review.verdict import review
from tests.review.corpus.cases import CASES, Case
from tests.review.corpus.engine import MOMENT

PREVIEWS = Path(__file__).parent / "corpus" / "previews"
_SIGNS: dict[ChangeKind, str] = {
    "gained": "+",
    "extended": ">",
    "moved": "~",
    "shortened": "<",
    "lost": "-",
    "kept": "=",
}


def reviewed(case: Case, document: str) -> Review:
    config = read_config(case.config, case.stack) if case.config else Config()
    return review(read_preview(document), MOMENT + case.later, config)


def check(case: Case, found: Review) -> None:
    assert found.verdict == case.verdict, found.sentence
    assert {f"{_SIGNS[change.kind]} {_row(change.grant)}" for change in found.changes} == case.rows
    assert {f"{finding.rule} {finding.name}" for finding in found.broken} == case.breaks
    assert {f"{flag.kind} {flag.name}" for flag in found.flags} == case.flags
    changed = [owner for owner in found.owners if owner.kind != "kept"]
    assert {f"{_SIGNS[owner.kind]} {owner.person.label} {owner.group}" for owner in changed} == case.owners
    assert found.complete == case.complete


@pytest.mark.parametrize("name", CASES)
def test_the_review_of_a_change_says_what_a_person_says_of_it(name: str) -> None:
    check(CASES[name], reviewed(CASES[name], (PREVIEWS / f"{name}.json").read_text()))


def test_every_preview_of_the_corpus_has_a_label() -> None:
    assert {file.stem for file in PREVIEWS.glob("*.json")} == set(CASES)


def _row(grant: Grant) -> str:
    scope = "" if grant.scope.id == "/" else f" @ {grant.scope.id}"
    return f"{grant.person.label} {grant.role.name}{scope}"
