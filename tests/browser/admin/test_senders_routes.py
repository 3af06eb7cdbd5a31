"""Routes, senders and shares of services in a real browser."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.submission import Purpose
from tests.browser.admin.conftest import LOOKS, Desk
from tests.parts.browser import accessibility_findings

SETTINGS = {"account_sid": "AC" + "0" * 32, "auth_token": "pl4nted-s3cret", "sender_phone": "+14155550100"}
ROUTED = ServiceRule(
    "vienna",
    prefixes=frozenset({"+43", "+4930"}),
    groups=frozenset({"Field staff of the southern region"}),
    labels=frozenset({"acme"}),
    weight=75,
    senders={"AT": ("+436641234567", "+436641234568"), "*": ("Example",)},
)


@pytest.fixture
def routed(desk: Desk) -> Desk:
    """A desk whose policy has routes."""
    offers = ServiceRule("offers", 1, purposes=frozenset({Purpose.OFFER}), weight=25)
    for rule in (ROUTED, replace(ROUTED, name="graz", weight=25, groups=frozenset()), offers, ServiceRule("world", 2)):
        desk.office.services.senders.save_service(ServiceDraft(rule, "twilio", SETTINGS), author="anna")
    return desk


def _keep(page, name: str) -> None:
    """Store a picture of the page where somebody wants to look at it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("look", ["light", "phone"])
def test_routes_are_arranged_and_the_way_of_a_text_is_told(routed: Desk, look: str):
    """By keyboard through the part of the form that is closed at first; fit for everybody, phone and desktop."""
    page = routed.open(look=look)
    page.goto(f"{routed.url}/admin/senders/services/world")
    page.get_by_text("Routes, senders and shares").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Senders by country").fill("de = +491715550100")
    page.get_by_label("Shares its place with").select_option("offers")
    _keep(page, f"senders-routes-form-{look}")
    form = accessibility_findings(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Phone number").fill("+49 30 12345678")
    page.get_by_label("Label of the event").fill("acme")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=To DE, in this order")
    _keep(page, f"senders-routes-way-{look}")

    assert [] == form + accessibility_findings(page)
    assert [] == page.evaluate("window.violations")
    said = page.get_by_role("status").inner_text()
    assert "graz (Twilio), from Example" in said
    assert "world (Twilio), from +491715550100" in said
    assert "vienna: it is meant for other groups" in said
    for size in (LOOKS[look]["viewport"], LOOKS["zoomed"]["viewport"]):
        page.set_viewport_size(size)
        assert 0 >= page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
