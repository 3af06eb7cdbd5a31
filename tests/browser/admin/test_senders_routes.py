"""Routes, senders and shares of services in a real browser."""

from dataclasses import replace

import pytest

from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.submission import Purpose
from tests.browser.admin.conftest import Desk, look_everywhere

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


def test_routes_are_arranged_and_the_way_of_a_text_is_told(routed: Desk):
    """By keyboard through the part of the form that is closed at first; fit for everybody, phone and desktop."""
    page = routed.open(reduced_motion="reduce")
    page.goto(f"{routed.url}/admin/senders/services/world")
    page.get_by_text("Routes, senders and shares").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Senders by country").fill("de = +491715550100")
    page.get_by_label("Shares its place with").select_option("offers")
    look_everywhere(page, "routes: form")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Phone number").fill("+49 30 12345678")
    page.get_by_label("Label of the event").fill("acme")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=To DE, in this order")
    look_everywhere(page, "routes: way")

    said = page.get_by_role("status").inner_text()
    assert "graz (Twilio), from Example" in said
    assert "world (Twilio), from +491715550100" in said
    assert "vienna: it is meant for other groups" in said
