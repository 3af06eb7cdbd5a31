"""Sick, paused, slow and used up services, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from authsms.audit.vocabulary import Author
from authsms.delivery.breaker import FIRST_PAUSE, MOST_FAILURES, PROBE_LEASE, Breaker
from authsms.delivery.ledger import Lease
from authsms.delivery.models import Message
from authsms.delivery.rates import ServiceRate
from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError
from authsms.senders.submission import Accepted, NotTaken, Outcome, PerhapsTaken, Purpose, RefusalScope, Refused
from tests.integration.delivery.twins import Office, RecordingService

ANNA = Author("anna")
SECOND = timedelta(seconds=1)
LOST = PerhapsTaken("timeout", "")
AWAY = NotTaken("connect", "")
NO_FUNDS = Refused(RefusalScope.CONFIGURATION, "http_402", "")
ACCEPTED = Accepted("id")


def _with_two(office: Office, answer: Outcome = AWAY) -> tuple[RecordingService, RecordingService]:
    first, second = RecordingService("first", lambda _submission: answer), RecordingService("second")
    office.senders.services = [first, second]
    return first, second


def _open_first(office: Office, outcome: Outcome = NO_FUNDS) -> None:
    """Let the breaker of the first service open."""
    office.first.answer = lambda _submission: outcome
    for _ in range(MOST_FAILURES):
        office.post()
        office.deliver()
    assert office.gate.conditions.all()["first"].breaker is Breaker.OPEN


def _breaker(office: Office) -> Breaker:
    return office.gate.conditions.all()["first"].breaker


def test_a_sick_service_is_passed_over(still_office: Office):
    """Its time-outs are paid for by five messages, not by all."""
    first, second = _with_two(still_office, LOST)
    _open_first(still_office, LOST)
    still_office.deliver()
    message_id = still_office.post()
    still_office.deliver()

    assert ("accepted", "second", 1) == (
        still_office.view(message_id).state,
        still_office.view(message_id).service,
        still_office.view(message_id).attempts,
    )
    assert (MOST_FAILURES, MOST_FAILURES + 1) == (len(first.submissions), len(second.submissions))


def test_it_comes_back_by_itself(still_office: Office):
    """One message goes through when the pause is over; its success lets all others through."""
    first, _ = _with_two(still_office, AWAY)
    _open_first(still_office, AWAY)
    still_office.deliver()
    first.answer = lambda _submission: ACCEPTED
    still_office.advance(FIRST_PAUSE)
    message_id = still_office.post()
    still_office.deliver()

    assert ("first", Breaker.CLOSED) == (still_office.view(message_id).service, _breaker(still_office))


def test_a_failed_probe_doubles_the_pause(still_office: Office):
    """And its message arrives through the other service."""
    _with_two(still_office, AWAY)
    _open_first(still_office, AWAY)
    still_office.deliver()
    still_office.advance(FIRST_PAUSE)
    message_id = still_office.post()
    still_office.deliver()
    still_office.deliver()
    condition = still_office.gate.conditions.all()["first"]

    assert (Breaker.OPEN, still_office.clock.now() + 2 * FIRST_PAUSE) == (condition.breaker, condition.retry_at)
    assert still_office.view(message_id).service == "second"


def test_refusals_of_messages_do_not_open_it(still_office: Office):
    """F-05: somebody's bad number must not take the service from everybody."""
    _with_two(still_office, Refused(RefusalScope.DESTINATION, "21408", ""))
    for _ in range(MOST_FAILURES + 1):
        still_office.post()
        still_office.deliver()

    assert {} == still_office.gate.conditions.all()


def test_with_all_services_sick_a_message_waits_for_the_first_to_come_back(still_office: Office):
    """Rather than fail; and it is told at once when that will not be within its life."""
    office = still_office
    office.senders.services = [RecordingService("first")]
    _open_first(office, AWAY)
    waits = office.post()
    too_short = office.post(expires_at=office.clock.now() + FIRST_PAUSE)
    office.deliver()
    office.first.answer = lambda _submission: ACCEPTED
    failed = office.view(too_short)
    waiting = office.view(waits).state
    office.advance(FIRST_PAUSE)
    office.deliver()

    assert (("failed", "not-taken", 0), "queued") == ((failed.state, failed.reason, failed.attempts), waiting)
    assert "accepted" == office.view(waits).state


