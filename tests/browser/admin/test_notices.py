"""The pages of notices in a real browser."""

from playwright.sync_api import expect

from tests.browser.admin.conftest import Desk
from tests.functional.portals.admin.test_notices import agree, send


def test_notices_are_fit_for_everybody(desk: Desk, looks_good):
    """The list, and a notice under way."""
    send(desk.office, "a-notice-whose-name-has-forty-characters")
    looks_good("/admin/notices", "/admin/notices/a-notice-whose-name-has-forty-characters")


def test_a_notice_is_cancelled_by_keyboard(desk: Desk):
    """It asks once."""
    send(desk.office)
    page = desk.open()
    page.goto(f"{desk.url}/admin/notices/canteen")
    page.locator("summary", has_text="Cancel").press("Enter")
    page.get_by_role("button", name="Cancel").press("Enter")
    page.wait_for_selector("text=Cancelled. What has not gone out is taken back.")

    expect(page.get_by_text("2 of 2 texts are through.")).to_be_visible()


def test_a_notice_is_written_by_keyboard(desk: Desk, looks_good):
    """The form measures while somebody types; the count shows by itself; what is odd has to be agreed to."""
    agree(desk.office, "emma", "otto")
    page = desk.open()
    page.goto(f"{desk.url}/admin/notice-drafts/new")
    page.get_by_label("Name of the notice").fill("canteen")
    page.get_by_label("These people").press("Space")
    page.get_by_label("Start", exact=True).fill("2099-01-01T09:00")
    page.get_by_role("button", name="See whom it reaches").press("Enter")
    page.wait_for_selector("text=more than a year ahead")
    page.get_by_label("Start", exact=True).fill("")
    page.get_by_label("User names").fill("emma\notto\nnobody")
    page.get_by_label("Text, en").fill("Dear {name}, the canteen is closed.")
    page.wait_for_selector("#look-en >> text=GSM-7")
    page.get_by_role("button", name="See whom it reaches").press("Enter")
    page.wait_for_selector("text=Being counted")
    desk.office.services.notice_runs.work()
    page.get_by_label("I have read what is odd").press("Space")
    looks_good(page.url.removeprefix(desk.url), "/admin/notice-drafts/new")
    page.get_by_role("button", name="Send it to 2 people").press("Enter")
    page.wait_for_selector("text=On its way.")
    desk.office.services.notice_runs.work()
    looks_good("/admin/notices/canteen")


def test_texts_are_kept_by_keyboard(desk: Desk, looks_good):
    """They fill the form again."""
    page = desk.open()
    page.goto(f"{desk.url}/admin/notice-drafts/new")
    page.get_by_label("Text, en").fill("{host}: closed. STOP ends texts.")
    page.get_by_text("Keep these texts as a template").press("Enter")
    page.get_by_label("Name of the template").fill("closed")
    page.get_by_role("button", name="Save the template").press("Enter")
    page.wait_for_selector("text=The template was saved.")
    looks_good("/admin/notice-templates")
    page.goto(f"{desk.url}/admin/notice-templates")
    page.get_by_role("link", name="Use closed").press("Enter")

    assert "{host}: closed. STOP ends texts." == page.get_by_label("Text, en").input_value()
