"""What waits, what goes through and how long it takes, on both databases."""

from datetime import timedelta

import pytest

from authsms.delivery import throughput
from authsms.delivery.heartbeat import SILENT, Heartbeat
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.throughput import Throughput
from authsms.foundation.phone import PhoneNumber
from authsms.senders.submission import Accepted, NotTaken, Purpose
from authsms.senders.webhook import Receipt, ReceiptState
from tests.integration.delivery.twins import Office

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def view(still_office: Office) -> Throughput:
    return Throughput(still_office.database, still_office.clock)


def _post(office: Office, **changes) -> str:
    return office.post(expires_at=office.clock.now() + timedelta(hours=2), **changes)


def _hand_over(office: Office, *, waited: timedelta, answering: timedelta = timedelta(0), **changes) -> str:
    """Post a message, and have it accepted after *waited*; the provider takes *answering* of that."""

    def answer(submission):
        office.advance(answering)
        return Accepted(f"id-{submission.message_id}")

    office.first.answer = answer
    message_id = _post(office, **changes)
    office.advance(waited - answering)
    office.deliver()
    return message_id


def _report(office: Office, message_id: str, state: ReceiptState) -> None:
    receipt = Receipt(provider_id=f"id-{message_id}", reference="", state=state, word=state.value)
    office.receipts.apply("first", [receipt])


def test_the_queue_is_counted_by_purpose(still_office: Office, view: Throughput):
    """Also what waits for a further attempt, and what a process has claimed; each purpose has its line."""
    _post(still_office, purpose=Purpose.NOTICE)
    still_office.advance(MINUTE)
    _post(still_office)
    still_office.claim(limit=1)
    still_office.advance(MINUTE)
    queue = {one.purpose: one for one in view.queue()}

    assert list(Purpose) == list(queue)
    code, notice, offer = (queue[one] for one in (Purpose.AUTHENTICATION, Purpose.NOTICE, Purpose.OFFER))
    assert (0, 0, 1, MINUTE, None) == (code.waiting, code.due, code.in_hand, code.age, code.overdue)
    assert (1, 1, 0, 2 * MINUTE, 2 * MINUTE) == (notice.waiting, notice.due, notice.in_hand, notice.age, notice.overdue)
    assert (0, 0, 0, None, None) == (offer.waiting, offer.due, offer.in_hand, offer.age, offer.overdue)


def test_what_waits_for_a_further_attempt_is_not_due(still_office: Office, view: Throughput):
    """Nobody is late with it."""
    still_office.first.answer = lambda _: NotTaken("503", "busy", retry_after=MINUTE)
    _post(still_office)
    still_office.deliver()
    still_office.advance(SECOND)
    first = view.queue()[0]

    assert (1, 0, SECOND, None) == (first.waiting, first.due, first.age, first.overdue)


def test_the_pace_counts_what_happened_since(still_office: Office, view: Throughput):
    """A message that was written before and accepted since counts as accepted only."""
    start = still_office.clock.now()
    old = _hand_over(still_office, waited=10 * SECOND)
    still_office.advance(5 * MINUTE)
    _report(still_office, old, ReceiptState.DELIVERED)
    _post(still_office)
    lately, all_along = view.pace(still_office.clock.now() - MINUTE), view.pace(start)

    assert (1, 0, 1, 0) == (lately.queued, lately.handed_over, lately.delivered, lately.failed)
    assert (2, 1, 1, 0) == (all_along.queued, all_along.handed_over, all_along.delivered, all_along.failed)
    assert all_along.handed_over_per_minute == pytest.approx(60 / 310)


def test_minutes_in_which_nothing_happened_are_there_too(still_office: Office, view: Throughput):
    """A chart has a place for each of them, and the same numbers as the table."""
    still_office.advance(MINUTE - SECOND * still_office.clock.now().second)
    start = still_office.clock.now()
    _hand_over(still_office, waited=10 * SECOND)
    still_office.advance(2 * MINUTE)
    _post(still_office)
    minutes = view.minutes(start)

    assert [(1, 1), (0, 0), (1, 0)] == [(one.queued, one.handed_over) for one in minutes]
    assert start.replace(second=0, microsecond=0) == minutes[0].since
    assert minutes[1].since == minutes[0].until


def test_a_service_is_measured_from_the_queue_to_its_answer(still_office: Office, view: Throughput):
    """Median and 95th of 100 are durations that occurred; its own share tells a slow provider from a long queue."""
    start = still_office.clock.now()
    for waited in range(1, 21):
        _hand_over(still_office, waited=waited * SECOND, answering=SECOND)
    still_office.first.answer = lambda _: NotTaken("503", "busy")
    _post(still_office)
    still_office.deliver()
    (first,) = view.services(start)

    assert first.to_answer is not None
    assert first.answering is not None
    assert "first" == first.service
    assert {AttemptEnd.ACCEPTED: 20, AttemptEnd.NOT_TAKEN: 1} == first.ends
    assert (21, 0) == (first.attempts, first.under_way)
    assert (21, 10 * SECOND, 19 * SECOND) == (
        first.to_answer.count,
        *(SECOND * round(time / SECOND) for time in (first.to_answer.median, first.to_answer.nearly_all)),
    )
    assert first.answering.median == pytest.approx(SECOND, abs=SECOND / 100)


def test_deliveries_are_told_apart_by_country(still_office: Office, view: Throughput):
    """What has not been reported is neither delivered nor lost."""
    start = still_office.clock.now()
    german = _hand_over(still_office, waited=SECOND)
    french = [_hand_over(still_office, waited=SECOND, recipient=PhoneNumber("+33612345678")) for _ in range(2)]
    still_office.advance(3 * SECOND)
    _report(still_office, french[0], ReceiptState.DELIVERED)
    _report(still_office, german, ReceiptState.FAILED)
    germany, france = view.deliveries(start)

    assert france.to_phone is not None
    assert ("DE", 1, 0, 1, None) == (
        germany.country,
        germany.handed_over,
        germany.delivered,
        germany.undelivered,
        germany.to_phone,
    )
    assert ("first", "FR", 2, 1, 0) == (
        france.service,
        france.country,
        france.handed_over,
        france.delivered,
        france.undelivered,
    )
    assert france.to_phone.median == pytest.approx(5 * SECOND, abs=SECOND / 100)


def test_a_silent_process_is_told_from_one_that_lives(still_office: Office, view: Throughput):
    """It was killed, or its machine is gone; one that ended on purpose is not in the list at all."""
    for owner in ("silent.1", "gone.1"):
        Heartbeat(still_office.database, still_office.clock, owner).beat()
    Heartbeat(still_office.database, still_office.clock, "gone.1").end()
    still_office.advance(SILENT)
    Heartbeat(still_office.database, still_office.clock, "living.1").beat()
    _post(still_office)
    still_office.claim("living.1")

    assert [("living.1", True, 1), ("silent.1", False, 0)] == [
        (one.id, one.is_alive, one.in_hand) for one in view.processes()
    ]


def test_looking_back_ends_after_so_many_messages(still_office: Office, view: Throughput, monkeypatch):
    """However many there were, nobody waits long for an answer."""
    monkeypatch.setattr(throughput, "MOST", 2)
    for _ in range(3):
        _post(still_office)
        still_office.advance(MINUTE)

    assert still_office.clock.now() - 2 * MINUTE == view.start(2 * MINUTE)
    assert still_office.clock.now() - 3 * MINUTE == view.start(timedelta(hours=1))
