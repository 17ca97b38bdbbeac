"""A review as Markdown, read as GitHub, GitLab and Azure DevOps read it."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_entra_pim.review.model import Review
from pulumi_entra_pim.review.render import contents, markdown, names
from pulumi_entra_pim.review.render.markdown import LIMIT, Platform
from tests.review.render import gfm
from tests.review.render.reviews import any_review, desk_of, finding, helpdesk, texts

_OURS = {"https://learn.microsoft.com/entra/"}
_HTML = re.compile(r"<br>|</?sub>|</?details>|<summary>[^<]*(<strong>)?|</summary>")


def written(review: Review, platform: Platform = Platform.GITHUB) -> str:
    return markdown.render(contents.report(review), platform)


def test_the_verdict_comes_first_and_the_sentence_next() -> None:
    lines = written(helpdesk()).splitlines()
    assert lines[0] == "### 🔶 Access moved · contoso-helpdesk/dev"
    assert lines[2].startswith("1 person can become User Administrator")


def test_a_row_says_who_gains_which_role_over_what_through_which_group_and_for_how_long() -> None:
    page = gfm.read(written(helpdesk()))
    assert page.tables[0][0] == ["Change", "Who", "Role", "Through", "How and when"]
    assert page.tables[0][1] == [
        "🔺 + gains\nmade a member of IT Helpdesk (User)",
        "AlineD@contoso.com\ncreated in this change",
        "User Administrator\nPRIVILEGED CISA\nover the whole directory",
        "IT Helpdesk (User)\nResets passwords for the Paris office, CHG-1042",
        "eligible, 2026-12-01 → 2027-11-30 (364 days)",
    ]


def test_what_is_extended_says_what_it_was() -> None:
    assert gfm.read(written(helpdesk())).tables[0][2][-1] == (
        "eligible, 2026-12-01 → 2027-03-01 (90 days)\nwas eligible, 2026-12-01 → 2026-12-31 (30 days)"
    )


def test_of_rules_that_are_not_kept_those_with_an_exception_come_last() -> None:
    findings = (finding("PIM-G03", "failed", exempt=True), finding("PIM-E06", "failed"))
    rows = gfm.read(written(replace(helpdesk(), findings=findings))).tables[-2][1:]
    assert [row[0] for row in rows] == ["🛑 mandatory", "excepted\nuntil 2027-01-31"]
    assert rows[1][3].endswith("security@\u200bcontoso.com: until the tender is through")


def test_a_replacement_of_a_group_stands_above_everything_as_an_alert() -> None:
    assert "> [!CAUTION]\n> `it-helpdesk` is replaced: every grant" in written(helpdesk())
    assert "> 🛑 `it-helpdesk` is replaced: every grant" in written(helpdesk(), Platform.AZURE_DEVOPS)


@pytest.mark.parametrize(
    ("platform", "opening", "closing"),
    [
        (Platform.GITHUB, "\n```mermaid\n", "\n```\n"),
        (Platform.GITLAB, "\n```mermaid\n", "\n```\n"),
        (Platform.AZURE_DEVOPS, "\n::: mermaid\n", "\n:::\n"),
    ],
)
def test_the_graph_is_fenced_as_the_platform_wants_it(platform: Platform, opening: str, closing: str) -> None:
    before, _, after = written(helpdesk(), platform).partition(opening)
    assert before.endswith("|\n")
    assert after.startswith("flowchart LR\n")
    assert closing in after


def test_azure_devops_gets_no_html_which_its_pull_requests_do_not_render() -> None:
    page = gfm.read(written(helpdesk(), Platform.AZURE_DEVOPS))
    assert page.html == []
    assert "IT Helpdesk (User) · Resets passwords for the Paris office, CHG-1042" in page.tables[0][1]


@settings(max_examples=200)
@given(any_review, st.sampled_from(Platform))
def test_any_names_leave_tables_links_and_html_as_they_were(review: Review, platform: Platform) -> None:
    text = written(review, platform)
    page = gfm.read(text)
    assert len(text) <= LIMIT
    for table in page.tables:
        assert {len(row) for row in table} == {len(table[0])}
    assert set(page.links) <= _OURS
    assert all(_HTML.fullmatch(piece.strip()) or "<details>" in piece for piece in page.html)
    assert page.kinds.isdisjoint({"image", "code_block", "ordered_list_open", "hr", "s_open"})
    assert len(page.fences) <= 1


@given(texts)
def test_a_name_in_a_cell_reads_as_itself(name: str) -> None:
    page = gfm.read(f"| a | b |\n|---|---|\n| {markdown.code(name)} | x |\n")
    assert page.tables == [[["a", "b"], [names.name(name), "x"]]]
    assert page.code == [names.name(name)]


@given(texts)
def test_words_that_quote_a_name_read_as_themselves(text: str) -> None:
    shown = names.sentence(text)
    page = gfm.read(f"| a | b |\n|---|---|\n| {markdown.prose(text)} | x |\n")
    assert [[gfm.plain(cell) for cell in row] for row in page.tables[0]] == [["a", "b"], [shown, "x"]]
    assert page.links == page.html == page.code == []
    alone = gfm.read(f"**{markdown.prose('x')}** {markdown.prose(text)}\n\n- {markdown.prose(text)}\n")
    assert [gfm.plain(said) for said in alone.words if said] == [f"x {shown}".rstrip(), *([shown] if shown else [])]


@given(texts)
def test_a_platform_finds_nobody_to_notify_and_nothing_to_link(text: str) -> None:
    """What is not in code is looked at after Markdown is done with it."""
    page = gfm.read(markdown.prose(text))
    assert not re.search(r"@[\w@]|[#!%^~&$]\w|://|www\.|:[\w+-]+:", "".join(page.words), re.IGNORECASE)


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("label", ["person{number}@contoso.com", "|{number}" * 200, "`" * 300, "@everyone {number}"])
def test_a_report_that_is_too_long_drops_whole_rows_and_counts_them(platform: Platform, label: str) -> None:
    text = written(desk_of(1_000, label), platform)
    assert len(text) <= LIMIT
    page = gfm.read(text)
    [left_out] = re.findall(r"_… and ([\d,]+) more rows, left out for length\._", text)
    shown = len(page.tables[0]) - 1
    assert shown + int(left_out.replace(",", "")) == 1_000
    assert shown > 10
    for table in page.tables:
        assert {len(row) for row in table} == {len(table[0])}


def test_the_space_that_there_is_is_used() -> None:
    assert len(written(desk_of(1_000))) > LIMIT - 1_000


def test_a_small_table_is_whole_even_beside_a_long_one() -> None:
    tables = gfm.read(written(desk_of(1_000))).tables
    assert [len(table) - 1 for table in tables[1:4]] == [1, 1, 3]


def test_a_graph_that_nobody_could_read_is_left_out_and_said_to_be() -> None:
    assert "The graph is left out: it is too large." in written(desk_of(1_000))


def test_rows_come_before_a_graph_that_has_no_room_left() -> None:
    text = written(desk_of(74, "`" * 300))
    assert "The graph is left out: it is too large." in text
    assert "flowchart" not in text
    assert len(text) <= LIMIT


def test_the_same_review_is_the_same_text() -> None:
    assert written(helpdesk()) == written(helpdesk())
