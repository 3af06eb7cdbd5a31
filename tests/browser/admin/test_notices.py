"""The pages of notices in a real browser."""

from tests.browser.admin.conftest import Desk
from tests.functional.portals.admin.test_notices import send


def test_notices_are_fit_for_everybody(desk: Desk, looks_good):
    """The list, and a notice under way."""
    send(desk.office, "a-notice-whose-name-has-forty-characters")
    looks_good("/admin/notices")
    looks_good("/admin/notices/a-notice-whose-name-has-forty-characters")


def test_a_notice_is_cancelled_by_keyboard(desk: Desk):
    """It asks once."""
    send(desk.office)
    page = desk.open()
    page.goto(f"{desk.url}/admin/notices/canteen")
    page.locator("summary", has_text="Cancel").press("Enter")
    page.get_by_role("button", name="Cancel").press("Enter")
    page.wait_for_selector("text=Cancelled. What has not gone out is taken back.")

    assert page.get_by_text("2 of 2 texts are through.").is_visible()
