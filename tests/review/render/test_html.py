"""A review as one HTML page."""

import re

from hypothesis import given, settings

from pulumi_entra_pim.review.model import Review
from pulumi_entra_pim.review.render import contents, html, names
from pulumi_entra_pim.review.render.report import Report
from tests.review.render.gfm import Texts
from tests.review.render.reviews import any_review, helpdesk

_TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "h1", "h2", "p", "ul",
    "li", "div", "table", "thead", "tbody", "tr", "th", "td", "span", "bdi", "a", "details", "summary", "svg", "path",
    "rect", "text",
}  # fmt: skip


def spans(report: Report) -> list[tuple[str, str]]:
    tables = (report.changes, *report.tables)
    lines = [notice.line for notice in report.notices]
    lines += [line for table in tables for row in table.rows for cell in row.cells for line in cell]
    return [(span.text, span.style) for line in lines for span in line]


@settings(max_examples=100)
@given(any_review)
def test_every_text_is_a_text_node_and_no_name_becomes_markup(review: Review) -> None:
    report = contents.report(review)
    page = Texts(html.render(report))
    assert set(page.tags) <= _TAGS
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("style", "src", "srcdoc")]
    assert {value for name, value in page.attributes if name == "href"} <= {"https://learn.microsoft.com/entra/"}
    for text, style in spans(report):
        shown = names.name(text) if style == "name" else names.sentence(text)
        assert not shown or shown in page.texts
    assert names.sentence(report.sentence) in [*page.texts, ""]


def test_the_page_needs_nothing_from_anywhere_and_runs_nothing() -> None:
    page = html.render(contents.report(helpdesk()))
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|javascript:", page)


def test_the_same_review_is_the_same_page() -> None:
    assert html.render(contents.report(helpdesk())) == html.render(contents.report(helpdesk()))
