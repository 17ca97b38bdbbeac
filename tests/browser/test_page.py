"""The emulator's page in a real Chromium: by keyboard, in both schemes, in a narrow window, with hostile names."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import Desk, Scheme, violations
from tests.emulator.graph import bind

pytestmark = pytest.mark.browser

_TENANT = "/_emulator/pages/{id}"
PAGES = (
    "/_emulator", "/_emulator/pages/journal", "/_emulator/pages/journal/{id}", "/_emulator/pages/controls", _TENANT,
    f"{_TENANT}/people", f"{_TENANT}/people/{{id}}", f"{_TENANT}/groups", f"{_TENANT}/groups/{{id}}",
    f"{_TENANT}/roles", f"{_TENANT}/roles/{{id}}", f"{_TENANT}/requests", f"{_TENANT}/requests/eligibility/{{id}}",
    f"{_TENANT}/requests/assignment/{{id}}",
)  # fmt: skip
_IDS = re.compile(r"[0-9a-f-]{36}|(?<=/journal/)\d+")
HOSTILE = "<script>document.title='taken'</script>\"'><img src=x onerror=alert(1)> \u202eevil\u202c & {{ 7*7 }}"


def furnish(desk: Desk) -> str:
    """Put something on every page; tell the id of the person that is on most of them."""
    graph = desk.graph
    user = graph.new_user("AlineD", displayName="Aline Dupont", jobTitle="Helpdesk")
    group = graph.new_group(
        "helpdesk",
        displayName="IT Helpdesk",
        **{"members@odata.bind": bind(user["id"]), "owners@odata.bind": bind(user["id"])},
    )
    graph.assign(user["id"], duration="P30D")
    graph.assign(group["id"])
    graph.assign(user["id"], kind="Assignment", action="adminAssign", duration="PT8H")
    graph.refused("GET", "/users/nobody@contoso.com")
    desk.emulator.faults.arm("503", path="/groups$", times=2)
    graph.send("GET", "/groups")
    return str(user["id"])


def every_page(page: Page) -> Iterator[str]:
    """Follow the links from the first page on, to one page of each shape; tell the shapes."""
    shapes, waiting = {"/_emulator"}, ["/_emulator"]
    for address in waiting:
        page.goto(urljoin(page.url, address))
        yield _IDS.sub("{id}", address)
        for link in page.evaluate("[...document.links].map(link => link.pathname)"):
            shape = _IDS.sub("{id}", link)
            if shape not in shapes:
                shapes.add(shape)
                waiting.append(link)


def walk_to(page: Page, label: str) -> None:
    """Press Tab until what is labelled so has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.labels?.[0]?.innerText || document.activeElement.innerText") == label:
            return
    raise AssertionError(f"the keyboard does not lead to {label}")


def test_the_clock_is_advanced_with_the_keyboard_alone(desk: Desk) -> None:
    desk.emulator.clock.freeze()
    before = desk.emulator.clock.now()
    page = desk.open()
    walk_to(page, "Controls")
    page.keyboard.press("Enter")
    page.wait_for_url("**/controls")
    walk_to(page, "Hours")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    page.wait_for_url("**/controls?done=advance")
    expect(page.get_by_role("status")).to_have_text("The clock was advanced.")
    assert (desk.emulator.clock.now() - before).total_seconds() == 8 * 3600


def test_a_fault_is_armed_with_the_keyboard_alone_and_seen_in_the_journal(desk: Desk) -> None:
    page = desk.open("/_emulator/pages/controls")
    walk_to(page, "What goes wrong")
    page.keyboard.type("503")
    walk_to(page, "Method")
    page.keyboard.type("GET")
    walk_to(page, "Path")
    page.keyboard.type("/organization")
    walk_to(page, "Arm the fault")
    page.keyboard.press("Enter")
    page.wait_for_url("**/controls?done=arm")
    expect(page.get_by_role("region", name="Armed faults").get_by_role("rowheader")).to_have_text("503")
    assert desk.graph.send("GET", "/organization").status_code == 503
    walk_to(page, "Skip to the content")
    walk_to(page, "Journal")
    page.keyboard.press("Enter")
    page.wait_for_url("**/journal")
    row = page.get_by_role("row", name="/v1.0/organization")
    expect(row).to_contain_text("503")
    walk_to(page, str(desk.emulator.faults.fired[0].number))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("GET /v1.0/organization")
    expect(page.locator("dl.facts")).to_contain_text("Fault503")


