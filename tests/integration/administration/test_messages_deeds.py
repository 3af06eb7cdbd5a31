"""What can be done about a message: taken back while it waits, replaced by a new code while somebody waits for one."""

from datetime import timedelta

import pytest

from authsms.administration.messages import Again, Cancelled
from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.foundation.errors import ForbiddenError, NotFoundError
from authsms.senders.submission import NotTaken, Purpose
from authsms.senders.webhook import ReceiptState
from tests.integration.administration.people_at_work import (
    ADMINISTRATOR,
    AUDITOR,
    EVERYTHING,
    HELPDESK,
    OPERATOR,
    PHONE,
    POLICY_EDITOR,
)
from tests.integration.administration.posting import enqueue, ids, refused


@pytest.fixture
def desk(work):
    return work.services.message_desk


def test_a_message_that_waits_can_be_taken_back(work, desk):
    message_id = enqueue(work)

    assert desk.cancel(OPERATOR, message_id) is Cancelled.CANCELLED
    assert desk.file(OPERATOR, message_id).dossier.message.failure == Failure.CANCELLED
    assert desk.cancel(OPERATOR, message_id) is Cancelled.OVER
    record = next(view for view in work.services.audit.search() if view.entry.tag == "message.cancelled")
    assert (record.entry.login, record.entry.details["message"]) == ("olga", message_id)
    work.deliver()
    assert work.provider.submissions == []


def test_a_message_under_way_cannot_be_taken_back_and_is_not_repeated(work, desk):
    message_id = enqueue(work)
    answers = []

    def meanwhile(_submission):
        answers.append(desk.cancel(OPERATOR, message_id))
        return NotTaken("busy", "later")

    work.deliver(meanwhile)

    assert answers == [Cancelled.BEING_SENT]
    work.clock.advance(timedelta(seconds=30))
    work.deliver()
    assert len(work.provider.submissions) == 1
    assert "message.cancelled" not in work.tags()


def test_send_again_sends_a_new_code_and_kills_the_old_one(work, desk):
    work.person()
    step = work.at_code()
    old = work.code()
    work.deliver(refused("30008", opted_out=False))
    work.clock.advance(timedelta(seconds=31))
    failed = work.newest()
    answer = desk.send_again(OPERATOR, failed.id, locale="en")
    new = work.code()

    assert answer.answer is Again.SENT
    assert answer.message.state is MessageState.QUEUED
    assert new != old
    assert work.type_code(step, old).session_token is None
    work.clock.advance(timedelta(seconds=31))
    assert work.type_code(step, new).session_token is not None
    record = next(view for view in work.services.audit.search(limit=50) if view.entry.tag == "message.sent-again")
    assert (record.entry.login, record.entry.details["message"]) == ("olga", failed.id)


def test_only_one_text_of_a_login_is_ever_live(work, desk):
    work.person()
    work.at_code()
    work.deliver(refused("30008", opted_out=False))
    work.clock.advance(timedelta(seconds=31))
    failed = work.newest().id
    answers = [desk.send_again(OPERATOR, failed, locale="en").answer for _ in range(3)]

    assert answers == [Again.SENT, Again.REPLACED, Again.REPLACED]
    assert len(ids(desk, states=frozenset({MessageState.QUEUED, MessageState.ATTEMPTING}))) == 1


def test_send_again_obeys_the_limits_of_the_number(work, desk):
    work.person()
    work.at_code()
    work.deliver(refused("30008", opted_out=False))
    answer = desk.send_again(OPERATOR, work.newest().id, locale="en")

    assert answer.answer is Again.TOO_EARLY
    assert answer.possible_at > work.clock.now()
    assert len(ids(desk)) == 1


def test_a_code_whose_login_is_over_is_never_sent_again(work, desk):
    work.person()
    work.at_code()
    work.deliver(refused("30008", opted_out=False))
    work.clock.advance(timedelta(minutes=11))

    assert desk.send_again(OPERATOR, work.newest().id, locale="en").answer is Again.LOGIN_OVER
    assert len(ids(desk)) == 1


def test_what_waits_or_has_arrived_is_not_sent_again(work, desk):
    work.person()
    work.at_code()
    message = work.newest().id
    waiting = desk.send_again(OPERATOR, message, locale="en").answer
    work.deliver()
    work.report("twilio-1", ReceiptState.DELIVERED)

    assert (waiting, desk.send_again(OPERATOR, message, locale="en").answer) == (Again.STILL_LIVE, Again.ARRIVED)


def test_a_text_that_nobody_can_make_again_is_gone(work, desk):
    message = enqueue(work, purpose=Purpose.NOTICE)
    work.deliver(refused("30008", opted_out=False))

    assert desk.send_again(OPERATOR, message, locale="en").answer is Again.TEXT_GONE


def test_a_new_code_that_is_withheld_says_so(work, desk):
    person = work.person()
    work.at_code()
    work.deliver(refused("30008", opted_out=False))
    work.clock.advance(timedelta(seconds=31))
    work.services.people_desk.actions.block(ADMINISTRATOR, person.key, "left")
    answer = desk.send_again(OPERATOR, work.newest().id, locale="en")

    assert (answer.answer, answer.message.failure) == (Again.WITHHELD, Withheld.ACCOUNT_UNUSABLE)


def test_an_unknown_message_is_not_found(desk):
    for call in (desk.file, desk.cancel, lambda who, what: desk.send_again(who, what, locale="en")):
        with pytest.raises(NotFoundError):
            call(ADMINISTRATOR, "0" * 32)


def test_each_task_asks_for_its_right(work, desk):
    message_id = enqueue(work)
    looking = [
        lambda who: desk.portion(who, EVERYTHING),
        lambda who: desk.file(who, message_id),
        desk.services,
        lambda who: desk.number_of(who, PHONE),
        lambda who: list(desk.export(who, EVERYTHING)),
    ]
    acting = [
        lambda who: desk.send_again(who, message_id, locale="en"),
        lambda who: desk.cancel(who, message_id),
    ]

    for task in looking:
        for allowed in (AUDITOR, HELPDESK, OPERATOR):
            task(allowed)
        with pytest.raises(ForbiddenError):
            task(POLICY_EDITOR)
    for task in acting:
        for refused_one in (AUDITOR, HELPDESK, POLICY_EDITOR):
            with pytest.raises(ForbiddenError):
                task(refused_one)
        task(OPERATOR)