def test_who_waits_is_woken_when_it_is_back(still_office: Office):
    """Nobody sits out the lease of a probe that was answered at once."""
    office = still_office
    office.senders.services = [RecordingService("first")]
    _open_first(office, NO_FUNDS)
    office.first.answer = lambda _submission: ACCEPTED
    posted = [office.post() for _ in range(4)]
    office.deliver()
    office.advance(timedelta(minutes=1))
    for _ in range(3):
        office.deliver()

    assert {"accepted"} == {office.view(message_id).state for message_id in posted}


def test_of_many_that_try_exactly_one_goes_through(office: Office):
    """Across threads and connections: one conditional statement decides."""
    _open_first(office)
    office.gate.conditions.retry_service("first", ANNA)
    claimed = [message for _ in range(12) for message in _claimed_one(office)]
    others = [office, Office(office.settings, Database(office.settings.database_url), office.vault, office.clock)]

    def begin(number: int):
        now = office.clock.now()
        lease, gate = Lease("me", now, now + SECOND), others[number % 2].gate
        return gate.begin(claimed[number].subject, lease, office.first, country="DE", text="x")

    with ThreadPoolExecutor(12) as pool:
        entries = list(pool.map(begin, range(12)))
    others[1].database.dispose()

    assert 1 == sum(isinstance(entry, int) for entry in entries)
    assert _breaker(office) is Breaker.HALF_OPEN


def _claimed_one(office: Office):
    office.post()
    return office.claim()


def test_a_probe_whose_process_died_is_given_up(still_office: Office):
    """Or the service would be out for good."""
    _open_first(still_office)
    still_office.gate.conditions.retry_service("first", ANNA)
    [claimed] = _claimed_one(still_office)
    lease = Lease("me", still_office.clock.now(), still_office.clock.now() + SECOND)
    still_office.gate.begin(claimed.subject, lease, still_office.first, country="DE", text="x")
    still_office.advance(PROBE_LEASE)
    still_office.first.answer = lambda _submission: ACCEPTED
    still_office.post()
    still_office.deliver()

    assert _breaker(still_office) is Breaker.CLOSED


def test_what_another_process_found_out_holds_at_once(still_office: Office):
    """A snapshot may be a second old; the statement that begins an attempt is not."""
    _with_two(still_office, ACCEPTED)
    still_office.post()
    still_office.deliver()
    elsewhere = Office(still_office.settings, still_office.database, still_office.vault, still_office.clock)
    elsewhere.gate.conditions.pause_service("first", ANNA)
    message_id = still_office.post()
    still_office.deliver()

    assert "second" == still_office.view(message_id).service
    assert 1 == len(still_office.first.submissions)


def test_a_wait_that_is_asked_for_holds_for_the_whole_service(still_office: Office):
    """F-04: not only for the message that was told."""
    office = still_office
    answers: list[Outcome] = [NotTaken("http_429", "", 30 * SECOND), ACCEPTED, ACCEPTED, ACCEPTED]
    office.first.answer = lambda _submission: answers.pop(0)
    posted = [office.post() for _ in range(3)]
    tries = []
    for _ in range(7):
        office.deliver()
        tries.append(len(office.first.submissions))
        office.advance(6 * SECOND)
    office.deliver()

    assert [1] * 5 == tries[:5]
    assert {"accepted"} == {office.view(message_id).state for message_id in posted}
    assert 4 == len(office.first.submissions)


