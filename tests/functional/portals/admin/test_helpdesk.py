"""What a help desk does for a caller, through the doors, JavaScript off."""

import re

import pytest
from werkzeug.test import TestResponse

from authsms.administration.callers import Judgement
from authsms.administration.rights import Role
from authsms.delivery.states import Withheld
from authsms.foundation.db import Database
from authsms.foundation.phone import PhoneNumber
from authsms.logon.emergency import LETTERS
from authsms.logon.machine import Status
from authsms.portals.admin.helpdesk_words import HAPPENINGS, PROBLEMS, SPELLING
from tests.functional.portals.admin.office import Clerk, Office, found_in, open_office
from tests.integration.administration.people_at_work import HERE, PASSWORD, Work

PHONE = "+12025550142"


@pytest.fixture
def work(office: Office, clock) -> Work:
    """The people of the office, and their texts."""
    return Work(office.services, clock)


def test_an_agent_sees_whether_the_code_matches_and_never_the_code(work: Work, office: Office):
    """From the button to the verdict; number and code are on no page."""
    alice = work.person("alice", phones=(PHONE,))
    hugo = office.clerk(Role.HELPDESK)
    sent = hugo.post("/admin/people/caller/send", {"person_key": alice.key})
    code = work.code()
    asking = hugo.get(sent.location).text
    wrong = f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"
    differs = hugo.get(
        hugo.post("/admin/people/caller/compare", {"person_key": alice.key, "code": wrong}).location
    ).text
    matches = hugo.get(hugo.post("/admin/people/caller/compare", {"person_key": alice.key, "code": code}).location).text

    assert "A code is on its way." in asking
    assert "The code does not match." in differs
    assert "The code matches" in matches
    assert "was told the right code" in matches
    for page in (asking, differs, matches):
        assert code not in page
        assert PHONE[2:-2] not in page
        assert "•••••••42" in page


def test_a_form_that_is_sent_twice_texts_once(work: Work, office: Office):
    """People double-click."""
    alice = work.person("alice", phones=(PHONE,))
    hugo = office.clerk(Role.HELPDESK)
    token = hugo.token()
    answers = [hugo.post("/admin/people/caller/send", {"person_key": alice.key}, token=token) for _ in range(2)]
    page = hugo.get(answers[1].location).text

    assert "A code is on its way." in page
    assert len(re.findall(r"had a code sent", page)) == 1


def test_who_may_not_prove_callers_sees_nothing_of_it(work: Work, office: Office):
    alice = work.person("alice", phones=(PHONE,))

    assert "Who is on the phone?" not in office.clerk(Role.AUDITOR).get(f"/admin/people/{alice.key}").text


@pytest.mark.parametrize(
    ("phones", "words"), [((), "there is no number on file"), ((PHONE,), "this number had one a moment ago")]
)
def test_why_no_code_went_out_is_said(work: Work, office: Office, phones, words):
    alice = work.person("alice", phones=phones)
    work.at_code()
    hugo = office.clerk(Role.HELPDESK)

    assert words in hugo.get(hugo.post("/admin/people/caller/send", {"person_key": alice.key}).location).text


def test_a_number_that_was_changed_is_shown_masked_and_released(work: Work, office: Office):
    """From the sentence on top to the login that goes on."""
    alice = work.move_number(PhoneNumber(PHONE))
    work.at_code("alice", "corp")
    hugo, address = office.clerk(Role.HELPDESK), f"/admin/people/{alice.key}"
    before, shown_to_others = hugo.get(address).text, office.clerk(Role.AUDITOR).get(address).text
    number = found_in(r'name="number" value="([0-9a-f]+)"', before)
    form = {"person_key": alice.key, "number": number}
    late = hugo.get(hugo.post("/admin/people/number/release", {**form, "number": "0" * 64}).location).text
    after = hugo.get(hugo.post("/admin/people/number/release", form).location).text

    assert "the phone number was changed, and waits" in before
    assert "no codes go to it until" in before
    assert PHONE[2:-2] not in before
    assert "/admin/people/number/release" not in shown_to_others
    assert "somebody else was faster" in late
    assert "no codes go to it until" in late
    assert "Released. Codes go to the new number from now on." in after
    assert "The new phone number, •••••••42, was released by" in after
    assert "no codes go to it until" not in after


