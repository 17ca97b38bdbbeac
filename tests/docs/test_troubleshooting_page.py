import pytest

from tests.docs import messages
from tests.docs.messages import Message
from tests.docs.page import Page

PAGE = Page("docs/troubleshooting.md")
SHOWN = [cell.codes[0] for table in PAGE.tables("What you see") for cell in table.column("What you see")]
ADDED = [
    cell.codes[0]
    for who in ("Graph's code", "Entra's code")
    for table in PAGE.tables(who, "What we add")
    for cell in table.column("What we add")
]


def _where(message: Message) -> str:
    return message.where


@pytest.mark.parametrize("message", messages.raised(), ids=_where)
def test_every_error_that_is_raised_is_on_the_page(message: Message) -> None:
    assert any(message.is_part_of(shown) for shown in SHOWN), message.text


@pytest.mark.parametrize("message", messages.refused_at_preview(), ids=_where)
def test_everything_that_a_preview_refuses_is_on_the_page(message: Message) -> None:
    assert any(message.is_part_of(shown) for shown in SHOWN), message.text


@pytest.mark.parametrize("message", messages.left_on_the_row(), ids=_where)
def test_every_warning_is_on_the_page(message: Message) -> None:
    assert any(message.is_part_of(shown) for shown in SHOWN), message.text


@pytest.mark.parametrize("message", messages.advice(), ids=_where)
def test_all_advice_is_on_the_page(message: Message) -> None:
    assert any(message.is_part_of(shown) for shown in SHOWN + ADDED), message.text


@pytest.mark.parametrize("shown", SHOWN + ADDED)
def test_everything_on_the_page_is_said_by_the_package(shown: str) -> None:
    assert any(message.is_whole(shown.strip()) for message in messages.all_messages())


@pytest.mark.parametrize("who", ["Graph's code", "Entra's code"])
def test_the_codes_on_the_page_are_those_that_the_package_knows(who: str) -> None:
    codes = {code for table in PAGE.tables(who) for cell in table.column(who) for code in cell.codes}

    assert codes <= messages.words()
    assert codes
