"""Who is on the phone: a code that opens nothing, for one agent and one person."""

from datetime import timedelta

import pytest

from authsms.administration.callers import CODES_OF_ONE_AGENT, PROOF_LASTS, Judgement, NotSent
from authsms.administration.people_actions import PeopleActions
from authsms.delivery.states import Withheld
from authsms.foundation.clock import DatabaseClock
from authsms.foundation.errors import ConflictError, ForbiddenError, NotFoundError, TooManyRequestsError
from authsms.logon.machine import MessageKey, Status
from authsms.senders.submission import Purpose
from authsms.wiring import assemble
from tests.integration.administration.people_at_work import (
    ADMINISTRATOR,
    AUDITOR,
    HELPDESK,
    OPERATOR,
    PHONE,
    POLICY_EDITOR,
    Work,
)
from tests.integration.otp.racing import at_once

MINUTE = timedelta(minutes=1)


@pytest.fixture
def callers(work):
    return work.services.callers


def wrong(code):
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


def entries(work, tag):
    return [view.entry for view in work.services.audit.search(limit=1000) if view.entry.tag == tag]


def test_the_right_code_proves_the_caller_for_ten_minutes(work, callers):
    person = work.person()
    sent = callers.send(HELPDESK, person.key, "en")
    judged = callers.compare(HELPDESK, person.key, work.code())
    proven = callers.of(HELPDESK, person.key)
    work.clock.advance(PROOF_LASTS)

    assert Judgement.MATCHES is judged
    assert sent.masked.endswith(PHONE[-2:])
    assert PHONE[2:-2] not in repr(sent)
    assert work.clock.now() == proven.proven_until
    assert callers.of(HELPDESK, person.key).proven_until is None


@pytest.mark.parametrize(("locale", "words"), [("en", "not for signing in"), ("de", "nicht zur Anmeldung")])
def test_the_text_says_what_it_is_for_and_no_browser_takes_it(work, callers, locale, words):
    """A code that is read out must not look like one that must never be, nor fill itself in on the login page."""
    person = work.person()
    callers.send(HELPDESK, person.key, locale)
    work.deliver()
    submission = work.provider.submissions[-1]

    assert words in submission.text
    assert "@" not in submission.text
    assert Purpose.VERIFICATION is work.newest().purpose


def test_the_text_is_in_the_language_of_the_caller_not_of_the_agent(work, callers):
    """Whoever has chosen one reads that."""
    person = work.person()
    work.services.preferences.keep_language(person.key, "de")
    callers.send(HELPDESK, person.key, "en")
    work.deliver()

    assert "nicht zur Anmeldung" in work.provider.submissions[-1].text


def test_a_code_for_a_call_opens_no_login(work, callers):
    """Whoever talks somebody into reading it out has gained nothing."""
    person = work.person()
    step = work.at_code()
    login_code = work.code()
    work.clock.advance(MINUTE)
    callers.send(HELPDESK, person.key, "en")
    refused = work.type_code(step, work.code())
    done = work.type_code(step, login_code)

    assert MessageKey.CODE_REFUSED is refused.message_key
    assert Status.OK is done.status


def test_a_code_for_a_login_proves_no_caller(work, callers):
    """And is not used up by the attempt."""
    person = work.person()
    callers.send(HELPDESK, person.key, "en")
    work.clock.advance(MINUTE)
    step = work.at_code()
    login_code = work.code()

    assert Judgement.DIFFERS is callers.compare(HELPDESK, person.key, login_code)
    assert Status.OK is work.type_code(step, login_code).status


def test_a_code_is_good_for_one_agent_and_one_person(work, callers):
    """What one agent was told proves nothing to another, and nothing of anybody else."""
    person, other = work.person(), work.person("bob")
    callers.send(HELPDESK, person.key, "en")
    code = work.code()

    assert Judgement.OVER is callers.compare(ADMINISTRATOR, person.key, code)
    assert Judgement.OVER is callers.compare(HELPDESK, other.key, code)
    assert Judgement.MATCHES is callers.compare(HELPDESK, person.key, code)
    assert callers.of(ADMINISTRATOR, person.key) is None


def test_a_code_is_good_once(work, callers):
    person = work.person()
    callers.send(HELPDESK, person.key, "en")
    code = work.code()
    callers.compare(HELPDESK, person.key, code)

    assert Judgement.OVER is callers.compare(HELPDESK, person.key, code)


