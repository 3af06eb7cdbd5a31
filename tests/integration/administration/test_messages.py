"""The log of messages: what it shows, how it is searched, and what can be done."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from authsms.administration.messages import Again, Cancelled
from authsms.administration.messages_filter import MessageFilter
from authsms.delivery.outbox import Draft
from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.foundation.errors import ForbiddenError, InvalidInputError, NotFoundError
from authsms.foundation.phone import PhoneNumber
from authsms.senders.submission import NotTaken, Purpose, RefusalScope, Refused
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


@pytest.fixture
def desk(work):
    return work.services.message_desk


def ids(desk, **wanted):
    return [one.id for one in desk.portion(ADMINISTRATOR, MessageFilter(**wanted)).items]


def refused(code="21610", *, opted_out=True):
    return lambda _submission: Refused(RefusalScope.MESSAGE, code, "no", opted_out=opted_out)


def test_a_message_is_told_from_queued_to_delivered(work, desk):
    work.person()
    work.configure_twilio()
    work.at_code()
    work.clock.advance(timedelta(seconds=2))
    work.deliver()
    work.clock.advance(timedelta(seconds=1))
    work.report("twilio-1", ReceiptState.SENT, "sent")
    work.clock.advance(timedelta(seconds=2))
    work.report("twilio-1", ReceiptState.DELIVERED, "delivered")
    file = desk.file(ADMINISTRATOR, work.newest().id)

    assert file.dossier.message.state is MessageState.DELIVERED
    assert (file.dossier.message.login, file.dossier.message.masked) == ("alice", "•••••••42")
    assert [(one.service, one.end.value) for one in file.dossier.tries] == [("twilio", "accepted")]
    assert [one.word for one in file.dossier.receipts] == ["sent", "delivered"]
    assert (file.taken_after, file.delivered_after) == (timedelta(seconds=2), timedelta(seconds=5))


def test_the_plugin_says_what_to_do_about_its_code(work, desk):
    work.person()
    work.configure_twilio()
    work.at_code()
    work.deliver(refused())
    file = desk.file(ADMINISTRATOR, work.newest().id)

    assert file.dossier.message.failure == Failure.OPTED_OUT
    assert "START" in file.advice["twilio", "21610"]


def test_a_service_that_is_gone_still_has_our_own_advice(work, desk):
    work.person()
    work.at_code()
    work.deliver(lambda _submission: NotTaken("connect", "no route"))
    file = desk.file(ADMINISTRATOR, work.newest().id)

    assert "firewall" in file.advice["twilio", "connect"]


def test_neither_code_nor_number_is_shown(work, desk):
    work.person()
    work.at_code()
    code = work.code()
    shown = repr(desk.portion(ADMINISTRATOR, EVERYTHING)) + repr(desk.file(ADMINISTRATOR, work.newest().id))
    exported = "".join(desk.export(ADMINISTRATOR, EVERYTHING))

    assert code not in shown + exported
    assert PHONE not in shown + exported
    assert PHONE[-6:] not in shown + exported


@pytest.mark.parametrize("phone", ["+4915112345642", "+49 (151) 123 456-42"])
def test_a_whole_number_finds_its_messages(work, phone):
    work.person()
    work.person("bob", phones=(PhoneNumber("+4915112345643"),))
    work.at_code("alice")
    work.at_code("bob")

    desk = work.services.message_desk
    assert len(ids(desk, number=desk.number_of(HELPDESK, phone))) == 1


def test_what_is_no_number_is_said_to_be_none(desk):
    with pytest.raises(InvalidInputError) as told:
        desk.number_of(ADMINISTRATOR, "ring twice")

    assert told.value.field == "phone"


def test_messages_are_found_by_every_filter(work, desk):
    alice = work.person()
    work.person("bob", phones=(PhoneNumber("+4915112345643"),))
    work.configure_twilio()
    work.at_code("alice")
    first = work.newest().id
    work.deliver()
    work.clock.advance(timedelta(minutes=5))
    moment = work.clock.now()
    work.at_code("bob")
    second = work.newest().id

    assert ids(desk) == [second, first]
    assert ids(desk, person=alice.key) == ids(desk, person="ALICE") == ids(desk, person="LOCAL\\alice") == [first]
    assert ids(desk, states=frozenset({MessageState.QUEUED})) == [second]
    assert ids(desk, states=frozenset({MessageState.ACCEPTED})) == ids(desk, service="twilio") == [first]
    assert ids(desk, provider_id="twilio-1") == ids(desk, provider_id=first) == [first]
    assert ids(desk, since=moment) == [second]
    assert ids(desk, until=moment) == [first]
    assert ids(desk, provider_id="twilio-2") == ids(desk, service="other") == ids(desk, person="carol") == []


def enqueue(work, **changes):
    services = work.services
    draft = Draft(
        **{
            "id": services.vault.new_id(),
            "purpose": Purpose.AUTHENTICATION,
            "recipient": PHONE,
            "text": "words",
            "expires_at": work.clock.now() + timedelta(minutes=2),
            **changes,
        }
    )
    with services.database.write() as session:
        services.outbox.enqueue(session, draft)
    return draft.id


def test_messages_of_a_name_that_nobody_has_are_found(work, desk):
    own = enqueue(work, login="ghost", recipient=None, withheld=Withheld.UNKNOWN_PERSON)
    enqueue(work, login="ghost", person_key="OTHER:1")

    assert ids(desk, person="ghost") == [own]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"states": frozenset({MessageState.FAILED})}, "ix_message_trouble"),
        ({"states": frozenset({MessageState.STALE, MessageState.WITHHELD})}, "ix_message_trouble"),
        ({"states": frozenset({MessageState.QUEUED})}, "ix_message_waiting"),
        ({"person": "LOCAL:1"}, "ix_message_person"),
        ({"number": "0" * 64}, "ix_message_recipient_hash"),
        ({}, "ix_message_created_at"),
    ],
)
def test_rare_messages_are_not_looked_for_among_all(work, desk, wanted, index):
    """Among millions that went well, walking through all of them would take minutes."""
    if work.services.database.dialect != "sqlite":
        pytest.skip("the planner of PostgreSQL decides by size, and these tables are empty")
    seen = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if "FROM message" in statement:
            seen.append((statement, parameters))

    event.listen(work.services.database.engine, "before_cursor_execute", note)
    desk.portion(ADMINISTRATOR, MessageFilter(**wanted))
    with work.services.database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {seen[-1][0]}", seen[-1][1]).all()

    assert index in str(plan)


def test_portions_follow_one_another_whatever_arrives_meanwhile(work, desk):
    made = [enqueue(work) for _ in range(5)]
    first = desk.portion(ADMINISTRATOR, EVERYTHING, size=2)
    newer = enqueue(work)
    second = desk.portion(ADMINISTRATOR, EVERYTHING, after=first.older, size=2)
    third = desk.portion(ADMINISTRATOR, EVERYTHING, after=second.older, size=2)

    shown = [one.id for portion in (first, second, third) for one in portion.items]
    assert shown == made[::-1]
    assert third.older is None
    assert ids(desk)[0] == newer


def test_the_fingerprint_changes_with_what_is_shown(work, desk):
    work.person()
    work.at_code()
    before = desk.portion(ADMINISTRATOR, EVERYTHING).fingerprint
    same = desk.portion(ADMINISTRATOR, EVERYTHING).fingerprint
    work.deliver()

    assert before == same != desk.portion(ADMINISTRATOR, EVERYTHING).fingerprint


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
