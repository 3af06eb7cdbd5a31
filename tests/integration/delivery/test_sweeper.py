"""What nobody else would move on, on both databases."""

from datetime import timedelta

import pytest

from authsms.delivery import ledger
from authsms.delivery.carriage import BROKER
from authsms.delivery.heartbeat import Heartbeat, last_heartbeat
from authsms.delivery.ledger import Lease
from authsms.delivery.liveness import Liveness
from authsms.delivery.worker import lock_folder
from authsms.foundation.errors import NotFoundError
from authsms.senders.submission import PerhapsTaken, Purpose
from tests.integration.delivery.twins import Office

OVER = timedelta(minutes=2)


def _dead_owner(office: Office) -> str:
    with Liveness(lock_folder(office.settings.instance)).hold() as hold:
        return hold.owner


def _die_in_flight(office: Office, owner: str) -> None:
    """Begin an attempt and go away before its answer is recorded."""

    class Death(BaseException):
        pass

    def die(_submission):
        raise Death

    answer, office.first.answer = office.first.answer, die
    for claimed in office.claim(owner):
        try:
            office.dispatcher().dispatch(claimed, owner)
        except Death:
            office.first.submissions.clear()
    office.first.answer = answer


def test_the_messages_of_a_dead_worker_are_sent_by_another(still_office: Office):
    """F-10: at once and without waiting for a lease, nothing lost, nothing doubled."""
    message_id = still_office.post()
    still_office.claim(_dead_owner(still_office))
    freed = still_office.sweeper().sweep().freed
    still_office.deliver()

    assert freed == 1
    assert ("accepted", 1) == (still_office.view(message_id).state, still_office.view(message_id).attempts)


def test_the_messages_of_a_living_worker_are_left_alone(still_office: Office):
    """However long its provider takes, up to the lease."""
    still_office.post()
    with Liveness(lock_folder(still_office.settings.instance)).hold() as hold:
        still_office.claim(hold.owner)
        still_office.advance(timedelta(seconds=50))

        assert still_office.sweeper().sweep().freed == 0


def test_the_lease_ends_for_workers_that_cannot_be_seen(still_office: Office):
    """A worker on another machine, or one that hangs."""
    still_office.post(expires_at=still_office.clock.now() + timedelta(minutes=10))
    still_office.claim("elsewhere.1")
    early = still_office.sweeper().sweep().freed
    still_office.advance(timedelta(seconds=61))

    assert [0, 1] == [early, still_office.sweeper().sweep().freed]


def test_an_attempt_cut_short_is_repeated_once(still_office: Office):
    """F-11: with the same text; a second death in the middle ends it."""
    owner = _dead_owner(still_office)
    message_id = still_office.post("Your code is 123456")
    _die_in_flight(still_office, owner)
    still_office.sweeper().sweep()
    _die_in_flight(still_office, owner)
    still_office.sweeper().sweep()

    assert ("unknown", "in-doubt", 2) == (
        still_office.view(message_id).state,
        still_office.view(message_id).reason,
        still_office.view(message_id).attempts,
    )
    assert still_office.deliver() == 0
    assert still_office.secrets_of(message_id)[1] is None


def test_an_expired_message_becomes_stale_and_loses_its_text(still_office: Office):
    """Dead codes are not kept."""
    message_id = still_office.post()
    still_office.advance(OVER)
    ended = still_office.sweeper().sweep().ended

    assert ended == 1
    assert ("stale", "expired") == (still_office.view(message_id).state, still_office.view(message_id).reason)
    assert still_office.secrets_of(message_id)[1] is None
    assert ["message.stale"] == still_office.tags()


def test_a_message_that_expires_while_it_waits_for_a_repeat_is_unknown(still_office: Office):
    """A copy may be on the phone."""
    still_office.first.answer = lambda _submission: PerhapsTaken("timeout", "")
    message_id = still_office.post()
    still_office.deliver()
    still_office.advance(OVER)
    still_office.sweeper().sweep()

    assert still_office.view(message_id).state == "unknown"


