"""The pages of people through the doors, JavaScript off."""

import re
from datetime import timedelta

import pytest

from authsms.administration.messages_filter import MessageFilter
from authsms.administration.people_story import word_of
from authsms.administration.rights import Role
from authsms.audit import AuditEntry, AuditTag
from authsms.delivery.states import Failure, Withheld
from authsms.foundation.phone import PhoneNumber
from authsms.identity.definitions import RepositoryDefinition
from authsms.identity.repository import PasswordVerdict
from authsms.portals.admin.people_words import CONCLUSIONS, HAPPENINGS
from tests.functional.portals.admin.office import Clerk, Office
from tests.integration.administration.people_at_work import ADMINISTRATOR, Work

PHONE = PhoneNumber("+12025550142")
METHOD = "SMS_OTP:1"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "%(by)s %n %",
    "&lt;b&gt;",
    "'; DROP TABLE message; --",
    "javascript:alert(1)",
]


@pytest.fixture
def work(office: Office, clock) -> Work:
    """The people of the office, and a provider that answers as it is told."""
    return Work(office.services, clock)


def fail(work: Work, person, times: int) -> None:
    for _ in range(times):
        with work.services.database.write() as session:
            work.services.challenges.failures.add(session, person.key, METHOD)
        work.clock.advance(timedelta(hours=2))


def test_a_search_leads_to_a_person_and_his_messages(work: Work, admin: Clerk):
    person = work.person("alice", phones=(PHONE,), mail="alice@example.test")
    work.at_code()
    found = admin.get("/admin/people?q=lic").text
    page = admin.get(f"/admin/people/{person.key}").text

    assert f'href="/admin/people/{person.key}"' in found
    assert "alice@example.test" in found
    assert f"/admin/messages?person={person.key}" in page.replace("%3A", ":")
    assert f"/admin/messages/{work.newest().id}" in page
    assert "2025550142" not in found + page


def test_the_sentence_on_top_says_why_and_what_next(work: Work, admin: Clerk):
    person = work.person("nina", phones=())
    work.at_code("nina")
    page = admin.get(f"/admin/people/{person.key}").text

    assert "There is no phone number in LOCAL." in page
    assert "Write the mobile number into the directory" in page
    assert "No text was sent: the directory has no phone number." in page


@pytest.mark.parametrize(("tries", "words"), [(1, "typed a wrong code once."), (2, "typed a wrong code 2 times.")])
def test_wrong_codes_are_counted_in_words_and_the_next_step_is_said_once(work: Work, admin: Clerk, tries, words):
    person = work.person("alice", phones=(PHONE,))
    step = work.at_code()
    code = work.code()
    work.deliver()
    for _ in range(tries):
        work.type_code(step, f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}")
    page = admin.get(f"/admin/people/{person.key}").text

    assert words in page
    assert page.count("Let the person read the newest text slowly") == 2  # on top, and in the story


def test_a_repository_that_is_away_is_named_beside_the_hits(work: Work, admin: Clerk):
    work.person("alice")
    away = {"servers": ["ldaps://127.0.0.1:1"], "base": "dc=example", "connect_timeout_seconds": 1}
    work.services.people.save_repository(RepositoryDefinition("COMPANY", "ldap", away))
    page = admin.get("/admin/people?q=alice").text

    assert "Not reachable: nobody knows who is in there." in page
    assert "Alice" in page


def test_one_character_is_too_little(admin: Clerk):
    assert "Type at least two characters." in admin.get("/admin/people?q=a").text


def test_a_name_that_nobody_has_has_a_page_too(work: Work, admin: Clerk):
    assert "No repository knows ghost." in admin.get("/admin/people/name?name=ghost").text


def test_a_name_leads_to_its_person(work: Work, admin: Clerk):
    person = work.person("alice")

    assert admin.get("/admin/people/name?name=ALICE").location.startswith(f"/admin/people/{person.key}")


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_words_are_shown_literally(work: Work, admin: Clerk, text):
    """ATK-28: names, mail addresses, typed names and reasons may hold anything."""
    person = work.person("mallory", display_name=text, phones=(PHONE,), groups=frozenset({text}))
    work.services.people_desk.actions.block(ADMINISTRATOR, person.key, text)
    with work.services.database.write() as session:
        entry = AuditEntry(AuditTag.LOGON_STARTED, person_key=person.key, login=text, event=text, endpoint=text)
        work.services.audit.record(session, entry)
    pages = [
        admin.get(address).text
        for address in (f"/admin/people/{person.key}", "/admin/people?q=mallory", "/admin/messages")
    ]
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")

    assert escaped.replace('"', "&#34;") in pages[0]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_search_finds_nobody_and_stays_in_its_field(admin: Clerk, text):
    answer = admin.client.get("/admin/people", query_string={"q": text}, base_url=admin.home)

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


def test_wrong_codes_are_forgiven_after_one_question(work: Work, office: Office):
    person = work.person("alice")
    fail(work, person, 6)
    admin = office.clerk()
    page = admin.get(f"/admin/people/{person.key}").text
    answer = admin.post("/admin/people/unlock", {"person_key": person.key, "method": METHOD})

    assert re.search(r'<details class="confirm">\s*<summary[^>]*>Unlock', page)
    assert "Unlocked." in admin.get(answer.location).text
    assert work.services.people_desk.file(ADMINISTRATOR, person.key, days=7).counters == []


