"""The main job in a real browser: application, directory, code, virtual phone, application; no part is a twin."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from authsms.cli.demo import _plan, _start
from authsms.cli.demo_setup import PEOPLE, Plan
from authsms.simulator.codes import find_code
from authsms.simulator.walk import Places
from tests.parts.browser import accessibility_findings

ALICE, BOB, *_ = PEOPLE


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Plan, Places]]:
    """The server with its worker, the simulator, and the sample application."""
    plan = _plan(tmp_path_factory.mktemp("demo"), once=True, ldap=False)
    with ExitStack() as stack:
        yield plan, _start(stack, plan)[0]


def _code_on(places: Places, phone: str) -> str:
    """Return the code of the newest message on a virtual phone."""
    messages = requests.get(f"{places.simulator}/phones/{phone}/messages", timeout=10).json()
    found = messages["messages"] if isinstance(messages, dict) else messages
    code = find_code(found[-1]["text"])
    assert code
    return code


def _reach_code(page: Page, places: Places, who) -> None:
    page.goto(places.application)
    page.get_by_role("link", name="Sign in").click()
    page.fill("#user_name", who.login)
    page.fill("#password", who.password)
    page.press("#password", "Enter")
    page.wait_for_selector("#code")


def test_somebody_logs_in_to_an_application(running: tuple[Plan, Places], page: Page):
    """The page follows the message by the provider's own receipts, and the person ends where they began."""
    _, places = running
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    _reach_code(page, places, ALICE)
    expect(page.locator("[data-status-text]")).to_have_text("Your code has arrived on your phone.")
    assert f"a number ending in {ALICE.phone[-2:]}" in (page.text_content("#what") or "")
    assert accessibility_findings(page) == []
    page.fill("#code", _code_on(places, ALICE.phone))
    page.click("button.main")

    expect(page.get_by_role("heading", name=f"Hello, {ALICE.display_name}")).to_be_visible()
    assert complaints == []


def test_a_wrong_code_is_refused_and_the_right_one_still_works(running: tuple[Plan, Places], page: Page):
    """And what was typed before is gone from the field."""
    _, places = running
    _reach_code(page, places, BOB)
    expect(page.locator("[data-status-text]")).to_have_text("Your code has arrived on your phone.")
    right = _code_on(places, BOB.phone)
    page.fill("#code", f"{(int(right) + 1) % 1_000_000:06d}")
    page.press("#code", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    expect(page.locator("#code")).to_have_value("")
    page.fill("#code", right)
    page.press("#code", "Enter")

    expect(page.get_by_role("heading", name=f"Hello, {BOB.display_name}")).to_be_visible()


def test_signing_out_ends_what_the_browser_held(running: tuple[Plan, Places], page: Page, context: BrowserContext):
    """On our own pages; the application is asked to by its own button."""
    plan, places = running
    _reach_code(page, places, PEOPLE[2])
    expect(page.locator("[data-status-text]")).to_have_text("Your code has arrived on your phone.")
    page.fill("#code", _code_on(places, PEOPLE[2].phone))
    page.press("#code", "Enter")
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()
    page.goto(f"{plan.issuer}/sessions")
    expect(page.get_by_text("this one")).to_be_visible()
    page.locator("li.this").get_by_role("button").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()

    assert "authsms-session" not in {cookie["name"] for cookie in context.cookies()}
    page.goto(f"{plan.issuer}/sessions")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("name", ["nobody-here", ALICE.login])
def test_an_unknown_and_a_known_person_see_the_same_refusal(running: tuple[Plan, Places], page: Page, name: str):
    """Over the real service, too."""
    plan, _ = running
    page.goto(f"{plan.issuer}/login/web")
    page.fill("#user_name", name)
    page.fill("#password", "wrong")
    page.press("#password", "Enter")

    expect(page.get_by_role("alert")).to_have_text("User name or password is not right. Please try again.")
    expect(page.locator("#user_name")).to_have_value(name)
