"""The way of an id from the table to a broker and back, without a broker, on both databases."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from typing_extensions import override

from authsms.delivery import carriage
from authsms.delivery.carriage import BROKER, CARRIED_AT_MOST, Lane
from authsms.delivery.ledger import Lease
from authsms.delivery.pauses import Moment, Pauses
from authsms.delivery.porter import Porter
from authsms.delivery.relay import Relay
from authsms.foundation.errors import BrokerUnavailableError
from authsms.foundation.sections import DeliverySettings
from authsms.senders.submission import NotTaken, Purpose
from tests.integration.delivery.twins import Office, RecordingService
from tests.integration.delivery.waiting import wait_until

HOUR = timedelta(hours=1)


class Pigeonhole:
    """A broker that keeps what it is given, or is away."""

    def __init__(self):
        self.ids: list[str] = []
        self.is_away = False
        self.refused = threading.Event()

    def publish(self, message_ids: Sequence[str], lane: Lane) -> None:  # noqa: ARG002
        """Keep them, or have none of them."""
        if self.is_away:
            self.refused.set()
            raise BrokerUnavailableError("away")
        self.ids += message_ids

    def close(self) -> None:
        """There is nothing to close."""


def _pass_on(office: Office, lane: Lane) -> list[str]:
    return carriage.pass_on(office.database, lane, office.clock.now())


def _take(office: Office, message_id: str, owner: str = "me"):
    now = office.clock.now()
    return carriage.take(office.database, message_id, Lease(owner, now, now + HOUR))


def _take_back(office: Office, *, only_late: bool = True) -> int:
    return carriage.take_back(office.database, office.clock.now(), only_late=only_late)


def test_an_id_that_is_brought_twice_is_sent_once(still_office: Office):
    """Brokers promise "at least once"; the table makes one of it."""
    message_id = still_office.post()
    passed_on = _pass_on(still_office, Lane.URGENT)
    with Porter(still_office) as porter:
        for _ in range(2):
            porter.deliver(message_id)

    assert [message_id] == passed_on
    assert len(still_office.first.submissions) == 1
    assert ("accepted", 1) == (still_office.view(message_id).state, still_office.view(message_id).attempts)


def test_a_message_may_be_brought_back_before_its_thread_has_let_it_go(office: Office):
    """An id that comes to nothing is not sent anew before its lease ends, and somebody waits for a code."""
    office.senders.services = [RecordingService("first", lambda _: NotTaken("busy", "")), RecordingService("second")]

    class Interrupted(Pauses):
        @override
        def reached(self, moment: Moment) -> None:
            if moment is Moment.RECORDED and office.view(message_id).state == "attempting":
                wait_until(lambda: _pass_on(office, Lane.URGENT) == [message_id])
                with ThreadPoolExecutor(1) as pool:
                    pool.submit(porter.deliver, message_id).result(30)

    message_id = office.post()
    _pass_on(office, Lane.URGENT)
    with Porter(office, pauses=Interrupted()) as porter:
        porter.deliver(message_id)

    assert ("accepted", "second", 2) == (
        office.view(message_id).state,
        office.view(message_id).service,
        office.view(message_id).attempts,
    )


def test_a_clock_that_is_a_little_behind_delays_nothing(still_office: Office):
    """Processes read the database's clock apart from each other; a bell must not find that nothing is due yet."""
    messages = [still_office.post() for _ in range(2)]
    still_office.advance(timedelta(milliseconds=-20))
    passed_on = _pass_on(still_office, Lane.URGENT)
    carriage.take_back(still_office.database, still_office.clock.now(), only_late=False)

    assert sorted(messages) == sorted(passed_on) == sorted(one.subject.id for one in still_office.claim())


def test_codes_and_notices_go_by_different_lanes(still_office: Office):
    """So that a heap of notices lies before no code; nothing is passed on twice."""
    notice = still_office.post(purpose=Purpose.NOTICE)
    code = still_office.post()

    assert [[code], [], [notice], []] == [
        _pass_on(still_office, lane) for lane in (Lane.URGENT, Lane.URGENT, Lane.PATIENT, Lane.PATIENT)
    ]


