"""The page of the virtual phones, in a real browser."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from playwright.sync_api import Page, expect

from authsms.simulator import SimulatorConfig, TwilioAccount, WebServer, create_simulator
from tests.browser.profiles import Profiles
from tests.parts.browser import accessibility_findings

ALICE, BOB = "+12025550101", "+12025550102"
SENDER = "+15005550006"


class Carrier:
    """Sends texts to the phones as a customer of Twilio would."""

    def __init__(self, url: str, account: TwilioAccount) -> None:
        self.url = url
        self._account = account
        self._session = requests.Session()
        self._session.trust_env = False

    def text(self, body: str, to: str = ALICE, sender: str = SENDER) -> None:
        """Send one text."""
        self._session.post(
            f"{self.url}/twilio/2010-04-01/Accounts/{self._account.sid}/Messages.json",
            auth=(self._account.sid, self._account.token),
            data={"To": to, "From": sender, "Body": body},
            timeout=60,
        ).raise_for_status()

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    """A simulator with the phones of Alice and Bob."""
    account = TwilioAccount()
    phones = {ALICE: "Alice Liddell", BOB: "Bob Baumeister"}
    app = create_simulator(SimulatorConfig(accounts=(account,), phones=phones, pace=timedelta(0)))
    with WebServer(app, "127.0.0.1", 0) as server:
        carrier = Carrier(server.url, account)
        yield carrier
        carrier.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser held against the page: errors of scripts, and whatever its policy blocked."""
    return []


@pytest.fixture
def page(carrier: Carrier, profiles: Profiles, complaints: list[str]) -> Iterator[Page]:
    """An empty page."""
    with profiles.lent(complaints, carrier.url) as lent:
        yield lent


def alice(page):
    return page.get_by_role("article", name="Alice Liddell")


def bob(page):
    return page.get_by_role("article", name="Bob Baumeister")


def test_a_text_arrives_while_one_looks(page, carrier, complaints):
    """No reload, within a moment, on the right phone only, and nothing is blocked by the policy."""
    page.goto(carrier.url)
    expect(page.get_by_text("Live")).to_be_visible()
    carrier.text("Your one-time password is: 482913")

    expect(alice(page).get_by_text("Your one-time password is: 482913")).to_be_visible()
    expect(bob(page).get_by_text("No messages")).to_be_visible()
    expect(page).to_have_title("(1) Virtual phones")
    assert complaints == []


def test_the_code_can_be_copied_with_a_tap(page, carrier):
    """What a keyboard offers on a real phone."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    carrier.text("Code 111111 is old\n\n@login.example.com #482913")
    page.goto(carrier.url)
    alice(page).get_by_role("button", name="Copy 482913").click()

    expect(alice(page).get_by_role("button", name="Copied 482913")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "482913"


def test_one_can_reply_by_keyboard(page, carrier, complaints):
    """Type, press Enter, go on typing."""
    carrier.text("Was it you? Reply YES or NO.")
    page.goto(carrier.url)
    field = alice(page).get_by_label("Reply from Alice Liddell")
    field.focus()
    page.keyboard.type("YES")
    page.keyboard.press("Enter")

    expect(alice(page).locator(".sent")).to_contain_text("YES")
    expect(alice(page).locator(".sent")).to_contain_text("not passed on: no webhook is set")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    assert complaints == []


def test_what_one_types_survives_news(page, carrier):
    """A text that arrives meanwhile must not take the words away."""
    carrier.text("first")
    page.goto(carrier.url)
    field = alice(page).get_by_label("Reply from Alice Liddell")
    field.fill("half a sent")
    carrier.text("second")

    expect(alice(page).get_by_text("second", exact=True)).to_be_visible()
    expect(field).to_have_value("half a sent")


def test_looking_at_a_phone_makes_it_read(page, carrier):
    """The badge is for what nobody has seen."""
    carrier.text("hello")
    page.goto(carrier.url)
    expect(alice(page).get_by_text("1 unread")).to_be_attached()
    alice(page).get_by_text("hello").click()

    expect(alice(page).get_by_text("unread")).to_have_count(0)
    expect(page).to_have_title("Virtual phones")


def test_a_new_number_gets_a_phone_of_its_own(page, carrier):
    """Without a reload as well."""
    page.goto(carrier.url)
    expect(page.get_by_role("article")).to_have_count(2)
    carrier.text("hello", to="+491711234567", sender="ACME")

    expect(page.get_by_role("article", name="+491711234567")).to_contain_text("You cannot reply to a name.")


def test_messages_can_be_deleted(page, carrier):
    """And the phone stays."""
    carrier.text("hello")
    page.goto(carrier.url)
    alice(page).get_by_role("button", name="Delete all messages of Alice Liddell").click()

    expect(alice(page).get_by_text("No messages")).to_be_visible()


def test_a_hostile_text_is_just_a_text(page, carrier, complaints):
    """Shown literally, also when it arrives live."""
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    page.goto(carrier.url)
    carrier.text(hostile)

    expect(alice(page).get_by_text(hostile)).to_be_visible()
    assert complaints == []


def test_the_newest_text_is_in_view(page, carrier):
    """As on a real phone."""
    for place in range(20):
        carrier.text(f"text number {place}")
    page.goto(carrier.url)
    expect(alice(page).get_by_text("text number 19")).to_be_in_viewport()
    carrier.text("the very last")

    expect(alice(page).get_by_text("the very last")).to_be_in_viewport()


@pytest.mark.parametrize(("scheme", "width", "height"), [("light", 1280, 800), ("dark", 390, 844)])
def test_everybody_can_use_it(page, carrier, scheme, width, height):
    """Light on a desktop, dark on a phone: nothing for axe to say, nothing sticks out sideways."""
    carrier.text("Your one-time password is: 482913")
    carrier.text("hello", to=BOB, sender="ACME")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(carrier.url)
    expect(alice(page).get_by_role("button", name="Copy 482913")).to_be_visible()

    assert accessibility_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    backgrounds = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (backgrounds == "rgb(13, 16, 24)") is (scheme == "dark")


def test_it_works_without_its_script(profiles: Profiles, carrier, complaints):
    """Reply with a form, and see it after the answer."""
    carrier.text("Your one-time password is: 482913")
    with profiles.lent(complaints, carrier.url, java_script_enabled=False) as page:
        page.goto(carrier.url)
        alice(page).get_by_label("Reply from Alice Liddell").fill("thanks")
        alice(page).get_by_role("button", name="Send").click()

        expect(alice(page).locator(".sent")).to_contain_text("thanks")


def test_the_page_says_when_it_has_lost_touch(context, carrier):
    """A page that looks alive and is not misleads."""
    page = context.new_page()
    page.goto(carrier.url)
    expect(page.get_by_text("Live")).to_be_visible()
    context.set_offline(True)
    carrier.text("hello")

    expect(page.get_by_text("Reconnecting")).to_be_visible()
    context.set_offline(False)
    expect(alice(page).get_by_text("hello")).to_be_visible()
    expect(page.get_by_text("Live")).to_be_visible()
