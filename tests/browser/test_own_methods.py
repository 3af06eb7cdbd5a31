"""The pages of one's own account in a real browser: scanned, confirmed, removed, and fit for everybody."""

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.admin.conftest import Desk, look_everywhere
from tests.browser.admin.conftest import desk as desk  # noqa: PLC0414 - a fixture
from tests.functional.portals.own.owner import APP, CODES, METHODS, owner


@pytest.fixture
def page(desk: Desk) -> Page:
    """A page of somebody who has just signed in."""
    return desk.seat(owner(desk.office, desk.office.services.clock).browser, reduced_motion="reduce")


def test_an_app_is_set_up_and_removed(desk: Desk, page: Page):
    """Every page on the way, in both colours and both widths; without the policy having to stop anything."""
    page.goto(desk.url + METHODS)
    look_everywhere(page, "list")
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.get_by_text("You cannot scan it?").click()
    look_everywhere(page, "picture")
    app = pyotp.parse_uri(page.get_by_role("link", name="Open it in the app").get_attribute("href") or "")
    assert isinstance(app, pyotp.TOTP)
    page.fill("#code", app.now())
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("status")).to_contain_text("is set up")
    page.get_by_text("Try your authenticator app").click()
    look_everywhere(page, "set up")
    page.goto(desk.url + APP + "/remove")
    look_everywhere(page, "question")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("no longer works here")


def test_recovery_codes_are_made(desk: Desk, page: Page):
    """Before, the sheet, and what the page of activity says of it."""
    page.goto(desk.url + CODES)
    look_everywhere(page, "codes")
    page.get_by_role("button", name="Make recovery codes").click()
    expect(page.locator(".codes code")).to_have_count(10)
    look_everywhere(page, "printed")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_text("New recovery codes were made.")).to_be_visible()
    look_everywhere(page, "activity")


def test_a_number_of_ones_own_is_given(desk: Desk, page: Page, monkeypatch: pytest.MonkeyPatch):
    """From the list to the field for the code."""
    monkeypatch.setattr(desk.office.services.people.own_numbers, "is_allowed", True)
    page.goto(desk.url + METHODS)
    page.get_by_role("button", name="Change").click()
    look_everywhere(page, "number")
    page.fill("#phone", "+1 202 555 0177")
    page.get_by_role("button", name="Text me a code").click()
    expect(page.get_by_role("status")).to_contain_text("We have texted a code")
    expect(page.locator("#code")).to_be_focused()
    look_everywhere(page, "code")