def test_codes_are_switched_on_again(work: Work, office: Office):
    person = work.person("alice")
    fail(work, person, work.services.settings.otp.failure_cap)
    admin = office.clerk()
    answer = admin.post("/admin/people/rebind", {"person_key": person.key, "method": METHOD})

    assert "Codes are switched on again." in admin.get(answer.location).text


def test_somebody_is_blocked_signed_out_and_let_in_again(work: Work, admin: Clerk, office: Office):
    person = work.person("alice")
    token = work.log_in().session_token or ""
    work.clock.advance(timedelta(minutes=1))
    blocked = admin.post("/admin/people/block", {"person_key": person.key, "reason": "left"}, token=admin.token())
    page = admin.get(blocked.location).text
    let_in = admin.post("/admin/people/unblock", {"person_key": person.key})

    assert "Blocked, and signed out everywhere." in page
    assert "Blocked here by administrator: left" in page
    assert work.services.sessions.find(token) is None
    assert "Let in again." in admin.get(let_in.location).text


def test_a_block_without_a_reason_is_not_made(work: Work, admin: Clerk):
    person = work.person("alice")
    answer = admin.post("/admin/people/block", {"person_key": person.key, "reason": " "})

    assert "Say why, in 300 characters at most." in admin.get(answer.location).text
    assert work.services.blocks.of(person.key) is None


def test_a_double_click_acts_once(work: Work, admin: Clerk):
    person = work.person("alice")
    token = admin.token()
    fields = {"person_key": person.key, "reason": "left"}
    answers = [admin.post("/admin/people/block", fields, token=token) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert "Blocked, and signed out everywhere." in admin.get(answers[1].location).text


def test_whoever_came_too_late_is_told(work: Work, admin: Clerk):
    person = work.person("alice")
    answer = admin.post("/admin/people/unblock", {"person_key": person.key})

    assert "Nothing was done" in admin.get(answer.location).text


def test_an_auditor_sees_the_story_and_no_button(work: Work, office: Office):
    person = work.person("alice")
    work.log_in()
    fail(work, person, 6)
    page = office.clerk(Role.AUDITOR).get(f"/admin/people/{person.key}").text

    assert "What happened" in page
    assert "/admin/people/block" not in page
    assert "/admin/people/unlock" not in page
    assert "/admin/people/sign-out" not in page


def test_a_help_desk_cannot_block_an_administrator(work: Work, office: Office, admin: Clerk):
    victim = office.services.people.find("administrator")
    assert victim is not None
    answer = office.clerk(Role.HELPDESK).post("/admin/people/block", {"person_key": victim.key, "reason": "coup"})

    assert answer.status_code == 403
    assert admin.get("/admin/").status_code == 200


def test_nobody_is_a_page_for_nobody(admin: Clerk):
    for address in ("/admin/people/x", "/admin/people/LOCAL:", "/admin/people/name?name="):
        assert admin.get(address).status_code == 404


def test_everything_that_can_happen_has_a_sentence():
    """A word without a sentence would be read out as it stands in the trail."""
    refusals = [("PASSWORD:1", verdict.value) for verdict in PasswordVerdict if verdict is not PasswordVerdict.RIGHT]
    refusals += [("PASSWORD:1", "unknown-person")]
    refusals += [(METHOD, reason) for reason in ("wrong-code", "held", "disabled", "closed", "not-open", "blocked")]
    entries = [
        AuditEntry(AuditTag.LOGON_METHOD_FAILED, details={"method": method, "reason": reason})
        for method, reason in refusals
    ]
    entries += [AuditEntry(AuditTag.MESSAGE_WITHHELD, details={"reason": reason.value}) for reason in Withheld]
    words = {word_of(entry) for entry in entries}

    assert words - set(HAPPENINGS) == set()
    assert {word for word in words if word.startswith("refused:")} - set(CONCLUSIONS) == set()
    assert {f"withheld:{reason.value}" for reason in Withheld} - set(CONCLUSIONS) == set()
    known = {word.partition(":")[2] for word in CONCLUSIONS if word.startswith(("failed:", "unknown:", "stale:"))}
    assert {reason.value for reason in Failure} - known == set()


def test_every_sentence_can_be_filled():
    """A place that is misspelt would break the page of the one person who needs it."""
    for _, sentence, _ in [*HAPPENINGS.values(), *CONCLUSIONS.values()]:
        assert re.sub(r"%\([a-z_]+\)s", "", str(sentence)).count("%") == 0


def test_messages_of_a_person_are_listed_under_him(work: Work, admin: Clerk):
    alice = work.person("alice", phones=(PHONE,))
    work.person("bob", phones=(PhoneNumber("+12025550143"),))
    work.at_code("alice")
    own = work.newest().id
    work.at_code("bob")
    page = admin.get(f"/admin/messages?person={alice.key}").text

    assert own in page
    assert page.count('scope="row"') == 1
    assert len(work.services.message_desk.portion(ADMINISTRATOR, MessageFilter()).items) == 2
