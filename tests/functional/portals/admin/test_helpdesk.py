"""What a help desk does for a caller, through the doors, JavaScript off."""

import re

import pytest

from authsms.administration.callers import Judgement
from authsms.administration.rights import Role
from authsms.delivery.states import Withheld
from authsms.portals.admin.helpdesk_words import HAPPENINGS, PROBLEMS
from tests.functional.portals.admin.office import Office
from tests.integration.administration.people_at_work import Work

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


def test_everything_that_can_come_of_it_has_words(work: Work):
    """A new outcome cannot be forgotten."""
    possible = {*Withheld} - {Withheld.UNKNOWN_PERSON, Withheld.ACCOUNT_UNUSABLE, Withheld.METHOD_UNUSABLE}

    assert {f"caller.{one}" for one in {*Judgement} - {Judgement.MATCHES} | possible} <= set(PROBLEMS)
    assert {"caller.asked", "caller.proven"} <= set(HAPPENINGS)