def test_pauses_are_kept_told_and_ended(still_office: Office):
    """A paused service is passed over, a paused purpose waits."""
    office = still_office
    _with_two(office, ACCEPTED)
    office.gate.conditions.pause_service("first", ANNA)
    office.gate.conditions.pause_purpose(Purpose.OFFER, ANNA)
    login, offer = office.post(), office.post(purpose=Purpose.OFFER)
    office.deliver()
    assert ("second", "queued") == (office.view(login).service, office.view(offer).state)
    assert "anna" == office.gate.conditions.all()["first"].paused_by
    office.gate.conditions.resume_service("first", ANNA)
    office.gate.conditions.resume_purpose(Purpose.OFFER, ANNA)
    office.gate.conditions.resume_purpose(Purpose.OFFER, ANNA)
    office.advance(5 * SECOND)
    office.deliver()

    assert "first" == office.view(offer).service
    assert ["service.paused", "purpose.paused", "service.resumed", "purpose.resumed"] == [
        tag for tag in office.tags() if not tag.startswith("message")
    ]


def test_a_service_is_given_so_many_texts_a_second_and_no_more(still_office: Office):
    """Each text over the rate has a moment of its own; what is urgent passes the others."""
    office = still_office
    office.gate.rates.save("first", ServiceRate(2.0, 2), ANNA)
    notices = [office.post(purpose=Purpose.NOTICE) for _ in range(6)]
    office.deliver()
    start = office.clock.now()
    due = sorted(_due(office, message_id) - start for message_id in notices if _due(office, message_id))
    login = office.post()
    office.deliver()
    sent = []
    for _ in range(6):
        office.advance(SECOND / 2)
        office.deliver()
        sent.append(len(office.first.submissions))

    assert [SECOND / 2 * step for step in (1, 2, 3, 4)] == due
    assert [3, 4, 5, 6, 7, 7] == sent
    assert office.first.submissions[2].message_id == login


def _due(office: Office, message_id: str):
    with office.database.read() as session:
        return session.execute(select(Message.due_at).where(Message.id == message_id)).scalar_one()


def test_the_rate_holds_for_all_threads_together(office: Office):
    """GCRA in one row: nothing slips through."""
    office.gate.rates.save("first", ServiceRate(0.01, 5), ANNA)
    claimed = [message for _ in range(16) for message in _claimed_one(office)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda one: office.dispatcher().dispatch(one, "me"), claimed))

    assert 5 == len(office.first.submissions)


def test_an_urgent_text_takes_the_next_service_rather_than_wait_long(still_office: Office):
    """A limit on the best service is no reason to keep somebody from logging in."""
    _with_two(still_office, ACCEPTED)
    still_office.gate.rates.save("first", ServiceRate(0.1), ANNA)
    posted = [still_office.post() for _ in range(2)]
    still_office.deliver()

    assert {"first", "second"} == {still_office.view(message_id).service for message_id in posted}


@pytest.mark.parametrize(("rate", "field"), [(ServiceRate(0), "per_second"), (ServiceRate(1, 0), "burst")])
def test_a_rate_that_makes_no_sense_is_refused(still_office: Office, rate, field):
    """Zero would stop everything."""
    with pytest.raises(InvalidInputError) as caught:
        still_office.gate.rates.save("first", rate, ANNA)

    assert field == caught.value.field


@pytest.mark.usefixtures("rare_looks")
def test_a_message_costs_no_statement_for_what_is_not_configured(still_office: Office):
    """The gate is on the way of every login."""
    still_office.post()
    still_office.deliver()
    seen: list[str] = []
    listen = lambda *arguments: seen.append(arguments[2])  # noqa: E731
    still_office.gate.conditions.all(), still_office.gate.rates.all(), still_office.gate.spending.caps()
    still_office.post()
    [claimed] = still_office.claim()
    for engine in (still_office.database.engine, still_office.database._light_engine):
        event.listen(engine, "before_cursor_execute", listen)
    still_office.dispatcher().dispatch(claimed, "me")
    words = [" ".join(statement.split()[:3]) for statement in seen]

    assert [] == [line for line in words if "condition" in line or "limit_row" in line or "spending" in line], words
    assert 1 <= len([line for line in words if not line.startswith(("BEGIN", "PRAGMA"))]) <= 6, words
