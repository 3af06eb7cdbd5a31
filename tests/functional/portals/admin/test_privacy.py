"""What is known of a person, handed out and erased in the portal."""

from authsms.administration.rights import Role
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import OVERDUE, Clerk, Office


def test_a_person_is_handed_out_as_a_file(office: Office, admin: Clerk):
    """As a download: a browser must not show it as a page."""
    key = office.person("bob").key
    page = admin.get(f"/admin/people/{key}").text
    answer = admin.get(f"/admin/people/data/{key}")

    assert f"/admin/people/data/{key}" in page
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.json
    assert answer.json["directory"]["phones"] == ["+12025550142"]


def test_a_person_is_erased_once_a_reason_is_given(office: Office, admin: Clerk):
    """And the page tells what has to stay."""
    key = office.person("bob").key
    missing = admin.post("/admin/people/erase", {"person_key": key, "reason": " "})
    still = office.services.people.find(r"LOCAL\bob")
    done = admin.post("/admin/people/erase", {"person_key": key, "reason": "letter of 3 May"})
    page = admin.get(done.headers["Location"]).text

    assert (missing.status_code, done.status_code) == (303, 303)
    assert still is not None
    assert office.services.people.find(r"LOCAL\bob") is None
    assert "Erased." in page
    assert "What was known of the person was erased by administrator: letter of 3 May" in page


def test_a_help_desk_is_offered_neither(office: Office):
    """It sees people, no more."""
    key = office.person("bob").key

    assert "Personal data" not in office.clerk(Role.HELPDESK).get(f"/admin/people/{key}").text


def test_both_ask_for_a_fresh_proof(office: Office, clock: ManualClock, admin: Clerk):
    """So much at once, and for good."""
    key = office.person("bob").key
    clock.advance(OVERDUE)
    answers = (
        admin.get(f"/admin/people/data/{key}"),
        admin.post("/admin/people/erase", {"person_key": key, "reason": "asked"}),
    )

    assert [one.headers["Location"] for one in answers] == ["/admin/prove"] * 2
    assert office.services.people.find(r"LOCAL\bob") is not None


def test_an_administrator_is_not_erased(office: Office, admin: Clerk):
    """Roles first."""
    key = office.person("carl").key
    office.clerk(Role.AUDITOR, login="carl")
    admin.post("/admin/people/erase", {"person_key": key, "reason": "asked"})

    assert office.services.people.find("carl") is not None