def test_a_heap_of_notices_stays_in_the_table(still_office: Office):
    """Order, expiry and recall are the table's business: the broker gets a portion, and more as that is taken."""
    with still_office.database.write() as session:
        for _ in range(CARRIED_AT_MOST + 20):
            still_office.outbox.enqueue(session, still_office.draft(purpose=Purpose.NOTICE))
    first = _pass_on(still_office, Lane.PATIENT)
    full = _pass_on(still_office, Lane.PATIENT)
    for message_id in first[:5]:
        _take(still_office, message_id)
    code = still_office.post()

    assert (CARRIED_AT_MOST, 0, 5) == (len(first), len(full), len(_pass_on(still_office, Lane.PATIENT)))
    assert [code] == _pass_on(still_office, Lane.URGENT)


def test_what_nobody_takes_is_passed_on_again(still_office: Office):
    """The broker may lose all it has; what somebody has taken is left to its owner."""
    lost, taken = still_office.post(), still_office.post()
    _pass_on(still_office, Lane.URGENT)
    _take(still_office, taken)
    early = _take_back(still_office)
    still_office.advance(timedelta(seconds=11))

    assert [0, 1, 0] == [early, _take_back(still_office), _take_back(still_office)]
    assert [lost] == _pass_on(still_office, Lane.URGENT)


def test_the_sweeper_ends_what_expires_on_its_way(still_office: Office):
    """A dead code is neither taken nor kept."""
    message_id = still_office.post()
    _pass_on(still_office, Lane.URGENT)
    still_office.advance(timedelta(minutes=3))
    taken = _take(still_office, message_id)
    _take_back(still_office)
    still_office.sweeper().sweep()

    assert (None, "stale") == (taken, still_office.view(message_id).state)


def test_a_message_may_be_taken_back_on_its_way(still_office: Office):
    """A code that was superseded is not sent because a broker has its id."""
    message_id = still_office.post()
    _pass_on(still_office, Lane.URGENT)
    still_office.outbox.cancel(message_id)

    assert (None, "stale") == (_take(still_office, message_id), still_office.view(message_id).state)


def test_the_lease_of_the_broker_ends_for_every_sweeper(still_office: Office):
    """An installation that goes back to working without a broker leaves nothing behind."""
    message_id = still_office.post(expires_at=still_office.clock.now() + HOUR)
    _pass_on(still_office, Lane.URGENT)
    still_office.advance(timedelta(seconds=11))
    still_office.sweeper().sweep()
    still_office.deliver()

    assert "accepted" == still_office.view(message_id).state
    assert BROKER not in {claimed.subject.id for claimed in still_office.claim()}


def test_a_broker_that_is_away_keeps_nothing_and_nobody_waiting(office: Office):
    """Enqueueing is a commit; when the broker is back, its relay gives it everything anew."""
    pigeonhole = Pigeonhole()
    stop = threading.Event()
    relay = threading.Thread(target=Relay(office, pigeonhole).run, args=(stop,), daemon=True)
    relay.start()
    before = office.post()
    wait_until(lambda: before in pigeonhole.ids, 60)
    pigeonhole.is_away = True
    during = office.post()
    assert pigeonhole.refused.wait(60)
    pigeonhole.ids.clear()
    pigeonhole.is_away = False
    wait_until(lambda: {before, during} <= set(pigeonhole.ids), 60)
    stop.set()
    relay.join(60)

    assert not relay.is_alive()


@pytest.mark.parametrize("broker", ["mqtt://somewhere", "rabbit"])
def test_an_unknown_kind_of_broker_is_refused(broker: str):
    """At the start, with the kinds that there are."""
    with pytest.raises(ValueError, match="amqp://"):
        DeliverySettings.model_validate({"broker": broker})
