"""The page of opt-outs in a real browser."""

from playwright.sync_api import expect

from authsms.contacts.consent import Way
from authsms.contacts.suppression import Source, Stop
from tests.browser.admin.conftest import Desk


def block(desk: Desk, phone: str = "+12025550142", sender: str = "+12025550100", source: Source = Source.REPLY) -> None:
    """Let somebody opt out."""
    services = desk.office.services
    with services.database.write() as session:
        stop = Stop(services.suppressions.hash_of(phone), f"•••••••{phone[-2:]}", Way("twilio", sender), source, "STOP")
        services.suppressions.stop(session, stop)


def test_opt_outs_are_fit_for_everybody(desk: Desk, looks_good):
    """The list, and the page of a person who has opted out."""
    person = desk.office.person("bob")
    block(desk)
    block(desk, sender="", source=Source.PROVIDER)
    looks_good("/admin/messages/opt-outs", f"/admin/people/{person.key}")


def test_an_opt_out_is_lifted_with_a_reason(desk: Desk):
    """By keyboard, as everything here."""
    block(desk)
    page = desk.open()
    page.goto(f"{desk.url}/admin/messages/opt-outs")
    page.locator("summary", has_text="Lift").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Why?").fill("He asked for it")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Lifted. The number can be texted again.")

    expect(page.get_by_text("Nobody has opted out.")).to_be_visible()
