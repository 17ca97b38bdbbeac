"""What docs/cli.md says of the command is what the command does."""

import re

import pytest

from pulumi_entra_pim.cli.exits import Exit
from pulumi_entra_pim.cli.review import Condition, Format
from pulumi_entra_pim.review.render import document, markdown, names, terminal
from tests.docs.page import ROOT

TEXT = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def cells(heading: str, level: str) -> list[list[str]]:
    """Read the first table under a heading, without its head."""
    section = re.split(rf"^{level} {heading}$", TEXT, flags=re.MULTILINE)[1]
    [table] = re.findall(r"\A\n*(?:(?!\||#).*\n)*((?:\|.*\n)+)", section)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]]


def test_every_exit_code_is_on_the_page_with_its_meaning() -> None:
    assert cells("Exit codes", "##") == [[str(code.value), f"`{code.name}`", code.meaning] for code in Exit]


def test_every_condition_is_on_the_page() -> None:
    assert [name.strip("`") for name, _ in cells("What it fails on", "###")] == list(Condition)


@pytest.mark.parametrize("form", Format)
def test_every_format_is_on_the_page(form: Format) -> None:
    assert f"`{form}`" in TEXT


@pytest.mark.parametrize(
    "said",
    [
        f"at most {markdown.LIMIT:,} characters", f"first {terminal.MOST_ROWS} rows",
        f"more than {names.LONGEST_NAME} characters", f"`schemaVersion` is `{document.SCHEMA_VERSION}`",
    ],
)  # fmt: skip
def test_figures_are_those_of_the_code(said: str) -> None:
    assert said in TEXT