def test_a_dead_workers_expired_message_is_not_sent(still_office: Office):
    """F-09 with a long outage: nothing goes out after expiry."""
    message_id = still_office.post()
    still_office.claim(_dead_owner(still_office))
    still_office.advance(OVER)
    still_office.sweeper().sweep()

    assert (0, "stale") == (still_office.deliver(), still_office.view(message_id).state)


def test_what_the_table_holds_beyond_the_hands_is_freed(still_office: Office):
    """A claim whose commit succeeded although its answer was lost."""
    still_office.post()
    kept, lost = still_office.post(), still_office.post()
    owned = {claimed.subject.id for claimed in still_office.claim("me")}
    freed = still_office.sweeper().free_forgotten("me", in_hand=lambda: owned - {lost})

    assert freed == 1
    assert [lost] == [claimed.subject.id for claimed in still_office.claim("me")]
    assert kept in owned


def test_what_is_claimed_while_the_table_is_looked_at_is_not_forgotten(still_office: Office):
    """A porter's threads go on claiming: a text that is freed while it is on its way is sent once more."""
    lost = still_office.post()
    still_office.claim("me")
    message_id = still_office.post()
    held: list[str] = []

    def in_hand():
        before = frozenset(held)
        held.extend(claimed.subject.id for claimed in still_office.claim("me"))
        return before

    freed = still_office.sweeper().free_forgotten("me", in_hand=in_hand)

    assert (1, [message_id]) == (freed, held)
    assert [lost] == [claimed.subject.id for claimed in still_office.claim("me")]


def test_a_dead_worker_is_found_among_many_that_are_at_work(still_office: Office, monkeypatch: pytest.MonkeyPatch):
    """Its leases end first; however often one looks, the others, or a broker, would stand before it."""
    monkeypatch.setattr("authsms.delivery.sweeper._AT_ONCE", 2)
    for _ in range(7):
        still_office.post()
    dead, now = _dead_owner(still_office), still_office.clock.now()
    with Liveness(lock_folder(still_office.settings.instance)).hold() as hold:
        still_office.claim(hold.owner, limit=4)
        with still_office.database.jot_one() as connection:
            for owner, seconds, limit in ((BROKER, 10, 2), (dead, 50, 1)):
                lease = Lease(owner, now, now + timedelta(seconds=seconds))
                ledger.claim(connection, lease, limit=limit, urgent_only=False)

        assert still_office.sweeper().sweep().freed == 1


def test_old_messages_are_deleted_and_young_ones_kept(still_office: Office):
    """With attempts and receipts; the audit trail remains."""
    old = still_office.post()
    still_office.deliver()
    still_office.advance(timedelta(days=91))
    young = still_office.post()

    assert still_office.sweeper().purge() == 1
    assert still_office.view(young).state == "queued"
    try:
        still_office.view(old)
    except NotFoundError:
        return
    raise AssertionError("the old message is still there")


def test_a_large_heap_of_expired_messages_is_worked_off(still_office: Office):
    """F-29: after an outage."""
    with still_office.database.write() as session:
        for _ in range(600):
            still_office.outbox.enqueue(session, still_office.draft(purpose=Purpose.NOTICE))
    still_office.advance(OVER)

    assert [500, 100, 0] == [still_office.sweeper().end_expired() for _ in range(3)]


def test_the_heartbeat_tells_who_is_there(still_office: Office):
    """The readiness page asks for the youngest."""
    heartbeat = Heartbeat(still_office.database, still_office.clock, "here.1")
    before = last_heartbeat(still_office.database)
    heartbeat.beat()
    still_office.advance(timedelta(seconds=2))
    heartbeat.beat()
    seen = last_heartbeat(still_office.database)
    heartbeat.end()

    assert [None, still_office.clock.now(), None] == [before, seen, last_heartbeat(still_office.database)]
