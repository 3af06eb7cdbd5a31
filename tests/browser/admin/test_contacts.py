"""The pages of contacts in a real browser: one's own, and what an administrator sees of them."""

import re

from playwright.sync_api import expect

from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ContactKind
from authsms.contacts.consent import Way
from authsms.contacts.entries import Tick
from authsms.contacts.suppression import Source, Stop
from authsms.foundation.phone import PhoneNumber
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from tests.browser.admin.conftest import Desk
from tests.integration.contacts.post import SETTINGS, Post

NUMBERS = ("+4915112345678", "+4915112345699", "+4915112345611", "+4915112345622")


def fill(desk: Desk) -> tuple[str, list[str]]:
    """Give the administrator a contact in each state; return his key and their ids."""
    services, person = desk.office.services, desk.office.person("administrator")
    owner = Author(person.login, person.key, "192.0.2.7")
    contacts = [services.contacts.add(owner, ContactKind.MOBILE, PhoneNumber(number)) for number in NUMBERS]
    for place, contact in enumerate(contacts[1:]):
        with services.database.write() as session:
            found = services.contacts.find(person.key, contact)
            services.contacts.ask(session, owner, found, Tick(f"challenge{place}", "I agree to be texted.", "en"))
        if place:
            with services.database.write() as session:
                services.contacts.verify(session, owner, services.contacts.find(person.key, contact))
    stop = Stop(services.suppressions.hash_of(NUMBERS[3]), "•••••••22", Way("codes", ""), Source.REPLY, "STOP")
    with services.database.write() as session:
        services.suppressions.stop(session, stop)
    return person.key, contacts


def test_contacts_are_fit_for_everybody(desk: Desk, looks_good):
    """The list, a contact in each state, and the page of the person."""
    key, contacts = fill(desk)
    looks_good(*(f"/contacts/{contact}" for contact in contacts[1:]), "/contacts", f"/admin/people/{key}")


def test_a_contact_is_made_live_by_keyboard(desk: Desk):
    """Number, tick, code."""
    services = desk.office.services
    draft = ServiceDraft(ServiceRule("codes"), "signalwire", {**SETTINGS, "sender_phone": "+12025550100"})
    services.senders.save_service(draft, author="test")
    page = desk.open()
    page.goto(f"{desk.url}/sessions")
    page.get_by_role("link", name="Contacts").press("Enter")
    page.get_by_label("Phone number").fill("0151 12345678")
    page.keyboard.press("Enter")
    page.get_by_role("checkbox").press("Space")
    page.get_by_role("button", name="Text me a code").press("Enter")
    page.wait_for_selector("#code")
    (code,) = re.findall(r"(\d{6}) is your code", "".join(Post(services, services.clock).deliver()))  # type: ignore[arg-type]
    page.fill("#code", code)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Confirmed. You get texts at this number.")

    expect(page.get_by_text("gets texts", exact=True)).to_be_visible()
