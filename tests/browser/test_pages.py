"""Every page of the portals, as different people see it: large and small, light and dark, with and without motion."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from authsms.delivery.states import Failure, MessageState
from authsms.foundation.errors import DirectoryUnavailableError
from authsms.logon.steps import DeliveryStatus
from tests.browser.portal import Portal, run_portal
from tests.functional.portals.twin import CODE, PASSWORD
from tests.parts.browser import accessibility_findings, fetch_axe

HAND: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
VIEWS: dict[str, Any] = {"desktop": DESK, "german phone": {**HAND, "locale": "de-DE"}}
LOOKS: dict[str, dict[str, tuple[str, dict[str, int]]]] = {
    "desktop": {
        "light": ("light", DESK["viewport"]),
        "dark": ("dark", DESK["viewport"]),
        "at 400 %": ("dark", {"width": 320, "height": 256}),
    },
    "german phone": {"light": ("light", HAND["viewport"]), "dark": ("dark", HAND["viewport"])},
}
"""What a page can be turned into while it is open."""

TWICE = {"width": 640, "height": 400}
"""A laptop at 200 %: no rule of the style sheet knows it from the whole one, so nothing but the width is looked at."""

_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_HEIGHTS = """Array.from(document.querySelectorAll('button, summary, #code'))
  .filter((item) => !item.closest('[hidden]')).map((item) => item.getBoundingClientRect().height)"""


@pytest.fixture
def portal(instance, sqlite_database_url: str) -> Iterator[Portal]:
    """The pages on a socket."""
    with run_portal(instance, sqlite_database_url) as running:
        yield running


def _every_page(portal: Portal, page: Page) -> Iterator[str]:
    """Open one page after the other and yield their names."""
    yield from _pages_of_choice(portal, page)
    yield from _pages_before(portal, page)
    yield from _pages_after(portal, page)
    yield from _pages_of_trouble(portal, page)


def _pages_of_choice(portal: Portal, page: Page) -> Iterator[str]:
    portal.logon.asks_chain = True
    portal.begin(page)
    page.wait_for_selector(".choice")
    yield "which way"
    page.click(".ends button")
    page.wait_for_url("**/cancelled")
    portal.logon.asks_chain = False


def _pages_before(portal: Portal, page: Page) -> Iterator[str]:
    page.goto(f"{portal.url}/login/web")
    yield "sign in"
    page.fill("#user_name", "alice")
    page.fill("#password", "wrong")
    page.press("#password", "Enter")
    page.wait_for_selector(".notice.bad")
    yield "wrong password"
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector("#code")
    yield "code"
    page.fill("#code", "000000")
    page.press("#code", "Enter")
    page.wait_for_selector(".notice.bad")
    for summary in page.query_selector_all("summary"):
        summary.click()
    yield "wrong code, with everything unfolded"
    portal.logon.delivery = DeliveryStatus(MessageState.FAILED, Failure.OPTED_OUT, final=True)
    for walk in portal.logon.walks.values():
        past = portal.services.clock.now() - timedelta(seconds=1)
        walk.asks = replace(walk.asks, expires_at=past, resend_at=past)
    page.reload()
    yield "failed and expired code"


def _pages_after(portal: Portal, page: Page) -> Iterator[str]:
    page.fill("#code", CODE)
    page.press("#code", "Enter")
    page.wait_for_selector(".moment")
    yield "signed in"
    page.goto(f"{portal.url}/sessions")
    yield "sessions"
    page.click("li.this button")
    page.wait_for_selector(".moment")
    yield "signed out"


def _pages_of_trouble(portal: Portal, page: Page) -> Iterator[str]:
    page.goto(f"{portal.url}/cancelled")
    yield "cancelled"
    page.goto(f"{portal.url}/nothing")
    yield "not found"
    portal.logon.failure = DirectoryUnavailableError("")
    page.goto(f"{portal.url}/login/web")
    page.fill("#user_name", "alice")
    page.fill("#password", "x")
    with page.expect_navigation():
        page.press("#password", "Enter")
    yield "unavailable"


def _findings(page: Page, looks: dict[str, tuple[str, dict[str, int]]]) -> Iterator[str]:
    """Turn the open page into one look after the other, tell what is wrong, and turn it back."""
    fetch_axe(page)
    for look, (scheme, size) in looks.items():
        _turn(page, scheme, size)
        yield from (f"{look}: {one}" for one in accessibility_findings(page))
        if (excess := page.evaluate(_SIDEWAYS)) > 0:
            yield f"{look}: {excess} pixels too wide"
    _turn(page, "light", TWICE)
    if (excess := page.evaluate(_SIDEWAYS)) > 0:
        yield f"at 200 %: {excess} pixels too wide"
    _turn(page, *looks["light"])
    yield from (f"the policy stopped {one}" for one in page.evaluate("window.violations"))


def _turn(page: Page, scheme: Any, size: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)


@pytest.mark.parametrize("view", VIEWS)
def test_every_page_is_fit_for_everybody(portal: Portal, browser: Browser, view: str):
    """Nothing for axe to find, nothing to scroll sideways, nothing the policy had to stop."""
    context = browser.new_context(**{"locale": "en-GB", "reduced_motion": "reduce", **VIEWS[view]})
    page = portal.watch(context.new_page())
    found = {name: list(_findings(page, LOOKS[view])) for name in _every_page(portal, page)}
    context.close()

    assert {name: told for name, told in found.items() if told} == {}
    assert len(found) == 12
    assert portal.complaints == []
    assert all(url.startswith(portal.url) for url in portal.requests)


def test_who_wants_no_motion_gets_none(portal: Portal, browser: Browser):
    """The breathing dot is the only thing that moves."""
    names = []
    for wish in ("no-preference", "reduce"):
        context = browser.new_context(reduced_motion=wish)
        page = context.new_page()
        portal.open_code_page(page)
        names.append(page.evaluate("getComputedStyle(document.querySelector('.track li'), '::before').animationName"))
        context.close()

    assert names == ["breathe", "none"]


def test_targets_are_large_enough_for_thumbs(portal: Portal, browser: Browser):
    """WCAG 2.5.8 asks for 24 pixels; what one presses here has more."""
    context = browser.new_context(**HAND)
    page = context.new_page()
    portal.open_code_page(page)
    heights = page.evaluate(_HEIGHTS)
    page.set_viewport_size(DESK["viewport"])
    heights += page.evaluate(_HEIGHTS)
    context.close()

    assert min(heights) >= 44
