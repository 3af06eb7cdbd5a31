"""The log of messages in a real browser."""

from datetime import timedelta

from playwright.sync_api import expect

from authsms.delivery.outbox import Draft
from authsms.foundation.phone import PhoneNumber
from authsms.senders.submission import Purpose
from tests.browser.admin.conftest import Desk
from tests.browser.admin.scene import morning


def enqueue(desk: Desk, login: str) -> str:
    services = desk.office.services
    draft = Draft(
        services.vault.new_id(),
        Purpose.NOTICE,
        PhoneNumber("+12025550199"),
        "words",
        services.clock.now() + timedelta(minutes=5),
        login=login,
    )
    with services.database.write() as session:
        services.outbox.enqueue(session, draft)
    return draft.id


def test_the_log_is_fit_for_everybody(desk: Desk, looks_good):
    """Light and dark, phone and desktop, enlarged; axe has nothing to say."""
    morning(desk)
    looks_good("/admin/messages", "/admin/messages?state=trouble", "/admin/messages?person=nobody")


def test_a_message_is_fit_for_everybody(desk: Desk, looks_good):
    work, _ = morning(desk)
    looks_good(f"/admin/messages/{work.newest().id}", f"/admin/messages/{enqueue(desk, 'erna')}")


def test_news_come_in_by_themselves_until_somebody_presses_pause(desk: Desk):
    """The tail is live; a pause holds it still."""
    page = desk.open()
    page.goto(f"{desk.url}/admin/messages")
    page.wait_for_selector("text=No message fits.")
    enqueue(desk, "first-one")
    page.wait_for_selector("text=first-one")
    page.get_by_role("link", name="Pause").click()
    page.get_by_role("link", name="Go on").wait_for()
    enqueue(desk, "second-one")
    page.wait_for_timeout(4000)

    assert page.get_by_text("second-one").count() == 0
    page.get_by_role("link", name="Go on").click()
    page.wait_for_selector("text=second-one")


def test_a_message_is_found_and_cancelled_by_keyboard(desk: Desk):
    """From the filter to the deed without a mouse; the deed asks once."""
    message_id = enqueue(desk, "frieda")
    enqueue(desk, "gustav")
    page = desk.open()
    page.goto(f"{desk.url}/admin/messages")
    page.locator("summary", has_text="Filter").press("Enter")
    page.get_by_label("Person").fill("frieda")
    page.keyboard.press("Enter")
    page.wait_for_url("**person=frieda**")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.locator(f"#m{message_id}").press("Enter")
    page.locator("summary", has_text="Cancel").press("Enter")
    page.get_by_role("button", name="Cancel").press("Enter")
    page.wait_for_selector("text=Cancelled. It will not be sent.")

    assert desk.office.services.outbox.view(message_id).reason == "cancelled"


def test_the_log_works_without_javascript(desk: Desk):
    message_id = enqueue(desk, "hilde")
    page = desk.open(java_script_enabled=False)
    page.goto(f"{desk.url}/admin/messages")
    page.locator(f"#m{message_id}").click()
    page.locator("summary", has_text="Cancel").click()
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text("Cancelled. It will not be sent.")).to_be_visible()


def test_foreign_words_do_nothing(desk: Desk, looks_good):
    """ATK-28: the policy of the page reports nothing, and the words stand there as they are."""
    enqueue(desk, '"><img src=x onerror=alert(1)>')
    page = desk.open()
    page.goto(f"{desk.url}/admin/messages")

    expect(page.get_by_text("onerror=alert(1)")).to_be_visible()
    assert page.evaluate("window.violations") == []
    looks_good("/admin/messages")
