"""The HTML page of a review in a real Chromium: as a file that was sent to somebody, whatever the names in it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect

from pulumi_entra_pim.review.model import Review
from pulumi_entra_pim.review.render import contents, html, names
from tests.browser.conftest import Scheme, violations
from tests.review.render.reviews import HOSTILE, becomes, desk_of, grant, helpdesk, person

pytestmark = pytest.mark.browser

Opener = Callable[..., Page]
_WIDE = ViewportSize(width=1120, height=800)
_NARROW = ViewportSize(width=390, height=800)


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Open the page of a review from a file; the browser has nothing to complain about and asks for nothing else."""
    complaints: list[str] = []
    asked: list[str] = []
    pages: list[Page] = []

    def note(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    def open_(review: Review, *, scheme: Scheme = "light", size: ViewportSize = _WIDE) -> Page:
        file = tmp_path / f"review-{len(pages)}.html"
        file.write_text(html.render(contents.report(review)), encoding="utf-8")
        page = chromium.new_page(viewport=size, color_scheme=scheme)
        pages.append(page)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        return page

    yield open_
    for page in pages:
        page.close()
    assert complaints == []
    assert len(asked) == len(pages)


def hostile() -> Review:
    """A review in which every name is one that somebody chose to do harm."""
    changes = tuple(becomes(None, grant(person(name, number), group=name), name) for number, name in enumerate(HOSTILE))
    return replace(helpdesk(), project=HOSTILE[10], sentence=" ".join(HOSTILE[:30]), changes=changes, unknowns=HOSTILE)


def test_the_verdict_is_the_first_thing_on_the_page(opened: Opener) -> None:
    page = opened(helpdesk())
    expect(page.get_by_role("heading", level=1)).to_have_text("Access moved · contoso-helpdesk/dev")
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("1 person can become User Administrator")).to_be_in_viewport(ratio=1)


def test_the_graph_is_drawn_with_everybody_in_it(opened: Opener) -> None:
    page = opened(helpdesk())
    graph = page.get_by_role("img", name="People, groups and roles")
    expect(graph).to_be_visible()
    drawn = graph.locator("text.first").all_text_contents()
    assert {"AlineD@contoso.com", "DiegoS@contoso.com", "IT Helpdesk (User)", "User Administrator"} <= set(drawn)
    for box in graph.locator("svg.box").all():
        inner, outer = box.locator("text.first").bounding_box(), box.bounding_box()
        assert inner is not None
        assert outer is not None
        assert outer["x"] < inner["x"]
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("review", [helpdesk(), hostile(), desk_of(40)], ids=["helpdesk", "hostile", "many"])
def test_axe_finds_nothing_wrong(opened: Opener, review: Review, scheme: Scheme) -> None:
    page = opened(review, scheme=scheme)
    for details in page.locator("details").all():
        details.locator("summary").click()
    assert violations(page) == []


def test_no_name_does_anything_but_stand_there(opened: Opener) -> None:
    page = opened(hostile())
    expect(page.locator("script, img, iframe, link, b")).to_have_count(0)
    assert page.evaluate("document.title").startswith("Access moved · ")
    shown = [" ".join(text.split()) for text in page.locator("td:nth-child(2) bdi").all_text_contents()]
    assert set(shown) >= {" ".join(names.name(name).split()) for name in HOSTILE}


@pytest.mark.parametrize("size", [_WIDE, _NARROW], ids=["wide", "narrow"])
def test_only_tables_and_the_graph_scroll_sideways_never_the_page(opened: Opener, size: ViewportSize) -> None:
    for review in (helpdesk(), hostile()):
        page = opened(review, size=size)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_what_stays_is_folded_and_unfolds_by_keyboard(opened: Opener) -> None:
    page = opened(helpdesk())
    table = page.get_by_role("region", name="What stays")
    expect(table).to_be_hidden()
    page.locator("summary", has_text="What stays").focus()
    page.keyboard.press("Enter")
    expect(table).to_be_visible()


def test_the_colours_follow_the_readers_scheme(opened: Opener) -> None:
    grounds = [
        opened(helpdesk(), scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(246, 247, 249)", "rgb(17, 20, 26)"]
