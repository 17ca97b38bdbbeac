"""What imported things are called: readable, valid, each its own, and the same ones tomorrow."""

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.importing.names import slug, unique, variable

WORDS = st.text(max_size=80)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["IT Helpdesk (User)"], "it-helpdesk-user"),
        (["Équipe d'assistance"], "equipe-d-assistance"),
        (["User Administrator", "Aline_D"], "user-administrator-aline-d"),
        (["User Administrator", "aline", "/"], "user-administrator-aline"),
        (["1st line"], "group-1st-line"),
        (["ヘルプデスク"], "group"),
        ([""], "group"),
        (["x" * 100], "x" * 60),
        (["x" * 59, "yz"], "x" * 59),
    ],
)
def test_a_name_is_made_of_what_people_say(words: list[str], name: str) -> None:
    assert slug("group", *words) == name


@given(st.lists(WORDS))
def test_any_words_make_a_name_for_the_engine_and_for_python(words: list[str]) -> None:
    name = slug("group", *words)

    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)
    assert variable(name).isidentifier()
    assert not keyword.iskeyword(variable(name))


@given(st.dictionaries(st.text(), WORDS.map(lambda words: slug("group", words))))
def test_no_two_things_have_one_name(wanted: dict[str, str]) -> None:
    names = unique(wanted)

    assert names.keys() == wanted.keys()
    assert len(set(names.values())) == len(wanted)
    assert len({variable(name) for name in names.values()}) == len(wanted)


def test_only_things_of_one_name_get_a_mark_and_it_is_their_own() -> None:
    names = unique({"a": "helpdesk", "b": "helpdesk", "c": "operations"})

    assert names == {"a": "helpdesk-ca978112", "b": "helpdesk-3e23e816", "c": "operations"}
    assert unique({"c": "operations", "b": "helpdesk", "a": "helpdesk"}) == names


def test_a_thing_that_is_called_like_anothers_mark_keeps_apart_from_it() -> None:
    names = unique({"a": "helpdesk", "b": "helpdesk", "c": "helpdesk-ca978112"})

    assert len(set(names.values())) == 3


@pytest.mark.parametrize(("name", "word"), [("class", "class_"), ("entra", "entra_"), ("it-helpdesk", "it_helpdesk")])
def test_a_variable_is_no_word_of_python_or_of_the_program(name: str, word: str) -> None:
    assert variable(name) == word
