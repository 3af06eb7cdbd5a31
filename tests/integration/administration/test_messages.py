"""The log of messages: what it shows, and how it is searched."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from authsms.administration.messages_filter import MessageFilter
from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.foundation.errors import InvalidInputError
from authsms.foundation.phone import PhoneNumber
from authsms.senders.submission import NotTaken
from authsms.senders.webhook import ReceiptState
from tests.integration.administration.people_at_work import (
    ADMINISTRATOR,
    EVERYTHING,
    HELPDESK,
    PHONE,
)
from tests.integration.administration.posting import enqueue, ids, refused


@pytest.fixture
def desk(work):
    return work.services.message_desk


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
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_rare_messages_are_not_looked_for_among_all(work, desk, wanted, index):
    """Among millions that went well, walking through all of them would take minutes.

    On SQLite only: the planner of PostgreSQL decides by size, and these tables are empty.
    """
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
    made = [_enqueue_later(work) for _ in range(5)]
    first = desk.portion(ADMINISTRATOR, EVERYTHING, size=2)
    newer = _enqueue_later(work)
    second = desk.portion(ADMINISTRATOR, EVERYTHING, after=first.older, size=2)
    third = desk.portion(ADMINISTRATOR, EVERYTHING, after=second.older, size=2)

    shown = [one.id for portion in (first, second, third) for one in portion.items]
    assert shown == made[::-1]
    assert third.older is None
    assert ids(desk)[0] == newer


def _enqueue_later(work):
    """Enqueue a message a second later: ids of one moment come in any order."""
    work.clock.advance(timedelta(seconds=1))
    return enqueue(work)


def test_the_fingerprint_changes_with_what_is_shown(work, desk):
    work.person()
    work.at_code()
    before = desk.portion(ADMINISTRATOR, EVERYTHING).fingerprint
    same = desk.portion(ADMINISTRATOR, EVERYTHING).fingerprint
    work.deliver()

    assert before == same != desk.portion(ADMINISTRATOR, EVERYTHING).fingerprint
