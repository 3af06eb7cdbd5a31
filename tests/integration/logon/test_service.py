"""A login from the first page to the session, and every way in which it must not go."""

from datetime import timedelta

import pytest

from authsms.foundation.errors import DirectoryUnavailableError, InvalidInputError, NotFoundError
from authsms.logon.machine import MOST_FAILURES, MessageKey, Status
from authsms.logon.steps import Client, Ticket
from tests.integration.logon.house import ALICE, HERE, PASSWORD, House


def test_password_and_code_yield_a_session(house):
    """The main job."""
    first = house.begin()
    second = house.logon.answer(first.ticket, {"password": PASSWORD}, HERE)
    third = house.logon.answer(second.ticket, {"code": house.code()}, HERE)

    assert Status.MORE_DATA is first.status
    assert (Status.NEXT, MessageKey.CODE_SENT, "•••••••42") == (second.status, second.message_key, second.asks.masked)
    assert Status.OK is third.status
    session = house.sessions.find(third.session_token)
    assert ("corp:id-alice", ("pwd", "otp", "sms"), "web") == (session.person_key, session.methods, session.event)


def test_user_name_and_password_may_come_in_one_call(house):
    """A page with both fields saves a step."""
    step = house.logon.begin("web", "alice", HERE, response={"password": PASSWORD})

    assert (Status.NEXT, ("LDAP_PASSWORD:1",)) == (step.status, step.completed)
    assert Status.OK is house.logon.answer(step.ticket, {"code": house.code()}, HERE).status


def test_a_wrong_password_in_the_first_call_leaves_the_process(house):
    """The person tries again on the next page."""
    step = house.logon.begin("web", "alice", HERE, response={"password": "no"})
    again = house.logon.answer(step.ticket, {"password": PASSWORD}, HERE)

    assert (Status.MORE_DATA, MessageKey.WRONG_PASSWORD) == (step.status, step.message_key)
    assert Status.NEXT is again.status


def test_the_text_carries_the_code_and_is_bound_to_our_origin(house):
    """M-06: nothing is sent before the password has passed."""
    step = house.begin()
    before = len(house.outbox.drafts)
    house.logon.answer(step.ticket, {"password": PASSWORD}, HERE)
    draft = house.sent[0]

    assert 0 == before
    assert f"Your one-time password is: {house.code()}\n@login.example.com #{house.code()}" == draft.text
    assert (ALICE.phone, step.process_id, "alice") == (draft.recipient, draft.process_id, draft.login)


def test_a_door_with_one_field_is_understood(house):
    """Programs call every answer ``answer``."""
    step = house.logon.answer(house.begin().ticket, {"answer": PASSWORD}, HERE)

    assert Status.OK is house.logon.answer(step.ticket, {"answer": house.code()}, HERE).status


def test_the_secret_changes_with_every_method_that_passes(house):
    """ATK-23: what somebody planted before is worthless afterwards."""
    first = house.begin()
    second = house.logon.answer(first.ticket, {"password": PASSWORD}, HERE)
    third = house.logon.answer(second.ticket, {"code": house.code()}, HERE)

    assert 3 == len({first.secret, second.secret, third.session_token})
    assert "" == third.secret
    with pytest.raises(NotFoundError):
        house.logon.view(first.ticket)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda _house, step: Ticket(step.process_id, "x" * 43),
        lambda _house, step: Ticket("0" * 32, step.secret),
        lambda house, step: Ticket(step.process_id, house.begin().secret),
        lambda house, step: Ticket(house.begin().process_id, step.secret),
        lambda house, step: house.logon.cancel(step.ticket) or step.ticket,
        lambda house, step: house.wait(600) or step.ticket,
        lambda house, step: house.logon.answer(step.ticket, {"code": house.code()}, HERE) and step.ticket,
    ],
    ids=["foreign secret", "unknown", "other's secret", "other's process", "cancelled", "expired", "finished"],
)
@pytest.mark.parametrize("call", ["answer", "resend", "choose", "cancel", "view", "delivery_status"])
def test_a_process_that_is_not_open_here_answers_in_the_same_words(house, misuse, call):
    """ATK-08: none of these tells which it is."""
    ticket = misuse(house, house.at_code())
    calls = {
        "answer": lambda: house.logon.answer(ticket, {"code": "123456"}, HERE),
        "resend": lambda: house.logon.resend(ticket, HERE),
        "choose": lambda: house.logon.choose(ticket, "local-sms", HERE),
        "cancel": lambda: house.logon.cancel(ticket),
        "view": lambda: house.logon.view(ticket),
        "delivery_status": lambda: house.logon.delivery_status(ticket),
    }

    with pytest.raises(NotFoundError, match=r"^This login is over\. Please start again\.$"):
        calls[call]()


def test_a_code_before_the_password_is_a_wrong_password(house):
    """ATK-08: the present method takes the answer, whatever it was meant for."""
    other = house.at_code()
    step = house.logon.answer(house.begin().ticket, {"code": house.code()}, HERE)

    assert (MessageKey.WRONG_PASSWORD, ()) == (step.message_key, step.completed)
    assert house.logon.view(other.ticket).asks is not None


