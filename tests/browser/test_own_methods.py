"""The pages of one's own account in a real browser: scanned, confirmed, removed, and fit for everybody."""

from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.admin.conftest import LOOKS, Desk
from tests.browser.admin.conftest import desk as desk  # noqa: PLC0414 - a fixture
from tests.functional.portals.own.owner import APP, CODES, METHODS, owner
from tests.parts.browser import accessibility_findings


@pytest.fixture
def page(desk: Desk, browser: Browser) -> Iterator[Page]:
    """A page of somebody who has just signed in."""
    someone = owner(desk.office, desk.office.services.clock)
    held = next(iter((someone.browser.client._cookies or {}).values()))
    context = browser.new_context(locale="en-GB", reduced_motion="reduce", java_script_enabled=True)
    context.add_cookies([{"name": held.key, "value": held.value, "url": desk.url}])
    yield context.new_page()
    context.close()


def check(page: Page, name: str) -> None:
    """Look at the open page in every way: nothing for axe to find, nothing wider than the screen."""
    for look in ("light", "phone"):
        page.emulate_media(color_scheme=LOOKS[look]["color_scheme"])
        page.set_viewport_size(LOOKS[look]["viewport"])
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

        assert ([], 0) == (accessibility_findings(page), sideways), f"{name} {look}"


def test_an_app_is_set_up_and_removed(desk: Desk, page: Page):
    """Every page on the way, in both colours and both widths; without the policy having to stop anything."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(desk.url + METHODS)
    check(page, "list")
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.get_by_text("You cannot scan it?").click()
    check(page, "picture")
    app = pyotp.parse_uri(page.get_by_role("link", name="Open it in the app").get_attribute("href") or "")
    assert isinstance(app, pyotp.TOTP)
    page.fill("#code", app.now())
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("status")).to_contain_text("is set up")
    page.get_by_text("Try your authenticator app").click()
    check(page, "set up")
    page.goto(desk.url + APP + "/remove")
    check(page, "question")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("no longer works here")

    assert complaints == []


def test_recovery_codes_are_made(desk: Desk, page: Page):
    """Before, the sheet, and what the page of activity says of it."""
    page.goto(desk.url + CODES)
    check(page, "codes")
    page.get_by_role("button", name="Make recovery codes").click()
    expect(page.locator(".codes code")).to_have_count(10)
    check(page, "printed")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_text("New recovery codes were made.")).to_be_visible()
    check(page, "activity")


def test_a_number_of_ones_own_is_given(desk: Desk, page: Page, monkeypatch: pytest.MonkeyPatch):
    """From the list to the field for the code."""
    monkeypatch.setattr(desk.office.services.people.own_numbers, "is_allowed", True)
    page.goto(desk.url + METHODS)
    page.get_by_role("button", name="Change").click()
    check(page, "number")
    page.fill("#phone", "+1 202 555 0177")
    page.get_by_role("button", name="Text me a code").click()
    expect(page.get_by_role("status")).to_contain_text("We have texted a code")
    expect(page.locator("#code")).to_be_focused()
    check(page, "code")
