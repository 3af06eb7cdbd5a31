"""The login pages in a real browser."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from authsms.delivery.states import Failure, MessageState
from authsms.logon.steps import DeliveryStatus
from tests.browser.portal import Portal, run_portal
from tests.browser.profiles import Profiles
from tests.functional.portals.twin import CODE, CONTINUATION, PASSWORD
from tests.parts.certificates import Authority

WEB_OTP = """
navigator.credentials.get = (options) => {
  window.asked = options;
  return Promise.resolve({ type: 'otp', code: '%s' });
};
"""
WEB_OTP_PENDING = """
navigator.credentials.get = (options) => new Promise((_, reject) => {
  options.signal.addEventListener('abort', () => { sessionStorage.aborted = 'yes'; reject(options.signal.reason); });
});
"""


@pytest.fixture
def portal(instance, sqlite_database_url: str) -> Iterator[Portal]:
    """The pages on a socket."""
    with run_portal(instance, sqlite_database_url) as running:
        yield running


@pytest.fixture
def watched(portal: Portal, profiles: Profiles) -> Iterator[Page]:
    """A page that may neither complain nor ask anybody else for anything."""
    with profiles.lent(portal.complaints, portal.url, portal.application) as page:
        yield page

    assert portal.complaints == []


@pytest.fixture
def fresh(portal: Portal, page: Page) -> Iterator[Page]:
    """The same in a profile of its own, for what stays with a page."""
    yield portal.watch(page)

    assert portal.complaints == []
    assert {url for url in portal.requests if not url.startswith((portal.url, portal.application))} == set()


def test_a_person_gets_back_to_the_application(portal: Portal, watched: Page):
    """The policy's form-action also holds for redirects after a form; the way out must survive it."""
    portal.open_code_page(watched, continued=True)
    watched.fill("#code", CODE)
    watched.click("button.main")

    watched.wait_for_url(f"{portal.application}/callback**")
    assert watched.title() == "Application"


def test_the_way_back_works_without_javascript(portal: Portal, profiles: Profiles):
    """And so does everything before it."""
    with profiles.lent(portal.complaints, portal.url, portal.application, java_script_enabled=False) as page:
        portal.open_code_page(page, continued=True)
        portal.logon.delivery = DeliveryStatus(MessageState.DELIVERED, "", final=True)
        page.click("noscript a")
        expect(page.locator("[data-status-text]")).to_have_text("Your code has arrived on your phone.")
        page.fill("#code", "123 456")
        page.press("#code", "Enter")

        page.wait_for_url(f"{portal.application}/callback**")


def test_the_page_follows_the_text_on_its_way(portal: Portal, watched: Page):
    """Sending, sent, delivered; without a reload, and told to screen readers."""
    portal.open_code_page(watched)
    told = watched.locator("[role=status][data-status-text]")
    expect(told).to_have_text("We are sending your code …")
    portal.logon.delivery = DeliveryStatus(MessageState.ACCEPTED, "", final=False)
    expect(told).to_have_text("Your code is on its way to your phone.")
    portal.logon.delivery = DeliveryStatus(MessageState.FAILED, Failure.UNDELIVERED, final=True)

    expect(told).to_contain_text("Your carrier could not deliver your code.")
    expect(watched.locator("[data-stage=failed]")).to_be_visible()


def test_another_way_comes_up_by_itself_when_the_text_is_late(portal: Portal, watched: Page):
    """Without a reload, told to screen readers, and without taking the field from whoever is typing."""
    portal.open_code_page(watched)
    offer = watched.get_by_role("region", name="No text? Sign in another way")
    expect(offer).to_have_count(0)
    expect(watched.locator("#code")).to_be_focused()
    watched.keyboard.type("12")
    portal.logon.delivery = DeliveryStatus(MessageState.ATTEMPTING, "", final=False, late=True)
    expect(offer).to_be_visible()
    watched.keyboard.type("3")

    expect(watched.locator("#code")).to_have_value("123")
    expect(watched.locator("[role=status][data-offer-told]")).to_have_text("No text? Sign in another way")
    expect(watched.get_by_text("Your code is taking longer than usual.")).to_be_visible()
    expect(watched.get_by_role("button", name="Password and authenticator app")).to_have_count(1)
    offer.get_by_role("button").click()
    expect(watched.get_by_text("Open your authenticator app")).to_be_visible()


def test_the_page_stops_asking_when_nothing_more_will_change(portal: Portal, fresh: Page):
    """Ten thousand open pages would otherwise ask for ever."""
    portal.logon.delivery = DeliveryStatus(MessageState.DELIVERED, "", final=True)
    portal.open_code_page(fresh)
    fresh.wait_for_timeout(2500)

    assert [url for url in portal.requests if url.endswith("/status")] == []


def test_a_new_code_can_be_asked_for_when_its_clock_has_run_down(portal: Portal, fresh: Page):
    """The button wakes up by itself."""
    portal.logon.resend_after = timedelta(minutes=1)
    fresh.clock.install()
    portal.open_code_page(fresh)
    button = fresh.get_by_role("button", name="Send a new code")
    expect(button).to_be_disabled()
    for walk in portal.logon.walks.values():
        walk.asks = replace(walk.asks, resend_at=portal.services.clock.now())
    fresh.clock.fast_forward("01:00")
    expect(button).to_be_enabled()
    button.click()

    expect(fresh.get_by_text("A new code is on its way.")).to_be_visible()
    assert len(portal.logon.sent) == 2


def test_the_end_of_a_code_is_told_when_it_comes(portal: Portal, watched: Page):
    """Without a reload, and to screen readers."""
    portal.logon.lifetime = timedelta(seconds=1)
    portal.open_code_page(watched)

    expect(watched.locator("#validity[role=status]")).to_have_text("This code has expired. Please ask for a new one.")


