"""Contacts and consents, as administrators see them."""

import csv
from datetime import timedelta

from authsms.administration.rights import Role
from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ConsentAct, ContactKind
from authsms.contacts.consents import NewConsent
from authsms.foundation.phone import PhoneNumber
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import OVERDUE, Clerk, Office

NUMBER = PhoneNumber("+4915112345678")


def agree(office: Office, source: str = "self-service") -> str:
    """Let somebody have a contact and a consent; return his key."""
    services, person = office.services, office.services.people.find("bob") or office.person("bob")
    owner = Author("bob", person.key, "192.0.2.9")
    contact = services.contacts.add(owner, ContactKind.WORK, NUMBER)
    new = NewConsent(ConsentAct.GIVEN, owner, contact, NUMBER, source, "=cmd()|'I agree'")
    with services.database.write() as session:
        services.consents.add(session, new)
    return person.key


def test_the_page_of_a_person_shows_contacts_and_what_was_agreed(office: Office, admin: Clerk):
    """Masked, with the wording and the address."""
    page = admin.get(f"/admin/people/{agree(office)}").text

    assert "Work •••••••78" in page
    assert all(part in page for part in ("Agreed to be texted at", "192.0.2.9", "I agree", "self-service"))
    assert "12345678" not in page


def test_contacts_have_a_right_of_their_own(office: Office):
    """A help desk has it; who looks after deliveries sees neither people nor what they agreed to."""
    key = agree(office)
    desk, operator = office.clerk(Role.HELPDESK), office.clerk(Role.MESSAGING_OPERATOR)

    assert "Consents" in desk.get(f"/admin/people/{key}").text
    assert 403 == operator.get("/admin/contacts/consents.csv").status_code


def test_all_consents_come_as_a_table_no_spreadsheet_takes_for_formulas(office: Office, admin: Clerk):
    """ATK-29; and the trail says who took it."""
    key = agree(office)
    answer = admin.get("/admin/contacts/consents.csv")
    header, row = csv.reader(answer.text.splitlines())

    assert {**dict(zip(header, row, strict=True)), "id": "", "recorded_at": ""} == {
        **dict.fromkeys(header, ""),
        "person": key,
        "login": "bob",
        "number": "•••••••78",
        "act": "given",
        "wording": "'=cmd()|'I agree'",
        "source": "self-service",
        "address": "192.0.2.9",
    }
    assert "consents.exported" in [one.entry.tag.value for one in office.services.audit.search()]


def test_the_table_asks_for_a_fresh_proof(office: Office, clock: ManualClock, admin: Clerk):
    """So much at once."""
    clock.advance(OVERDUE + timedelta(seconds=1))

    assert admin.get("/admin/contacts/consents.csv").status_code in {302, 303}
