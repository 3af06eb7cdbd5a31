"""The pages of one's own account in a real browser: scanned, confirmed, removed, and fit for everybody."""

import pyotp
import pytest
from playwright.sync_api import Page, expect

from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.logon.catalog import Wanted
from authsms.logon.overdue import OverdueRule
from tests.browser.admin.conftest import Desk, look_everywhere
from tests.browser.admin.conftest import desk as desk  # noqa: PLC0414 - a fixture
from tests.functional.portals.admin.office import PASSWORD
from tests.functional.portals.own.owner import APP, CODES, METHODS, owner


@pytest.fixture
def page(desk: Desk) -> Page:
    """A page of somebody who has just signed in."""
    return desk.seat(owner(desk.office, desk.office.services.clock).browser, reduced_motion="reduce")


def test_an_app_is_set_up_and_removed(desk: Desk, page: Page):
    """Every page on the way, in both colours and both widths; without the policy having to stop anything."""
    page.goto(desk.url + METHODS)
    look_everywhere(page, "list")
    page.get_by_role("button", name="Set up").first.click()
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
    page.click("a[href$='/number']")
    look_everywhere(page, "number")
    page.fill("#phone", "+1 202 555 0177")
    page.get_by_role("button", name="Text me a code").click()
    expect(page.get_by_role("status")).to_contain_text("We have texted a code")
    expect(page.locator("#code")).to_be_focused()
    look_everywhere(page, "code")


def test_a_password_is_changed_here_and_at_the_sign_in(desk: Desk, page: Page):
    """The same fields on both pages; what was refused is said above them."""
    services = desk.office.services
    page.goto(desk.url + METHODS)
    page.click("a[href$='/password']")
    look_everywhere(page, "password")
    login = page.get_by_label("User name").input_value()
    type_passwords(page, PASSWORD, "better horse")
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")
    people = LocalPeople(services.database, services.vault, services.clock)
    people.change(PersonDraft(login, must_change=True))
    services.catalog.save_all([], [Wanted("gate", "Gate", ("setup-local",), overdue=OverdueRule.ASK)])
    page.goto(desk.url + "/login/gate")
    page.fill("#user_name", f"LOCAL\\{login}")
    page.fill("#password", "better horse")
    page.get_by_role("button", name="Continue").click()
    type_passwords(page, "better horse", "short")
    expect(page.get_by_role("alert")).to_contain_text("too short")
    look_everywhere(page, "new password")
    type_passwords(page, "better horse", "best horse of all")
    expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()


def type_passwords(page: Page, old: str, new: str) -> None:
    """Fill in the form of a new password, and send it."""
    page.fill("#password", old)
    page.fill("#new_password", new)
    page.get_by_role("button", name="Show password").click()
    expect(page.locator("#new_password")).to_have_attribute("type", "text")
    page.fill("#repeated", new)
    page.get_by_role("button", name="Change password").click()