@pytest.mark.parametrize("response", [{}, {"password": ""}, {"answer": ""}, {"code": ""}])
def test_an_empty_answer_passes_nothing(house, response):
    """ATK-08: neither method is satisfied with nothing."""
    first = house.logon.answer(house.begin().ticket, response, HERE)
    second = house.logon.answer(house.at_code().ticket, response, HERE)

    assert MessageKey.WRONG_PASSWORD is first.message_key
    assert MessageKey.CODE_MALFORMED is second.message_key


def test_the_code_of_another_process_does_not_fit(house):
    """A-08: also of the same person."""
    house.at_code()
    code = house.code()
    house.wait(60)
    step = house.at_code()

    assert MessageKey.CODE_REFUSED is house.logon.answer(step.ticket, {"code": code}, HERE).message_key


def test_five_wrong_codes_kill_the_code_with_the_same_words(house):
    """ATK-01: the right one afterwards looks like one more wrong one; a new code works after the hold."""
    house = House(house.database, house.vault, house.clock, otp=house.otp.model_copy(update={"hold_after": 20}))
    step = house.at_code()
    wrong = [house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE) for _ in range(5)]
    right = house.logon.answer(step.ticket, {"code": house.code()}, HERE)
    house.wait(31)
    fresh = house.logon.resend(step.ticket, HERE)

    assert {MessageKey.CODE_REFUSED} == {one.message_key for one in [*wrong, right]}
    assert {step.asks} == {one.asks for one in [*wrong, right]}
    assert MessageKey.CODE_SENT is fresh.message_key
    assert Status.OK is house.logon.answer(step.ticket, {"code": house.code()}, HERE).status


def test_after_too_many_wrong_codes_the_person_is_told_how_long_to_wait(house):
    """The hold spans processes, and is told because the password was right."""
    step = house.at_code()
    for _ in range(5):
        last = house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
    house.wait(10)
    other = house.at_code()
    held = house.logon.answer(other.ticket, {"code": house.code()}, HERE)

    until = house.clock.now() + timedelta(seconds=20)
    assert until == last.asks.hold_until == other.asks.hold_until == held.asks.hold_until
    assert (MessageKey.CODE_HELD, MessageKey.CODE_HELD) == (other.message_key, held.message_key)
    assert until == house.logon.view(other.ticket).asks.hold_until


def test_a_disabled_method_is_told_to_somebody_who_knows_the_password(house):
    """N-05: with the way to the help desk, and without a text."""
    key = ALICE.key
    with house.database.write() as session:
        for _ in range(house.otp.failure_cap):
            house.wait(3601)
            house.challenges.failures.add(session, key, "SMS_OTP:1")
    step = house.at_code()
    answer = house.logon.answer(step.ticket, {"code": house.code()}, HERE)

    assert MessageKey.METHOD_DISABLED is step.message_key is answer.message_key
    assert [] == house.sent
    assert "method-unusable" == house.logon.delivery_status(step.ticket).detail


def test_a_process_ends_after_many_wrong_answers(house):
    """However patient the guesser is."""
    ticket = house.begin().ticket
    for _ in range(MOST_FAILURES - 1):
        house.wait(1)
        step = house.logon.answer(ticket, {"password": "no"}, Client(address=f"192.0.2.{_}"))
    last = house.logon.answer(ticket, {"password": "no"}, HERE)

    assert Status.MORE_DATA is step.status
    assert (Status.FAILED, MessageKey.FAILED, None, "") == (last.status, last.message_key, last.asks, last.secret)
    with pytest.raises(NotFoundError):
        house.logon.answer(ticket, {"password": PASSWORD}, HERE)


def test_the_directory_away_decides_nothing(house):
    """F-17: the person tries again on the same page."""
    ticket = house.begin().ticket
    house.people.away = True
    with pytest.raises(DirectoryUnavailableError):
        house.logon.answer(ticket, {"password": PASSWORD}, HERE)
    house.people.away = False

    assert Status.NEXT is house.logon.answer(ticket, {"password": PASSWORD}, HERE).status


def test_a_login_finishes_while_the_directory_is_away(house):
    """F-17: codes that are out already work, and can be looked at."""
    step = house.at_code()
    house.people.away = True

    assert MessageKey.CODE_SENT is house.logon.view(step.ticket).message_key
    assert Status.OK is house.logon.answer(step.ticket, {"code": house.code()}, HERE).status


def test_viewing_changes_nothing(house):
    """A page may be loaded as often as it likes."""
    step = house.at_code()
    views = [house.logon.view(step.ticket) for _ in range(3)]

    assert {(step.asks, step.secret)} == {(view.asks, view.secret) for view in views}


def test_cancelling_ends_the_process(house):
    """And is recorded."""
    assert house.logon.cancel(house.at_code().ticket) is None

    assert "logon.cancelled" == house.tags()[-1]


@pytest.mark.parametrize("typed", ["", "   ", "\0", "a" * 300, "al\u200bice"])
def test_what_cannot_be_a_user_name_is_refused_for_everybody(house, typed):
    """ATK-07: before anybody is asked."""
    with pytest.raises(InvalidInputError):
        house.begin(typed)

    assert [] == house.people.calls


def test_old_processes_are_purged(house):
    """ATK-52."""
    house.begin()
    house.wait(600 + 86_400 + 1)
    house.begin()

    assert 1 == house.logon.purge()
