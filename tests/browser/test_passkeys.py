"""Passkeys in a real browser with a virtual authenticator: made, used, cancelled, and said to be impossible."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.admin.conftest import Desk, look_everywhere, open_desk
from tests.browser.profiles import WATCH, Profiles
from tests.functional.portals.admin.office import PASSWORD
from tests.functional.portals.own.owner import METHODS, Owner, owner

INTERNAL = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}


@pytest.fixture
def desk(profiles: Profiles, instance: Path, sqlite_database_url: str) -> Iterator[Desk]:
    """An installation that has a name: browsers make no passkeys for an address."""
    with open_desk(profiles, instance, sqlite_database_url, host="localhost") as opened:
        yield opened


@pytest.fixture
def someone(desk: Desk) -> Owner:
    """Somebody who has just signed in."""
    return owner(desk.office, desk.office.services.clock)


@pytest.fixture
def page(desk: Desk, someone: Owner, browser: Browser) -> Iterator[Page]:
    """A page of his."""
    held = next(iter((someone.browser.client._cookies or {}).values()))
    context = browser.new_context(locale="en-GB", reduced_motion="reduce")
    context.add_cookies([{"name": held.key, "value": held.value, "url": desk.url}])
    context.add_init_script(WATCH)
    yield context.new_page()
    context.close()


def plug_in(page: Page) -> None:
    """Give the browser an authenticator whose owner is there and agrees to everything."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {**INTERNAL, "isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def go_to_passkey(desk: Desk, someone: Owner, page: Page) -> None:
    """Sign out, and in again as far as the passkey."""
    page.context.clear_cookies()
    page.goto(desk.url + "/login/web")
    page.fill("[name=user_name]", f"LOCAL\\{someone.person.login}")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("Sign in another way", exact=True).click()
    page.get_by_role("button", name="Local password + passkey").first.click()
    expect(page.get_by_role("heading", name="Use your passkey")).to_be_visible()


def test_a_passkey_is_made_and_used(desk: Desk, someone: Owner, page: Page):
    """From the page to the next login; nothing for axe or the policy to hold against any page on the way."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    plug_in(page)
    page.goto(desk.url + METHODS)
    page.get_by_role("button", name="Passkeys").click()
    page.wait_for_url(f"{desk.url}{METHODS}/passkeys/new")
    look_everywhere(page, "new")
    page.fill("#name", "My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("Your passkey is added.")
    look_everywhere(page, "list")
    page.get_by_role("link", name="Rename or remove").click()
    look_everywhere(page, "change")
    go_to_passkey(desk, someone, page)
    look_everywhere(page, "login")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/signed-in")
    session = desk.office.services.sessions.list(someone.person.key)

    assert ("pwd", "user", "hwk", "mfa") in [one.methods for one in session]
    assert complaints == []


def test_a_refusal_of_the_device_can_be_tried_again(desk: Desk, page: Page):
    """Whoever cancels, or whose finger is not known, reads so and stays on the page; then it works."""
    plug_in(page)
    page.goto(desk.url + METHODS + "/passkeys/new")
    page.evaluate("void (navigator.credentials.create = () => Promise.reject(new Error('no')))")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not work, or was cancelled.")
    page.evaluate("delete navigator.credentials.create")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("Your passkey is added.")


def test_without_javascript_the_page_says_what_to_do(desk: Desk, page: Page, browser: Browser):
    """No button that does nothing."""
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    bare = context.new_page()
    bare.goto(desk.url + METHODS + "/passkeys/new")

    expect(bare.get_by_text("Passkeys need JavaScript")).to_be_visible()
    expect(bare.get_by_role("button", name="Add a passkey")).to_be_hidden()
    context.close()
