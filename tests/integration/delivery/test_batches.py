"""Attempts that begin and end together, on both databases: each message stands for itself."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select, text, update

from authsms.delivery import ledger
from authsms.delivery.batches import Beginning, Ending, begin_attempts, begin_attempts_at_once, end_attempts
from authsms.delivery.ledger import Claimed, Ended, Lease
from authsms.delivery.models import Attempt, Message
from authsms.delivery.repeats import AttemptEnd, PastAttempt
from authsms.delivery.states import MessageState, Repeat, Settle
from authsms.senders.submission import Accepted, RefusalScope, Refused
from authsms.senders.webhook import Receipt, ReceiptState
from tests.integration.delivery.twins import Office
from tests.integration.delivery.waiting import wait_until


def _begin(office: Office, messages: Sequence[Claimed], owner: str = "me") -> list[int | None]:
    now = office.clock.now()
    lease = Lease(owner, now, now + timedelta(minutes=1))
    beginnings = [Beginning(one.subject, lease, "first", 1) for one in messages]
    if office.database.dialect == "postgresql":
        with office.database.write_one() as session:
            return begin_attempts_at_once(session, beginnings)
    with office.database.write() as session:
        return begin_attempts(session, beginnings)


def test_only_those_that_are_ours_begin(still_office: Office):
    """One was taken away, one has expired; neither leaves an attempt, nor keeps the others from anything."""
    short = still_office.clock.now() + timedelta(seconds=30)
    ids = [still_office.post(), still_office.post(), still_office.post(expires_at=short), still_office.post()]
    claimed = {one.subject.id: one for one in still_office.claim()}
    messages = [claimed[name] for name in ids]
    now = still_office.clock.now()
    with still_office.database.write() as session:
        ledger.give_back(session, messages[1].subject, "me", Repeat(now), now)
    still_office.advance(timedelta(seconds=31))
    begun = _begin(still_office, messages)
    with still_office.database.read() as session:
        attempts = session.execute(select(Attempt.message_id, Attempt.number, Attempt.service, Attempt.worker)).all()

    assert [1, None, None, 1] == begun
    assert {(ids[0], 1, "first", "me"), (ids[3], 1, "first", "me")} == {tuple(one) for one in attempts}
    assert ["attempting", "queued", "queued", "attempting"] == [still_office.view(name).state for name in ids]


def test_those_that_begin_together_begin_each_once(still_office: Office):
    """However many they are: a statement for more of them is filled up."""
    ids = [still_office.post() for _ in range(5)]
    claimed = {one.subject.id: one for one in still_office.claim()}
    begun = _begin(still_office, [claimed[name] for name in ids])
    again = _begin(still_office, [claimed[name] for name in ids])
    with still_office.database.read() as session:
        attempts = session.execute(
            select(Attempt.message_id, Attempt.number, Attempt.policy_version, Attempt.end)
        ).all()

    assert [1] * 5 == begun
    assert [None] * 5 == again
    assert sorted((name, 1, 1, "") for name in ids) == sorted(map(tuple, attempts))


def test_what_ends_while_it_is_taken_away_keeps_nobody_waiting(still_office: Office):
    """PostgreSQL would end one of two transactions that wait for each other, a second later."""
    message_id = still_office.post()
    [message] = still_office.claim()
    _begin(still_office, [message])
    accepted = Ended(1, PastAttempt("first", AttemptEnd.ACCEPTED, still_office.clock.now()), "", "", "SM1")

    def end() -> list[bool]:
        with still_office.database.write() as session:
            return end_attempts(session, [Ending(message.subject, "me", accepted, Settle(MessageState.ACCEPTED))])

    def waits() -> bool:
        if still_office.database.dialect == "sqlite":
            return True
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with still_office.database.read() as session:
            return bool(session.execute(text(waiting)).scalar_one())

    with ThreadPoolExecutor(1) as pool:
        with still_office.database.write() as session:
            session.execute(update(Message).where(Message.id == message_id).values(owner="somebody else"))
            ending = pool.submit(end)
            wait_until(waits)
            session.execute(update(Attempt).where(Attempt.message_id == message_id).values(end="owner-died"))
        is_ours = ending.result(30)

    assert [False] == is_ours


def test_each_ends_its_own_way(still_office: Office):
    """Accepted, to be repeated, and taken away meanwhile: what is not said leaves what was there."""
    ids = [still_office.post() for _ in range(3)]
    claimed = {one.subject.id: one for one in still_office.claim()}
    messages = [claimed[name] for name in ids]
    _begin(still_office, messages)
    now = still_office.clock.now()
    accepted = Ended(1, PastAttempt("first", AttemptEnd.ACCEPTED, now), "", "queued", "SM1", 2)
    refused = Ended(1, PastAttempt("first", AttemptEnd.NOT_TAKEN, now, now + timedelta(seconds=5)), "429", "Busy")
    endings = [
        Ending(messages[0].subject, "me", accepted, Settle(MessageState.ACCEPTED)),
        Ending(messages[1].subject, "me", refused, Repeat(now + timedelta(seconds=5))),
        Ending(messages[2].subject, "somebody else", accepted, Settle(MessageState.ACCEPTED)),
    ]
    with still_office.database.write() as session:
        changed = end_attempts(session, endings)
    views = [still_office.view(name) for name in ids]

    assert [True, True, False] == changed
    assert [("accepted", "", "queued", 2), ("attempting", "429", "Busy", None), ("attempting", "", "", None)] == [
        (view.state, view.code, view.detail, view.segments) for view in views
    ]
    assert [None, still_office.secrets_of(ids[1])[1]] == [still_office.secrets_of(name)[1] for name in ids[:2]]
    assert still_office.secrets_of(ids[1])[1] is not None


def test_many_at_once_come_to_what_they_would_have_come_to_alone(still_office: Office):
    """With receipts that were faster than the answer for some, and refusals for others."""
    office = still_office

    def answer(submission) -> Accepted | Refused:
        number = int(submission.text)
        if number % 3 == 0:
            return Refused(RefusalScope.MESSAGE, "21211", "Bad")
        if number % 3 == 1:
            office.receipts.apply("first", [Receipt(f"SM{number}", ReceiptState.DELIVERED, "delivered")])
        return Accepted(f"SM{number}")

    office.first.answer = answer
    ids = [office.post(str(number)) for number in range(24)]
    dispatcher = office.dispatcher()
    with ThreadPoolExecutor(8) as pool:
        for one in [pool.submit(dispatcher.dispatch, one, "me") for one in office.claim(limit=24)]:
            one.result()

    assert ["failed", "delivered", "accepted"] * 8 == [office.view(name).state for name in ids]
