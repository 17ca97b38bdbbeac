"""Names as people may safely read them."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.review.render import names
from tests.review.render.reviews import texts

_ESCAPE = re.compile(r"\\(?:U([0-9a-f]{8})|u([0-9a-f]{4})|([nrt\\]))")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}


def read_back(shown: str) -> str:
    """Undo what ``visible`` does, written apart from it."""
    return _ESCAPE.sub(lambda found: _SHORT.get(found[3] or "") or chr(int(found[1] or found[2], 16)), shown)


@given(texts | st.text())
def test_a_name_can_be_read_back_from_what_is_shown(name: str) -> None:
    assert read_back(names.visible(name)) == name


@given(texts | st.text())
def test_nothing_in_a_shown_name_hides_or_moves_what_is_around_it(name: str) -> None:
    shown = names.visible(name)
    assert {unicodedata.category(character) for character in shown} <= {
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "Sm", "Sc", "Sk", "So", "Zs", "Cn",
    }  # fmt: skip
    assert not re.search(r"[^\S ]|^ | $|  ", shown)


@given(texts | st.text())
def test_different_names_are_shown_differently(name: str) -> None:
    assert names.visible(name) != names.visible(f"{name}\u200b") != names.visible(f"{name} ")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("AlineD@contoso.com", "AlineD@contoso.com"),
        ("IT Helpdesk (User)", "IT Helpdesk (User)"),
        ("Zoë Müller-Łukasz", "Zoë Müller-Łukasz"),
        ("日本語 עברית", "日本語 עברית"),
        ("CONTOSO\\aline", "CONTOSO\\\\aline"),
        ("two\nlines", "two\\nlines"),
        ("\u202egnimoc", "\\u202egnimoc"),
        ("no\u00a0break", "no\\u00a0break"),
        ("Hangul\u3164filler", "Hangul\\u3164filler"),
        (" a  b ", "\\u0020a \\u0020b\\u0020"),
        ("\U000e0041", "\\U000e0041"),
        ("", ""),
    ],
)  # fmt: skip
def test_common_names_stay_as_they_are_and_odd_ones_say_what_is_odd(name: str, shown: str) -> None:
    assert names.visible(name) == shown


def test_a_long_name_is_cut_and_says_by_how_much() -> None:
    assert names.name("n" * 10_000) == f"{'n' * 120}… (9,880 more characters)"


def test_an_empty_name_is_said_to_be_none() -> None:
    assert names.name("") == "(no name)"
    assert names.sentence("") == ""
