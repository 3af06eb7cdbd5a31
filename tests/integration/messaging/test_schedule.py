"""Notices that start later, and nights in which they wait; on both databases."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from authsms.delivery.quiet import QuietHours
from authsms.delivery.states import MessageState
from authsms.foundation.db import Database
from authsms.messaging.models import NoticeOrderRow
from authsms.senders.submission import Purpose
from tests.fakes import ManualClock
from tests.integration.messaging.crowd import ADMIN, Crowd, ordered, queued, wish, written


def quiet_moment(clock: ManualClock, quiet: QuietHours) -> datetime:
    """Return the next moment after which it is night in Germany for ten hours."""
    tomorrow = clock.now().astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=1)
    return tomorrow.replace(hour=quiet.begin.hour, minute=30)


def test_what_is_scheduled_waits_for_its_moment(crowd: Crowd, clock: ManualClock):
    """Then whoever belongs to the audience by then gets it; it lives from then on."""
    crowd.add("anna", "+4915112345601")
    starts_at = clock.now() + timedelta(days=2)
    name = ordered(crowd, wish(starts_at=starts_at))
    early = crowd.services.notice_runs.work()
    found = crowd.services.notice_course.find(name)
    crowd.add("bert", "+4915112345602")
    clock.advance(timedelta(days=2))
    purged = crowd.services.notice_orders.purge()
    crowd.services.notice_runs.work()

    assert (0, True, starts_at + timedelta(hours=2)) == (early, found.is_waiting, found.expires_at)
    assert found.queueing is not None
    assert (starts_at, 0) == (found.queueing.starts_at, purged)
    assert ["anna", "bert"] == queued(crowd)


def test_what_is_cancelled_before_it_starts_is_forgotten(crowd: Crowd, clock: ManualClock, database: Database):
    """Its words and its audience, too."""
    crowd.add("anna", "+4915112345601")
    orders = crowd.services.notice_orders
    orders.schedule(ADMIN, wish(starts_at=clock.now() + timedelta(days=2)), "example.org")
    crowd.services.notice_course.cancel(ADMIN, "canteen")
    orders.purge()
    clock.advance(timedelta(days=2))
    with database.read() as session:
        letters = session.execute(select(NoticeOrderRow.letter)).scalars().all()

    assert ([None], 0, []) == (letters, crowd.services.notice_runs.work(), queued(crowd))


def test_a_notice_waits_for_the_morning_unless_it_would_expire(crowd: Crowd, clock: ManualClock):
    """The count says so; texts to an account itself, and codes, go at any hour."""
    services = crowd.services
    services.gate.quiet = quiet = QuietHours(time(21), time(8), ZoneInfo("UTC"))
    crowd.add("anna", "+4915112345601")
    night = quiet_moment(clock, quiet)
    clock.advance(night - clock.now())
    long, short = wish("long", life=timedelta(hours=14)), wish("short", life=timedelta(hours=1))
    tallies = [written(crowd, one).tally for one in (long, short)]
    for one in services.notice_orders.drafts():
        services.notice_orders.confirm(ADMIN, one.id, "example.org")
    services.notice_runs.work()
    crowd.post.post(Purpose.NOTICE)
    crowd.post.post()
    at_night = crowd.post.deliver()
    clock.advance(timedelta(hours=13))
    in_the_morning = crowd.post.deliver()

    assert [(1, 0), (0, 1)] == [(one.waiting, one.woken) for one in tallies]
    assert (3, 1) == (len(at_night), len(in_the_morning))
    assert {MessageState.ACCEPTED: 1} == services.notice_course.progress("long")
