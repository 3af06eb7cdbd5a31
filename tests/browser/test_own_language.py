"""The page of one's own language in a real browser."""

from playwright.sync_api import expect

from tests.browser.admin.conftest import Desk, look_everywhere
from tests.browser.admin.conftest import desk as desk  # noqa: PLC0414 - a fixture
from tests.functional.portals.own.owner import owner


def test_a_language_is_kept_by_keyboard_without_a_script(desk: Desk):
    """Three ways to choose, one of them chosen; the page answers in the new language."""
    browser = owner(desk.office, desk.office.services.clock).browser
    plain = desk.seat(browser, java_script_enabled=False)
    plain.goto(desk.url + "/sessions")
    plain.get_by_role("link", name="Language").press("Enter")
    plain.get_by_role("radio", name="As the browser says").press("ArrowUp")
    expect(plain.get_by_role("radio", name="Deutsch")).to_be_checked()
    plain.keyboard.press("Enter")
    expect(plain.get_by_role("status")).to_contain_text("Gespeichert.")
    expect(plain.locator("html")).to_have_attribute("lang", "de")
    desk.close(plain)

    page = desk.seat(browser, reduced_motion="reduce")
    page.goto(desk.url + "/account/language")
    look_everywhere(page, "language")
    expect(page.get_by_role("heading", name="Sprache")).to_be_visible()


def test_an_administrator_switches_at_the_foot_of_a_page(desk: Desk):
    """And the page is still the one it was."""
    page = desk.open(reduced_motion="reduce")
    page.goto(desk.url + "/admin/people?q=adm")
    page.get_by_role("navigation", name="Language").get_by_role("link", name="Deutsch").press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    look_everywhere(page, "people")
    expect(page.locator("input[name=q]")).to_have_value("adm")
    page.get_by_role("link", name="Immer dieselbe Sprache").click()

    expect(page.get_by_role("radio", name="Wie der Browser es sagt")).to_be_checked()
