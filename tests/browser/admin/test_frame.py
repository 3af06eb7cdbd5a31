"""The frame of the portal and the page of administrators in a real browser."""

from playwright.sync_api import expect

from authsms.administration.rights import Role
from tests.browser.admin.conftest import Desk


def test_pages_are_fit_for_everybody(desk: Desk, looks_good):
    """Light and dark, phone and desktop, enlarged; axe has nothing to say."""
    desk.office.person("carla")
    looks_good("/admin/", "/admin/administrators", "/admin/administrators/add?user=administrator")


def test_an_administrator_is_made_by_keyboard(desk: Desk):
    """No mouse, from the first page to the role."""
    desk.office.person("berta")
    page = desk.open()
    page.goto(f"{desk.url}/admin/administrators")
    page.get_by_role("link", name="Add an administrator").press("Enter")
    page.get_by_label("User name").fill("berta")
    page.keyboard.press("Enter")
    page.get_by_label("Help desk").press("Space")
    page.get_by_role("button", name="Save").press("Enter")
    page.wait_for_selector("text=Saved.")

    assert {one.login for one in desk.office.services.administrators.all()} == {"administrator", "berta"}


def test_removing_asks_once(desk: Desk):
    """The first press opens the question; Escape closes it."""
    desk.office.clerk(Role.HELPDESK, login="carla")
    page = desk.open()
    page.goto(f"{desk.url}/admin/administrators")
    page.locator("summary", has_text="Remove").press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)
    page.locator("summary", has_text="Remove").press("Enter")
    page.get_by_role("button", name="Remove").press("Enter")
    page.wait_for_selector("text=Removed.")

    assert {one.login for one in desk.office.services.administrators.all()} == {"administrator"}


def test_the_menu_is_folded_away_on_a_phone(desk: Desk):
    """The page comes first there; without JavaScript the menu stays open."""
    page = desk.open(look="phone")
    page.goto(f"{desk.url}/admin/")
    menu = page.locator("nav.side")
    expect(menu.get_by_role("link", name="Administrators")).to_be_hidden()
    page.locator("summary", has_text="Menu").press("Enter")
    menu.get_by_role("link", name="Administrators").click()
    page.wait_for_url("**/admin/administrators")

    plain = desk.open(look="phone", java_script_enabled=False)
    plain.goto(f"{desk.url}/admin/")

    expect(plain.locator("nav.side").get_by_role("link", name="Administrators")).to_be_visible()
