"""Whatever is given: a review, or one line that says what was expected. Never a traceback, never a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.review.declared import ELIGIBILITY, GROUP, USER
from pulumi_entra_pim.review.model import ReviewError
from pulumi_entra_pim.review.reading import read_preview
from pulumi_entra_pim.review.verdict import review
from tests.review.corpus.engine import MOMENT
from tests.review.previews import UNKNOWN, document, grant, group, guid, reviewed, step, urn, user

_PREVIEWS = sorted((Path(__file__).parent / "corpus" / "previews").glob("*.json"))

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.sampled_from([UNKNOWN, "[secret]", USER, GROUP, ELIGIBILITY, "same", "delete", guid(1), "P30D", "urn:pulumi:"]),
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)


def _reviewed(text: str) -> str:
    """Return the verdict, or the one line that says why there is none."""
    try:
        said: str = review(read_preview(text), MOMENT).verdict
    except ReviewError as error:
        said = str(error)
    assert len(said.splitlines()) == 1
    return said


@given(_JSON)
def test_any_json_is_reviewed_or_refused_in_one_line(value: object) -> None:
    _reviewed(json.dumps(value))


@given(st.text())
def test_any_text_is_refused_in_one_line(text: str) -> None:
    _reviewed(text)


@given(st.data())
def test_a_preview_with_any_part_exchanged_is_reviewed_or_refused_in_one_line(data: st.DataObject) -> None:
    preview = json.loads(data.draw(st.sampled_from(_PREVIEWS)).read_text())
    inside, place = data.draw(st.sampled_from([*_places(preview)]))
    inside[place] = data.draw(_JSON)
    _reviewed(json.dumps(preview))


@given(st.data())
def test_a_preview_that_is_cut_off_is_refused_in_one_line(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(_PREVIEWS)).read_text().rstrip()
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    assert "`pulumi preview --json --show-sames`" in _reviewed(cut)


@given(st.text(min_size=1).filter(lambda text: text.strip() and text not in (UNKNOWN, "[secret]")))
def test_a_password_is_in_no_part_of_a_review(text: str) -> None:
    password = f"canary{text}canary"
    before, after = user(password=password), user(password=f"{password}2")
    found = reviewed(
        step("update", USER, "aline", before, after, id_=guid(1)),
        diagnostics=[{"severity": "error", "message": password, "urn": "urn:pulumi:test::contoso::x::y"}],
    )
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "the input is empty"),
        ("{}\n{}", "not one whole JSON document (line 2, column 1"),
        ("[" * 100_000, "not a JSON document that can be read"),
        ("1" * 5_000, "not a JSON document that can be read"),
        ("[]", "not of a preview (it has no steps)"),
        ('{"resources": []}', "not of a preview (it has no steps)"),
        ('{"steps": {}}', "steps of the document is not of type list"),
        ('{"steps": [1]}', "step 1 is not an object"),
    ],
)
def test_what_is_no_preview_is_said_to_be_none(text: str, line: str) -> None:
    with pytest.raises(ReviewError) as refused:
        read_preview(text)
    assert line in str(refused.value)


def test_an_operation_of_a_newer_engine_is_named() -> None:
    with pytest.raises(ReviewError, match="step 1 does 'transmute' to 'aline', which this version does not know"):
        read_preview(document(step("transmute", USER, "aline", user(), user(), id_=guid(1))))


def test_a_name_with_line_breaks_does_not_break_the_line() -> None:
    sources: dict[str, Any] = {"a\x1eb\u2028c": 1}
    steps = [{"op": "create", "urn": urn(USER, "aline"), "newState": {"propertyDependencies": sources}}]
    with pytest.raises(ReviewError) as refused:
        read_preview(json.dumps({"steps": steps, "changeSummary": {}}))
    assert str(refused.value).startswith("a b c of propertyDependencies of newState of step 1 is not")


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (grant(end="tomorrow"), "end of grant is not a moment"),
        (grant(end="2027-06-01T00:00:00"), "end of grant is not a moment with its zone"),
        (grant(end="9999-12-31T23:59:59Z"), "end of grant is not a moment with its zone"),
        (grant(duration="P1000Y"), "duration of grant is not a duration"),
        (grant(duration="whenever"), "duration of grant is not a duration"),
        (grant(principal_id=None), "principal_id of grant is not given"),
        (grant(principal_id=3), "principal_id of grant is not a string"),
        (grant(adopt_existing="yes"), "adopt_existing of grant is not true or false"),
    ],
)
def test_a_value_of_another_shape_is_named(values: dict[str, Any], line: str) -> None:
    with pytest.raises(ReviewError) as refused:
        read_preview(document(step("create", ELIGIBILITY, "grant", None, values)))
    assert line in str(refused.value)


def test_a_list_of_another_shape_is_named() -> None:
    with pytest.raises(ReviewError, match="members of desk is not a list"):
        read_preview(document(step("create", GROUP, "desk", None, group(members={"a": 1}))))


def test_a_byte_order_mark_and_halves_of_characters_do_no_harm() -> None:
    text = document(step("create", USER, "aline", None, user(user_principal_name="\ud800@contoso.com")))
    assert review(read_preview("\ufeff" + text), MOMENT).verdict == "unchanged"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ReviewError, match="is no moment to review at"):
        review(read_preview(document()), MOMENT.replace(tzinfo=None))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Return every place of a document that something stands in: the object or list, and the name or number."""
    for place in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, place
        if isinstance(value[place], dict | list):
            yield from _places(value[place])