def test_everything_that_can_come_of_it_has_words(work: Work):
    """A new outcome cannot be forgotten."""
    possible = {*Withheld} - {Withheld.UNKNOWN_PERSON, Withheld.ACCOUNT_UNUSABLE, Withheld.METHOD_UNUSABLE}

    assert {f"caller.{one}" for one in {*Judgement} - {Judgement.MATCHES} | possible} <= set(PROBLEMS)
    assert {"caller.asked", "caller.proven", "emergency.issued", "emergency.used"} <= set(HAPPENINGS)
    assert set(LETTERS) == set(SPELLING)


def issue(hugo: Clerk, key: str, **typed: str) -> TestResponse:
    """Issue an emergency password, and return the page that shows it, or tells why there is none."""
    fields = {"person_key": key, "amount": "4", "unit": "hours", "uses": "1", **typed}
    answer = hugo.post("/admin/people/emergency/issue", fields)
    return hugo.get(answer.location) if answer.status_code == 303 else answer


def shown_on(page: str) -> str:
    """Return the password that stands on a page."""
    return found_in(r"<code>([a-z-]{19})</code>", page)


def test_an_emergency_password_is_shown_once_and_lets_in(work: Work, office: Office):
    """With its letters spelled, and no link that would load the page anew; the person's page never says what it is."""
    alice = work.person("alice", phones=(PHONE,))
    hugo = office.clerk(Role.HELPDESK)
    page = issue(hugo, alice.key)
    shown = shown_on(page.text)
    story = hugo.get(f"/admin/people/{alice.key}").text
    words = [SPELLING[letter] for letter in shown.split("-")[0]]
    step = work.services.logon.choose(work.at_code().ticket, "local-emergency", HERE)

    assert "no-store" in page.headers["Cache-Control"]
    assert "language=" not in page.text
    assert all(word in page.text for word in words)
    assert "uses left: 1 of 1" in story
    assert shown not in story
    assert Status.OK is work.services.logon.answer(step.ticket, {"password": shown}, HERE).status
    assert "Used the emergency password" in hugo.get(f"/admin/people/{alice.key}").text


def test_a_double_click_issues_one_emergency_password(work: Work, office: Office):
    """Both copies lead to it; once it was shown, the browser has forgotten it."""
    alice = work.person("alice", phones=(PHONE,))
    hugo = office.clerk(Role.HELPDESK)
    fields, token = {"person_key": alice.key, "amount": "4", "unit": "hours", "uses": "1"}, hugo.token()
    answers = [hugo.post("/admin/people/emergency/issue", fields, token=token) for _ in range(2)]
    shown = shown_on(hugo.get(answers[1].location).text)
    again = hugo.get(answers[1].location)
    story = hugo.get(f"/admin/people/{alice.key}").text
    step = work.services.logon.choose(work.at_code().ticket, "local-emergency", HERE)

    assert [303, 303] == [answer.status_code for answer in answers]
    assert shown not in answers[0].location + str(answers[0].headers)
    assert (303, "/admin/people") == (again.status_code, again.location)
    assert story.count("An emergency password was issued by") == 1
    assert Status.OK is work.services.logon.answer(step.ticket, {"password": shown}, HERE).status


def test_hostile_numbers_issue_nothing(work: Work, office: Office):
    """Too much, too little, and what is no number at all."""
    alice = work.person("alice", phones=(PHONE,))
    hugo = office.clerk(Role.HELPDESK)
    amounts = ["25", "0", "-4", "9" * 400, "٤", "", "<script>"]
    typed = [{"amount": one} for one in amounts] + [{"amount": "8", "unit": "days"}, {"unit": "years"}]
    typed += [{"uses": one} for one in ("11", "0", "one")]
    told = [issue(hugo, alice.key, **one).text for one in typed]

    assert all("Nothing was issued" in page for page in told)
    assert work.services.emergency.find(alice.key) is None