def test_a_code_expires_and_the_newest_wins(work, callers):
    person = work.person()
    callers.send(HELPDESK, person.key, "en")
    first = work.code()
    work.clock.advance(MINUTE)
    callers.send(HELPDESK, person.key, "en")
    second = work.code()

    assert Judgement.DIFFERS is callers.compare(HELPDESK, person.key, first if first != second else wrong(second))
    work.clock.advance(timedelta(seconds=work.services.settings.otp.lifetime_seconds))
    assert Judgement.OVER is callers.compare(HELPDESK, person.key, second)
    assert not callers.of(HELPDESK, person.key).is_open


def test_guesses_are_charged_and_only_so_many_are_compared(work, callers):
    """ATK-01: the fifth wrong answer ends the code, and further ones wait; no login has to wait for it."""
    person = work.person()
    callers.send(HELPDESK, person.key, "en")
    code = work.code()
    judged = [callers.compare(HELPDESK, person.key, wrong(code)) for _ in range(5)]
    late = callers.compare(HELPDESK, person.key, code)
    work.clock.advance(MINUTE)

    assert [Judgement.DIFFERS] * 5 == judged
    assert late in {Judgement.OVER, Judgement.HELD}
    assert Status.OK is work.log_in().status
    assert work.services.people_desk.file(HELPDESK, person.key, days=7).conclusion.word == "signed-in"


def test_no_code_costs_nothing(work, callers):
    person = work.person()
    callers.send(HELPDESK, person.key, "en")

    assert Judgement.NO_CODE is callers.compare(HELPDESK, person.key, "12 ab")
    assert entries(work, "caller.refused") == []


def test_of_many_at_once_one_matches(work, settings, database, vault):
    """ATK-05: on both databases, by their own clock."""
    services = assemble(settings, database, vault, DatabaseClock(database))
    person = work.person()
    services.callers.send(HELPDESK, person.key, "en")
    code = Work(services, work.clock).code()
    judged = at_once(5, lambda: services.callers.compare(HELPDESK, person.key, code))

    assert judged.count(Judgement.MATCHES) == 1
    assert len(entries(work, "caller.proven")) == 2


def test_texts_for_calls_and_for_logins_share_their_limits(work, callers):
    """ATK: no door sends more to one number than another."""
    person = work.person()
    work.at_code()

    assert NotSent(Withheld.NUMBER_LIMIT) == callers.send(HELPDESK, person.key, "en")
    assert entries(work, "caller.asked") == []


def test_whoever_cannot_be_texted_is_told_of(work, callers):
    assert NotSent(Withheld.NO_PHONE) == callers.send(HELPDESK, work.person(phones=()).key, "en")
    with pytest.raises(NotFoundError):
        callers.send(HELPDESK, "LOCAL:nobody", "en")
    with pytest.raises(ConflictError):
        callers.send(HELPDESK, HELPDESK.person_key, "en")


def test_an_agent_has_only_so_many_codes_sent(work, callers):
    """A session that was taken over must not text the whole house."""
    person = work.person()
    for _ in range(CODES_OF_ONE_AGENT.count):
        work.services.limits.take(f"caller-code:{HELPDESK.person_key}", CODES_OF_ONE_AGENT)

    with pytest.raises(TooManyRequestsError):
        callers.send(HELPDESK, person.key, "en")


def test_the_trail_of_both_tells_it_without_code_or_number(work, callers):
    person = work.person()
    callers.send(HELPDESK, person.key, "en")
    code = work.code()
    callers.compare(HELPDESK, person.key, wrong(code))
    callers.compare(HELPDESK, person.key, code)
    told = [entries(work, tag) for tag in ("caller.asked", "caller.refused", "caller.proven")]

    assert [2, 2, 2] == [len(one) for one in told]
    assert {(HELPDESK.person_key, "hugo"), (person.key, "")} == {(one.person_key, one.login) for one in told[2]}
    assert code not in repr(told)
    assert PHONE[-6:] not in repr(told)


def test_it_asks_for_its_own_right(work, callers):
    person = work.person()
    for who in (AUDITOR, OPERATOR, POLICY_EDITOR):
        with pytest.raises(ForbiddenError):
            callers.send(who, person.key, "en")
        with pytest.raises(ForbiddenError):
            callers.compare(who, person.key, "123456")


def test_nobody_forgives_himself_what_he_typed_for_callers(work, callers):
    person = work.person()
    callers.send(HELPDESK, person.key, "en")
    callers.compare(HELPDESK, person.key, wrong(work.code()))
    actions: PeopleActions = work.services.people_desk.actions

    for deed in (actions.unlock, actions.rebind):
        with pytest.raises(ForbiddenError):
            deed(HELPDESK, person.key, "CALLER:1")
    actions.unlock(ADMINISTRATOR, person.key, "CALLER:1")


def test_what_is_over_is_deleted(work, callers):
    callers.send(HELPDESK, work.person().key, "en")
    work.clock.advance(timedelta(days=2))

    assert callers.purge() == 1
