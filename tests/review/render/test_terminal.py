"""A review for a terminal."""

import io
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings

from pulumi_entra_pim.review.model import Review
from pulumi_entra_pim.review.render import contents, terminal
from tests.review.render.reviews import any_review, desk_of, helpdesk


def shown(review: Review, width: int = 120) -> str:
    written = io.StringIO()
    terminal.show(contents.report(review), written, width)
    return written.getvalue()


def test_the_verdict_comes_first() -> None:
    assert shown(helpdesk()).startswith("Access moved · contoso-helpdesk/dev\n1 person can become User Administrator")


def test_a_replacement_is_said_before_any_table() -> None:
    head, _, _ = shown(helpdesk()).partition("What changes (3)")
    assert "! it-helpdesk is replaced: every grant through it goes" in head


@settings(max_examples=50)
@given(any_review)
def test_no_name_moves_the_cursor_or_changes_colours(review: Review) -> None:
    assert not [c for c in shown(review) if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_it_fits_the_terminal(width: int) -> None:
    assert max(len(line) for line in shown(helpdesk(), width).splitlines()) <= width


def test_text_in_brackets_is_no_markup() -> None:
    assert "\n[red]x[/red]\n" in shown(replace(helpdesk(), sentence="[red]x[/red]"))


def test_of_a_long_table_the_beginning_is_shown_and_the_rest_counted() -> None:
    text = shown(desk_of(150))
    assert text.count("+ gains") == 100
    assert "… and 50 more rows: the other formats show them." in text


def test_what_is_folded_is_counted() -> None:
    assert "What stays: 1. Rules that could not be checked: 1. Rules kept: 1." in shown(helpdesk())