def test_a_pasted_code_may_hold_anything_around_it(portal: Portal, watched: Page):
    """People paste whole messages."""
    watched.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=portal.url)
    portal.open_code_page(watched)
    watched.evaluate("navigator.clipboard.writeText('Your one-time password is: 123 456\\n')")
    watched.focus("#code")
    watched.keyboard.press("Control+v")

    expect(watched.locator("#code")).to_have_value(CODE)


def test_the_browser_may_hand_over_the_code_from_the_message(portal: Portal, fresh: Page):
    """WebOTP: filled in and sent, after the person has agreed in the browser's own dialogue."""
    fresh.add_init_script(WEB_OTP % CODE)
    portal.begin(fresh)

    expect(fresh.get_by_role("heading", name="You are signed in")).to_be_visible()
    assert portal.logon.answers[-1] == {"code": CODE}


def test_typing_the_code_ends_the_wait_for_the_message(portal: Portal, fresh: Page):
    """Otherwise the browser's dialogue would come up on the next page."""
    fresh.add_init_script(WEB_OTP_PENDING)
    portal.open_code_page(fresh)
    fresh.fill("#code", CODE)
    fresh.press("#code", "Enter")
    expect(fresh.get_by_role("heading", name="You are signed in")).to_be_visible()

    assert fresh.evaluate("sessionStorage.aborted") == "yes"


def test_a_double_click_sends_one_text(portal: Portal, watched: Page):
    """By the page; the server's own lock is tested elsewhere."""
    watched.goto(f"{portal.url}/login/web")
    watched.fill("#user_name", "alice")
    watched.fill("#password", PASSWORD)
    watched.dblclick("button.main")
    watched.wait_for_selector("#code")

    assert len(portal.logon.sent) == 1


def test_everything_can_be_done_with_the_keyboard(portal: Portal, watched: Page):
    """In a sensible order, and one always sees where one is."""
    watched.goto(f"{portal.url}/login/web")
    expect(watched.locator("#user_name")).to_be_focused()
    watched.keyboard.type("alice")
    watched.keyboard.press("Tab")
    watched.keyboard.type(PASSWORD)
    watched.keyboard.press("Enter")
    expect(watched.locator("#code")).to_be_focused()
    for wanted in ("Sign in", "Sign in another way", "No message?", "Cancel"):
        watched.keyboard.press("Tab")
        focused = watched.evaluate(
            """() => {
              const style = getComputedStyle(document.activeElement);
              return [document.activeElement.textContent.trim(), style.outlineStyle, parseFloat(style.outlineWidth)];
            }"""
        )
        assert focused[0].startswith(wanted)
        assert focused[1] == "solid"
        assert focused[2] >= 2
    watched.keyboard.press("Enter")
    expect(watched.get_by_role("heading", name="Sign-in cancelled")).to_be_visible()


def test_a_password_can_be_looked_at(portal: Portal, watched: Page):
    """And is never sent as anything but a password."""
    watched.goto(f"{portal.url}/login/web")
    watched.fill("#password", "geheim")
    watched.get_by_role("button", name="Show password").click()
    assert watched.get_attribute("#password", "type") == "text"
    watched.get_by_role("button", name="Show password").click()

    assert watched.get_attribute("#password", "type") == "password"


def test_after_signing_out_the_way_back_shows_nothing(portal: Portal, watched: Page):
    """A shared computer, and the back button."""
    portal.open_code_page(watched)
    watched.fill("#code", CODE)
    watched.press("#code", "Enter")
    expect(watched.get_by_role("heading", name="You are signed in")).to_be_visible()
    watched.goto(f"{portal.url}/sessions")
    watched.locator("li.this").get_by_role("button").click()
    expect(watched.get_by_role("heading", name="You are signed out")).to_be_visible()
    watched.go_back()
    watched.wait_for_load_state()

    assert "Alice" not in watched.content()


def test_over_https_the_browser_takes_the_fenced_cookies(instance, sqlite_database_url, tmp_path, browser: Browser):
    """Browsers drop a ``__Host-`` cookie that breaks a rule of the prefix, silently."""
    tls = Authority(tmp_path).issue("server")
    context = browser.new_context(ignore_https_errors=True)
    with run_portal(instance, sqlite_database_url, tls) as portal:
        page = context.new_page()
        portal.open_code_page(page)
        page.fill("#code", CODE)
        page.press("#code", "Enter")
        expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()
        names = {cookie["name"]: cookie for cookie in context.cookies()}
        context.close()

    assert set(names) == {"__Host-authsms-browser", "__Host-authsms-session"}
    assert all(cookie["secure"] and cookie["httpOnly"] for cookie in names.values())


def test_a_german_browser_gets_german_pages(portal: Portal, browser: Browser):
    """Also what the script brings in later."""
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    portal.open_code_page(page, continued=True)
    portal.logon.delivery = DeliveryStatus(MessageState.DELIVERED, "", final=True)

    expect(page.get_by_role("heading", name="Code eingeben")).to_be_visible()
    expect(page.locator("[data-status-text]")).to_have_text("Ihr Code ist auf Ihrem Telefon angekommen.")
    assert page.get_attribute("html", "lang") == "de"
    context.close()


def test_the_request_of_the_application_survives_a_fresh_start(portal: Portal, watched: Page):
    """Cancelled by mistake; the application still gets its person."""
    portal.open_code_page(watched, continued=True)
    watched.get_by_role("button", name="Cancel").click()
    watched.get_by_role("button", name="Start again").click()

    watched.wait_for_url(f"{portal.url}/login/web?c={CONTINUATION}")
