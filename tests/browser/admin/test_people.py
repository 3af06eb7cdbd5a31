"""The page that says why somebody got no code, in a real browser."""

from playwright.sync_api import expect

from authsms.administration.rights import Role
from tests.browser.admin.conftest import Desk
from tests.browser.admin.scene import morning
from tests.integration.administration.people_at_work import AUDITOR


def test_pages_are_fit_for_everybody(desk: Desk, looks_good):
    """Light and dark, phone and desktop, enlarged; axe has nothing to say."""
    _, alice = morning(desk)
    found = ("/admin/people?q=ex", "/admin/people/name?name=ghost", f"/admin/people/{alice.key}")
    looks_good("/admin/people", *found)


def test_a_help_desk_finds_the_reason_and_helps_by_keyboard(desk: Desk):
    """From the name to the reason to the deed, without a mouse."""
    work, alice = morning(desk)
    page = desk.open(Role.HELPDESK)
    page.goto(f"{desk.url}/admin/people")
    page.get_by_label("Name, login, mail address or phone number").fill("alice@")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Alice Example").press("Enter")
    page.wait_for_selector(".conclusion")

    assert "typed a wrong code 3 times" in page.locator(".conclusion").inner_text()
    page.locator(".counter summary", has_text="Unlock").press("Enter")
    page.locator(".counter").get_by_role("button", name="Unlock").press("Enter")
    page.wait_for_selector("text=Unlocked.")
    assert work.services.people_desk.file(AUDITOR, alice.key, days=7).counters == []
    page.get_by_role("link", name="Open the message").press("Enter")
    page.get_by_role("link", name="alice", exact=True).press("Enter")
    page.wait_for_url(f"**/admin/people/{alice.key}")


def test_a_block_asks_why_and_works_without_javascript(desk: Desk):
    work, alice = morning(desk)
    page = desk.open(java_script_enabled=False)
    page.goto(f"{desk.url}/admin/people/{alice.key}")
    page.locator("summary", has_text="Block").click()
    page.get_by_label("Why?").fill("lost <i>phone</i>")
    page.get_by_role("button", name="Block").click()

    expect(page.get_by_text("Blocked, and signed out everywhere.")).to_be_visible()
    assert "lost <i>phone</i>" in page.locator(".conclusion").inner_text()
    assert work.services.blocks.holds(alice.key)