def test_the_first_key_leads_past_the_navigation_and_is_seen(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_every_stop_of_the_keyboard_is_marked(desk: Desk) -> None:
    furnish(desk)
    page = desk.open("/_emulator/pages/controls")
    for _ in range(25):
        page.keyboard.press("Tab")
        assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(desk: Desk, scheme: Scheme) -> None:
    furnish(desk)
    page = desk.open(scheme=scheme)
    found = {shape: violations(page) for shape in every_page(page)}
    assert found == {shape: [] for shape in PAGES}


def test_a_narrow_window_shows_everything_without_scrolling_sideways(desk: Desk) -> None:
    furnish(desk)
    page = desk.open()
    for shape in every_page(page):
        for width in (320, 400):
            page.set_viewport_size(ViewportSize(width=width, height=800))
            assert page.evaluate("document.documentElement.scrollWidth") <= width, shape


def test_light_and_dark_follow_the_readers_choice(desk: Desk) -> None:
    grounds = {
        scheme: desk.open(scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert grounds == {"light": "rgb(246, 247, 249)", "dark": "rgb(17, 20, 26)"}


def test_a_hostile_name_is_text_wherever_it_stands(desk: Desk) -> None:
    graph = desk.graph
    user = graph.new_user("mallory", displayName=HOSTILE, jobTitle=HOSTILE[:128])
    group = graph.new_group(
        "trap", displayName=HOSTILE, description=HOSTILE, **{"members@odata.bind": bind(user["id"])}
    )
    graph.assign(user["id"], justification=HOSTILE, ticketInfo={"ticketNumber": HOSTILE, "ticketSystem": HOSTILE})
    graph.assign(group["id"], start="2099-01-01T00:00:00Z")
    graph.send("GET", "/users?$filter=displayName eq '<script>'", headers={"x-note": "<script>alert(1)</script>"})
    page = desk.open()
    for shape in every_page(page):
        assert page.locator("script, main img").count() == 0, shape
        assert page.title() != "taken", shape
    page.goto(f"{desk.contoso}/people/{user['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    assert page.get_by_role("heading", level=1).locator("bdi").count() == 1


def test_the_page_works_without_any_script_of_its_own(desk: Desk) -> None:
    context = desk.chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk.url}/_emulator/pages/controls")
    page.get_by_role("button", name="Freeze the clock").click()
    expect(page.get_by_role("button", name="Let the clock run")).to_be_visible()
    assert desk.emulator.clock.frozen
    context.close()


def test_a_foreign_page_cannot_send_a_form(desk: Desk) -> None:
    page = desk.open("/_emulator/pages/controls")
    # 127.0.0.1 and localhost are two origins of the same machine.
    foreign = desk.url.replace("127.0.0.1", "localhost")
    page.goto(f"{foreign}/_emulator/health")
    page.set_content(
        f'<form method="post" action="{desk.url}/_emulator/pages/controls/freeze"><button>Win</button></form>'
    )
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("That is not possible")
    assert not desk.emulator.clock.frozen
    assert [text for text in desk.complaints if "403" in text]
    desk.complaints.clear()


def test_the_time_line_and_its_table_say_the_same(desk: Desk) -> None:
    furnish(desk)
    page = desk.open(desk.contoso)
    timeline = page.get_by_role("img", name="Time line; the table below says the same in words.")
    rows = page.get_by_role("region", name="Who is eligible or active").locator("tbody tr")
    assert timeline.locator("rect.bar").count() - 3 == rows.count() == 5
    assert "Aline Dupont" in rows.first.inner_text()
