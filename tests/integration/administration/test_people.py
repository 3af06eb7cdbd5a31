"""Why did this login get this result: one sentence, and everything it rests on."""

from datetime import timedelta

import pytest

from authsms.foundation.errors import ForbiddenError, InvalidInputError, NotFoundError
from authsms.identity.definitions import RepositoryDefinition
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.senders.submission import NotTaken, RefusalScope, Refused
from authsms.senders.webhook import ReceiptState
from tests.integration.administration.people_at_work import (
    ADMINISTRATOR,
    AUDITOR,
    HELPDESK,
    HERE,
    OPERATOR,
    PASSWORD,
    PHONE,
    POLICY_EDITOR,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(work):
    return work.services.people_desk


def concluded(desk, person):
    return desk.file(HELPDESK, person.key, days=7).conclusion


def refusing(code, *, opted_out=False):
    return lambda _submission: Refused(RefusalScope.MESSAGE, code, "Unreachable", opted_out=opted_out)


def wrong(code):
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


def test_a_code_that_arrived_and_was_typed_wrong(work, desk):
    person = work.person()
    step = work.at_code()
    code = work.code()
    work.deliver()
    work.clock.advance(MINUTE / 10)
    work.report("twilio-1", ReceiptState.DELIVERED)
    arrived = work.clock.now()
    for _ in range(2):
        work.clock.advance(MINUTE / 10)
        work.type_code(step, wrong(code))
    conclusion = concluded(desk, person)

    assert (conclusion.word, conclusion.facts["tries"], conclusion.facts["at"]) == ("delivered:wrong-codes", 2, arrived)
    assert conclusion.message_id == work.newest().id


def test_a_provider_that_refused_because_of_stop(work, desk):
    person = work.person()
    work.configure_twilio()
    work.at_code()
    work.deliver(refusing("21610", opted_out=True))
    conclusion = concluded(desk, person)

    assert conclusion.word == "failed:opted-out"
    assert (conclusion.facts["service"], conclusion.facts["code"]) == ("twilio", "21610")
    assert "START" in conclusion.facts["advice"]


def test_a_person_without_a_number(work, desk):
    person = work.person(phones=())
    work.at_code()

    assert concluded(desk, person).word == "no-phone"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (None, "taken:not-typed"),
        (refusing("30003"), "failed:refused"),
        (lambda _submission: NotTaken("connect", "no route"), "being-tried"),
    ],
)
def test_what_became_of_the_text(work, desk, answer, word):
    person = work.person()
    work.at_code()
    work.deliver(answer)

    assert concluded(desk, person).word == word


def test_a_text_that_nobody_has_taken_yet(work, desk):
    person = work.person()
    work.at_code()

    assert concluded(desk, person).word == "waiting"


def test_a_login_that_went_well(work, desk):
    person = work.person()
    work.log_in()

    assert concluded(desk, person).word == "signed-in"


def test_a_wrong_password(work, desk):
    person = work.person()
    step = work.services.logon.begin("web", "LOCAL\\alice", HERE)
    for _ in range(3):
        work.services.logon.answer(step.ticket, {"password": "x"}, HERE)
    conclusion = concluded(desk, person)

    assert (conclusion.word, conclusion.facts["tries"]) == ("refused:password:wrong", 3)


def test_nothing_has_happened(work, desk):
    assert concluded(desk, work.person()).word == "nothing"


def test_a_login_that_stopped_before_the_password(work, desk):
    person = work.person()
    work.services.logon.begin("web", "LOCAL\\alice", HERE)

    assert concluded(desk, person).word == "only-begun"


def test_an_account_that_is_switched_off(work, desk):
    person = work.person()
    LocalPeople(work.services.database, work.services.vault, work.clock).change(PersonDraft("alice", enabled=False))

    assert concluded(desk, person).word == "switched-off"


def test_too_many_wrong_codes_hold_and_then_disable(work, desk):
    person = work.person()
    failures = work.services.challenges.failures
    with work.services.database.write() as session:
        for _ in range(work.services.settings.otp.hold_after):
            failures.add(session, person.key, "SMS_OTP:1")
    held = concluded(desk, person)
    for _ in range(work.services.settings.otp.failure_cap):
        work.clock.advance(timedelta(hours=2))
        if not failures_of(work, person).disabled:
            with work.services.database.write() as session:
                failures.add(session, person.key, "SMS_OTP:1")

    assert (held.word, held.facts["until"] > work.clock.now() - timedelta(days=30)) == ("held", True)
    assert concluded(desk, person).word == "method-off"


def failures_of(work, person):
    with work.services.database.read() as session:
        return work.services.challenges.failures.standing(session, person.key, "SMS_OTP:1")


