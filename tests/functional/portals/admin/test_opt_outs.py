"""The page of opt-outs, and what a person's page says of them."""

from datetime import timedelta

import pytest

from authsms.administration.rights import Role
from authsms.contacts.consent import Way
from authsms.contacts.suppression import Source, Stop
from tests.functional.portals.admin.office import OVERDUE, Clerk, Office, found_in

PHONE = "+12025550142"
SENDER = "+12025550100"


def block(office: Office, phone: str = PHONE, sender: str = SENDER, word: str = "STOP") -> None:
    """Let somebody opt out."""
    suppressions = office.services.suppressions
    with office.services.database.write() as session:
        stop = Stop(suppressions.hash_of(phone), f"•••••••{phone[-2:]}", Way("line", sender), Source.REPLY, word)
        suppressions.stop(session, stop)


def tags(office: Office) -> list[str]:
    """Return the audit tags about opt-outs, newest first."""
    records = [record.entry for record in office.services.audit.search()]
    return [entry.tag.value for entry in records if entry.tag.value.startswith(("consent", "opt-outs"))]


def test_the_list_shows_who_wants_nothing_from_whom(office: Office, admin: Clerk):
    """With masked numbers, and a way there from the messages."""
    block(office)
    shown = admin.get("/admin/messages/opt-outs").text

    assert "•••••••42" in shown
    assert (True, False) == (SENDER in shown, PHONE in shown)
    assert "/admin/messages/opt-outs" in admin.get("/admin/messages").text


def test_an_empty_list_says_so(admin: Clerk):
    """Most have one."""
    assert "Nobody has opted out." in admin.get("/admin/messages/opt-outs").text


def test_a_number_typed_in_full_is_found(office: Office, admin: Clerk):
    """In any spelling, and in no address."""
    block(office)
    block(office, "+12025550143")
    found = admin.post("/admin/messages/opt-outs", {"phone": "+1 (202) 555-0142"}).text
    other = admin.post("/admin/messages/opt-outs", {"phone": "+12025550199"}).text
    wrong = admin.post("/admin/messages/opt-outs", {"phone": "12"}).text

    assert (True, False) == ("•••••••42" in found, "•••••••43" in found)
    assert "The owner of this number has opted out of nothing." in other
    assert "This is no phone number." in wrong


def test_lifting_takes_a_reason_which_is_recorded(office: Office, admin: Clerk):
    """It overrules what the person has said."""
    block(office)
    page = admin.get("/admin/messages/opt-outs").text
    address = found_in(r'action="(/admin/messages/opt-outs/\w+/lift)"', page)
    admin.post(address, {"reason": "  "})
    refused = admin.get("/admin/messages/opt-outs").text
    admin.post(address, {"reason": "He asked me on the phone"})
    lifted = admin.get("/admin/messages/opt-outs").text
    admin.post(address, {"reason": "He asked me twice"})
    late = admin.get("/admin/messages/opt-outs").text

    assert ["Say why" in refused, "Lifted." in lifted, "lifted already" in late] == [True, True, True]
    assert ["consent.lifted", "consent.stopped"] == tags(office)
    assert "He asked me on the phone" == office.services.audit.search()[0].entry.details["reason"]


def test_who_may_only_look_finds_no_button(office: Office):
    """The help desk sees why; messaging operators act."""
    block(office)

    assert "Lift" not in office.clerk(Role.HELPDESK).get("/admin/messages/opt-outs").text


def test_the_list_is_turned_over(office: Office, admin: Clerk, clock):
    """Fifty at a time, each once."""
    for number in range(53):
        block(office, f"+1202555{number:04d}", f"+1202666{number:04d}")
        clock.advance(timedelta(seconds=1))
    first = admin.get("/admin/messages/opt-outs").text
    second = admin.get(found_in(r'rel="next" href="([^"]+)"', first).replace("&amp;", "&")).text

    assert (50, 3) == (first.count("•••••••"), second.count("•••••••"))
    assert "+12026660002" in second


@pytest.mark.parametrize("place", ["x", "1.", ".a", "9" * 30 + ".a", "-1.a", "1.<b>"])
def test_a_place_that_is_none_is_the_beginning(admin: Clerk, place):
    """Addresses are typed by anybody."""
    assert 200 == admin.get(f"/admin/messages/opt-outs?after={place}").status_code


def test_the_export_is_harmless_to_spreadsheets_and_recorded(office: Office, admin: Clerk):
    """Numbers begin with a plus, which is a formula to some."""
    block(office, word="=1+1")
    response = admin.get("/admin/messages/opt-outs/export.csv")
    lines = response.text.splitlines()

    assert "id,since,recipient,service,sender,source,word" == lines[0]
    assert f",•••••••42,line,'{SENDER},reply,'=1+1" in lines[1]
    assert "opt-outs.exported" in tags(office)


def test_an_export_takes_a_fresh_proof(office: Office, admin: Clerk, clock):
    """So much at once is not for a browser that was left open."""
    admin.get("/admin/")
    clock.advance(OVERDUE)

    assert 303 == admin.get("/admin/messages/opt-outs/export.csv").status_code


def test_a_persons_page_tells_what_he_has_opted_out_of(office: Office, admin: Clerk):
    """And how it is undone."""
    person = office.person("bob")
    block(office)
    shown = admin.get(f"/admin/people/{person.key}").text

    assert f"Wants no texts from {SENDER} since" in shown
    assert f"Texting START to {SENDER} undoes it." in shown