def test_an_emergency_password_is_taken_back_once(work: Work, office: Office):
    alice = work.person("alice", phones=(PHONE,))
    hugo = office.clerk(Role.HELPDESK)
    issue(hugo, alice.key)
    told = [
        hugo.get(hugo.post("/admin/people/emergency/revoke", {"person_key": alice.key}).location).text for _ in range(2)
    ]

    assert "Taken back." in told[0]
    assert "Nothing was done" in told[1]
    assert work.services.emergency.find(alice.key) is None


def test_where_callers_must_be_proven_the_page_says_so_and_the_server_insists(instance, sqlite_database_url, clock):
    """The form is not there; sent all the same, it does nothing."""
    database = Database(sqlite_database_url)
    home = "http://127.0.0.1:8080"
    with open_office(instance, database, clock, home=home, helpdesk={"require_proof": True}) as office:
        work = Work(office.services, clock)
        alice = work.person("alice", phones=(PHONE,))
        hugo = office.clerk(Role.HELPDESK)
        before = hugo.get(f"/admin/people/{alice.key}").text
        refused = issue(hugo, alice.key).text
        hugo.post("/admin/people/caller/send", {"person_key": alice.key})
        hugo.post("/admin/people/caller/compare", {"person_key": alice.key, "code": work.code()})
        issued = issue(hugo, alice.key)
    database.dispose()

    assert "/admin/people/emergency/issue" not in before
    assert "First have a code sent" in refused
    assert shown_on(issued.text)


def test_a_help_desk_gets_nobody_of_the_administrators_in(work: Work, office: Office):
    root = work.person("root", phones=(PHONE,))
    office.services.administrators.grant(root, [Role.ADMINISTRATOR])

    assert issue(office.clerk(Role.HELPDESK), root.key).status_code == 403


def test_the_page_that_asks_for_it_takes_it_and_no_browser_keeps_it(work: Work, office: Office):
    """At the sign-in, by another way."""
    alice = work.person("alice", phones=(PHONE,))
    shown = shown_on(issue(office.clerk(Role.HELPDESK), alice.key).text)
    visitor = office.visitor()
    fields = {"user_name": "alice", "password": PASSWORD}
    code_page = visitor.post("/login/web", fields, token=visitor.token("/login/web")).location
    chosen = {"chain": "local-emergency"}
    asked = visitor.post(f"{code_page}/another-way", chosen, token=visitor.token(code_page)).location
    page = visitor.get(asked).text
    wrong = visitor.get(visitor.post(asked, {"password": "bcdf" * 4}, token=visitor.token(asked)).location).text
    done = visitor.post(asked, {"password": shown}, token=visitor.token(asked))

    assert 'autocomplete="off"' in page
    assert "Emergency password" in page
    assert "That emergency password is not right" in wrong
    assert "/signed-in" in done.location


def test_an_app_is_removed_after_one_question(work: Work, office: Office):
    """Who may only look sees that it is there."""
    alice = work.person("alice", phones=(PHONE,))
    work.set_up_app(alice)
    hugo = office.clerk(Role.HELPDESK)
    seen = office.clerk(Role.AUDITOR).get(f"/admin/people/{alice.key}").text
    fields = {"person_key": alice.key, "method": "TOTP:1"}
    told = [hugo.get(hugo.post("/admin/people/methods/remove", fields).location).text for _ in range(2)]

    assert "Codes of an authenticator app: set up" in seen
    assert "/admin/people/methods/remove" not in seen
    assert "Removed. The person is told" in told[0]
    assert "The authenticator app or token was removed by helpdesk." in told[0]
    assert "Nothing was done" in told[1]