def test_a_name_that_nobody_has(work, desk):
    step = work.services.logon.begin("web", "LOCAL\\ghost", HERE)
    work.services.logon.answer(step.ticket, {"password": PASSWORD}, HERE)
    file = desk.file_of_name(HELPDESK, "LOCAL\\ghost", days=7)

    assert (file.conclusion.word, file.key, file.person) == ("nobody", "", None)
    assert [one.word for one in file.happenings] == ["refused:password:unknown-person", "logon.started"]


def test_a_name_leads_to_its_person(work, desk):
    person = work.person()

    assert desk.file_of_name(HELPDESK, "ALICE", days=7).key == person.key


def test_the_newest_login_decides(work, desk):
    person = work.person()
    work.log_in()
    work.clock.advance(MINUTE * 2)
    work.at_code()
    work.deliver(refusing("30003"))

    assert concluded(desk, person).word == "failed:refused"


def test_the_story_is_told_newest_first_from_the_first_word_to_the_receipt(work, desk):
    person = work.person()
    work.at_code()
    work.deliver()
    work.clock.advance(MINUTE)
    work.report("twilio-1", ReceiptState.DELIVERED)
    file = desk.file(HELPDESK, person.key, days=7)

    assert [one.word for one in file.happenings] == [
        "message.delivered",
        "message.accepted",
        "challenge.issued:first",
        "logon.method-passed",
        "logon.started",
    ]
    assert file.happenings[0].message_id == work.newest().id
    assert file.happenings[-1].address == "192.0.2.7"


def test_somebody_of_the_same_name_elsewhere_is_somebody_else(work, desk):
    """Before anybody is looked up, a record holds a name only; who it was is known by the end of the login."""
    mine = work.person()
    work.at_code()
    work.services.logon.begin("web", "LOCAL\\alice", HERE)
    other = desk.file(HELPDESK, "COMPANY:1", days=7)

    assert len(desk.file(HELPDESK, mine.key, days=7).happenings) == 4
    assert other.happenings == []


def test_only_the_time_asked_for_is_looked_at(work, desk):
    person = work.person()
    work.log_in()
    work.clock.advance(timedelta(days=8))

    assert desk.file(HELPDESK, person.key, days=7).happenings == []
    assert desk.file(HELPDESK, person.key, days=30).happenings


def test_sessions_groups_and_limits_stand_beside_it(work, desk):
    person = work.person(groups=frozenset({"vpn", "staff"}))
    work.log_in()
    file = desk.file(HELPDESK, person.key, days=7)

    assert [one.event for one in file.sessions] == ["web"]
    assert file.groups == ["staff", "vpn"]
    assert file.next_text_at > work.clock.now()


def test_the_number_is_masked_everywhere(work, desk):
    person = work.person()
    work.at_code()
    shown = repr(desk.file(ADMINISTRATOR, person.key, days=7)) + repr(desk.search(ADMINISTRATOR, "alice"))

    assert "•••••••42" in shown
    assert PHONE not in shown
    assert PHONE[-6:] not in shown


def test_people_of_all_repositories_are_found_beside_one_that_is_away(work, desk):
    work.person()
    away = {"servers": ["ldaps://127.0.0.1:1"], "base": "dc=example", "connect_timeout_seconds": 1}
    work.services.people.save_repository(RepositoryDefinition("COMPANY", "ldap", away))
    found = {one.repository: one for one in desk.search(HELPDESK, "lic")}

    assert [one.login for one in found["LOCAL"].people] == ["alice"]
    assert (found["COMPANY"].is_reachable, found["COMPANY"].people) == (False, [])
    key = "COMPANY:6e1b1f5e-0001-4002-8003-000000000001"
    assert desk.file(HELPDESK, key, days=7).conclusion.word == "unreachable"


@pytest.mark.parametrize("text", ["", " ", "a", "\0\0", "\u200b\u200b"])
def test_a_text_that_means_anybody_is_refused(desk, text):
    with pytest.raises(InvalidInputError):
        desk.search(HELPDESK, text)


@pytest.mark.parametrize("key", ["", "x", ":", "LOCAL:", ":1"])
def test_what_can_be_nobodys_key_is_not_found(desk, key):
    with pytest.raises(NotFoundError):
        desk.file(HELPDESK, key, days=7)


def test_somebody_who_is_gone_still_has_a_history(work, desk):
    person = work.person()
    work.log_in()
    LocalPeople(work.services.database, work.services.vault, work.clock).remove(person.id)
    file = desk.file(HELPDESK, person.key, days=7)

    assert (file.person, file.login, file.conclusion.word) == (None, "alice", "nobody")
    assert file.happenings


def test_looking_asks_for_the_right_to_look(work, desk):
    person = work.person()
    for task in (
        lambda who: desk.search(who, "alice"),
        lambda who: desk.file(who, person.key, days=7),
        lambda who: desk.file_of_name(who, "alice", days=7),
    ):
        for allowed in (HELPDESK, AUDITOR, ADMINISTRATOR):
            task(allowed)
        for refused in (OPERATOR, POLICY_EDITOR):
            with pytest.raises(ForbiddenError):
                task(refused)
