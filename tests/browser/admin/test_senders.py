"""The pages of the sender policy in a real browser."""

import json
from threading import Event

from authsms.senders.definitions import ServiceDraft
from authsms.senders.http import Deadlines, HttpGuard
from authsms.senders.policy import ServiceRule
from authsms.senders.webhook import Receipt, ReceiptState
from tests.browser.admin.conftest import Desk
from tests.plugins import hostile
from tests.plugins.hostile import HostileServer

SID = "SM" + "0" * 32
PATIENT = Deadlines(connect=30, total=60)


def fill(desk: Desk, url: str = "https://api.twilio.com", name: str = "main") -> None:
    """Save a service."""
    settings = {
        "account_sid": "AC" + "0" * 32,
        "auth_token": "pl4nted-s3cret",
        "sender_phone": "+14155550100",
        "base_url": url,
    }
    desk.office.services.senders.save_service(ServiceDraft(ServiceRule(name), "twilio", settings), author="anna")


def answering(status: int, document: object, after: Event | None = None) -> HostileServer:
    """Return a provider that answers, *after* something if need be."""

    def behave(connection):
        if after is not None:
            after.wait(60)
        hostile.answer(status, json.dumps(document).encode())(connection)

    return HostileServer(behave)


def test_pages_are_fit_for_everybody(desk: Desk, looks_good):
    """Light and dark, phone and desktop, enlarged; axe has nothing to say."""
    fill(desk)
    fill(desk, name="second")
    looks_good(
        "/admin/senders",
        "/admin/senders/new",
        "/admin/senders/new?kind=generic_http",
        "/admin/senders/services/main",
        "/admin/senders/services/main/test",
        "/admin/senders/policy",
        "/admin/senders/history",
        "/admin/senders/history/1",
        "/admin/senders/import",
    )


def test_a_service_is_made_and_tested_while_the_provider_is_slow(desk: Desk, looks_good):
    """The page shows the answer by itself, a script in it as text, and then what the provider reports."""
    desk.office.services.senders._guard = HttpGuard(["127.0.0.1"], deadlines=PATIENT)
    is_seen = Event()
    with answering(201, {"sid": SID, "status": "queued <img src=x onerror=alert(1)>"}, is_seen) as server:
        page = desk.open()
        page.goto(f"{desk.url}/admin/senders/new?kind=twilio")
        page.get_by_label("Name").fill("main")
        page.locator("#setting-account_sid").fill("AC" + "0" * 32)
        page.locator("#setting-auth_token").fill("pl4nted-s3cret")
        page.locator("#setting-sender_phone").fill("+14155550100")
        page.locator("#setting-base_url").fill(server.url)
        page.get_by_role("button", name="Save").click()
        page.get_by_label("Phone number").fill("+49 1511 2345678")
        page.get_by_role("button", name="Send").click()
        page.wait_for_selector("text=waiting for the provider")
        is_seen.set()
        page.wait_for_selector("text=taken by the provider")
        desk.office.services.receipts.apply("main", [Receipt(SID, ReceiptState.DELIVERED, "delivered")])
        page.wait_for_selector("li:has-text('delivered')")

        assert "pl4nted" not in page.content()
        assert "2345678" not in page.inner_text("main")
        looks_good(page.url.removeprefix(desk.url))


def test_a_script_in_an_error_of_a_provider_stays_text(desk: Desk):
    """It is shown word for word."""
    desk.office.services.senders._guard = HttpGuard(["127.0.0.1"], deadlines=PATIENT)
    words = "<script>window.violations.push('ran')</script><img src=x onerror=alert(1)>"
    with answering(400, {"code": 21608, "message": words, "status": 400}) as server:
        fill(desk, server.url)
        page = desk.open()
        page.goto(f"{desk.url}/admin/senders/services/main/test")
        page.get_by_label("Phone number").fill("+49 1511 2345678")
        page.get_by_role("button", name="Send").click()
        page.wait_for_selector("text=refused (21608)")

        assert "<script>" in page.inner_text("main")
        assert 0 == page.locator("main img").count()
        assert [] == page.evaluate("window.violations")


def test_a_template_is_previewed_while_it_is_typed(desk: Desk):
    """With the number of segments; nothing is saved by that, and what is typed stays."""
    page = desk.open()
    page.goto(f"{desk.url}/admin/senders/policy")
    field = page.locator("#template-en")
    field.fill("Code {otp} ✓ " + "x" * 70)
    page.wait_for_selector("text=2 segments")

    assert page.locator("#template-en").input_value().startswith("Code {otp}")
    assert 0 == desk.office.services.senders.policy().version
