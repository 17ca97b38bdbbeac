"""The pages on which people sign in, in a real Chromium: by keyboard, in both schemes, and back to the client."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Desk, Scheme, violations
from tests.emulator.people import REDIRECT, authority, authorize_url, begin_device, claims, poll, redeem

pytestmark = pytest.mark.browser


def receive(page: Page) -> list[str]:
    """Stand at the client's address, and note what the browser brings."""
    brought: list[str] = []

    def note(route: Route) -> None:
        brought.append(route.request.post_data or route.request.url)
        route.fulfill(body="thanks")

    page.route(f"{REDIRECT}**", note)
    return brought


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_any_page(desk: Desk, scheme: Scheme) -> None:
    desk.graph.new_user()
    begun = begin_device(desk.graph)
    for address in (
        begun["verification_uri"],
        f"{begun['verification_uri']}?user_code={begun['user_code']}",
        authorize_url(desk.graph, response_mode="form_post"),
    ):
        assert violations(desk.open(address, scheme=scheme)) == []
    page = desk.open(authorize_url(desk.graph, response_mode="form_post"), scheme=scheme)
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert violations(page) == []


def test_a_device_is_approved_with_the_keyboard_alone(desk: Desk) -> None:
    begun = begin_device(desk.graph)
    page = desk.open(begun["verification_uri"])
    page.keyboard.type(begun["user_code"].lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to entra-pim")
    expect(page.get_by_label("Sign in as")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("with multifactor authentication")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed in")
    assert claims(poll(desk.graph, begun["device_code"])["access_token"])["amr"] == ["pwd"]


def test_the_browser_brings_the_code_back_to_the_client(desk: Desk) -> None:
    page = desk.open(authorize_url(desk.graph))
    brought = receive(page)
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(f"{REDIRECT}?**")
    code = brought[0].partition("code=")[2].partition("&")[0]
    assert "access_token" in redeem(desk.graph, code)


def test_a_form_post_goes_on_with_one_key(desk: Desk) -> None:
    page = desk.open(authorize_url(desk.graph, response_mode="form_post"))
    brought = receive(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name="Continue")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(REDIRECT)
    code = brought[0].partition("code=")[2].partition("&")[0]
    assert "access_token" in redeem(desk.graph, code)


def test_another_sites_page_cannot_approve_a_device(desk: Desk) -> None:
    begun = begin_device(desk.graph)
    page = desk.open(f"{authority(desk.graph)}/oauth2/deviceauth")
    page.route("http://elsewhere.example/", lambda route: route.fulfill(
        content_type="text/html",
        body=f"<form method=post action='{begun['verification_uri']}'><input name=user_code value={begun['user_code']}>"
        "<input name=username value=admin@contoso.com><button name=decision value=approve>Win</button></form>",
    ))  # fmt: skip
    page.goto("http://elsewhere.example/")
    with page.expect_navigation():
        page.get_by_role("button", name="Win").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You cannot sign in")
    assert poll(desk.graph, begun["device_code"])["error"] == "authorization_pending"
    # Chromium writes every refused request to its console; this one is the point.
    desk.complaints.clear()
