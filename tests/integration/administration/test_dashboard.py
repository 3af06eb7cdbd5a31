"""What the dashboard counts, on both databases, from logins that really happened."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from authsms.administration.actors import Actor
from authsms.administration.dashboard import Dashboard
from authsms.administration.figures import Fate, Period
from authsms.administration.traffic import Traffic, hour_of
from authsms.delivery.states import MessageState
from authsms.foundation.errors import ForbiddenError
from authsms.foundation.phone import PhoneNumber
from authsms.senders.submission import NotTaken
from authsms.senders.webhook import ReceiptState
from tests.integration.administration.people_at_work import ADMINISTRATOR, Work
from tests.integration.administration.posting import refused

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _within_an_hour(work: Work) -> None:
    """Let no test run over the end of an hour."""
    now = work.clock.now()
    work.clock.advance(hour_of(now) + HOUR + timedelta(minutes=10) - now)


@pytest.fixture
def traffic(work: Work) -> Traffic:
    return work.services.monitoring.traffic


@pytest.fixture
def dashboard(work: Work) -> Dashboard:
    return work.services.monitoring.dashboard


def _delivered_login(work: Work, login: str) -> None:
    """Let somebody sign in whose code takes four seconds to the phone."""
    step = work.at_code(login)
    code = work.code()
    work.clock.advance(SECOND)
    work.deliver()
    work.clock.advance(3 * SECOND)
    work.report(work.newest().provider_id, ReceiptState.DELIVERED)
    work.type_code(step, code)


def test_a_morning_is_told_as_it_was(work, traffic, dashboard):
    """Logins, fates, routes, times and reasons; the price makes an estimate."""
    policy = work.services.senders.policy()
    work.services.senders.save_policy(replace(policy, segment_price=Decimal("0.075")), author="anna")
    work.configure_twilio()
    work.person("alice")
    work.person("bob", phones=(PhoneNumber("+12025550143"),))
    work.person("carol", phones=())
    _delivered_login(work, "alice")
    work.at_code("carol")
    step = work.at_code("bob")
    work.deliver(refused())
    work.type_code(step, "000000")
    traffic.count()
    report = dashboard.report(ADMINISTRATOR, Period.DAY)
    slot = report.slots[-1]
    route = report.routes[0]

    assert (3, 1, 1) == (slot.started, slot.finished, slot.refused)
    assert {Fate.DELIVERED: 1, Fate.LOST: 1, Fate.UNSENT: 1} == dict(report.fates)
    assert [("twilio", "DE", 1, 1, 1, 1)] == [
        (one.service, one.country, one.taken, one.delivered, one.codes, one.used) for one in report.routes
    ]
    assert (5, 5) == (route.seconds(0.5), route.seconds(0.95))
    assert {(MessageState.FAILED, "21610"), (MessageState.WITHHELD, "")} == {
        (one.state, one.code) for one in report.reasons
    }
    assert "START" in next(one.advice for one in report.reasons if one.code)
    assert Decimal("0.075") == report.spent


def test_counting_again_replaces_what_was_counted(work, traffic, dashboard):
    """A receipt that comes later moves a message; nothing is counted twice."""
    work.person()
    work.at_code()
    work.deliver()
    traffic.count()
    before = dashboard.report(ADMINISTRATOR, Period.DAY).fates
    work.report(work.newest().provider_id, ReceiptState.DELIVERED)
    work.clock.advance(2 * HOUR)
    traffic.count()

    assert {Fate.TAKEN: 1} == dict(before)
    assert {Fate.DELIVERED: 1} == dict(dashboard.report(ADMINISTRATOR, Period.DAY).fates)


def test_what_is_older_than_codes_are_kept_is_not_counted_any_more(work, traffic, dashboard):
    """Whether a code was used is known for a day; later counts would deny it."""
    work.person()
    _delivered_login(work, "alice")
    traffic.count()
    work.clock.advance(30 * HOUR)
    work.services.challenges.purge()
    traffic.count()
    report = dashboard.report(ADMINISTRATOR, Period.WEEK)

    assert (1, 1) == (report.total("codes"), report.total("used"))


def test_old_days_become_one_hour_and_lose_nothing(work, traffic, dashboard):
    """A month is some thousand rows; the sums stay."""
    work.person()
    for _ in range(2):
        _delivered_login(work, "alice")
        work.clock.advance(2 * HOUR)
    traffic.count()
    work.clock.advance(timedelta(days=10))
    before = dashboard.report(ADMINISTRATOR, Period.MONTH)
    traffic.tidy()
    after = dashboard.report(ADMINISTRATOR, Period.MONTH)
    tidied_again = traffic.tidy()

    assert (2, 2) == (after.total("finished"), after.total("used"))
    assert [slot.fates for slot in before.slots] == [slot.fates for slot in after.slots]
    assert 0 == tidied_again
    work.clock.advance(timedelta(days=100))
    assert traffic.tidy() > 0


def test_an_empty_house_has_an_empty_report(traffic, dashboard):
    """And says when it began to count."""
    never = dashboard.report(ADMINISTRATOR, Period.MONTH)
    traffic.count()
    report = dashboard.report(ADMINISTRATOR, Period.DAY)

    assert never.counted_at is None
    assert (24, 0, None) == (len(report.slots), report.total("started"), report.spent)
    assert report.counted_at is not None


def test_attempts_that_fail_leave_the_message_waiting(work, traffic, dashboard):
    """It is not lost while it may be tried again."""
    work.person()
    work.at_code()
    work.deliver(lambda _: NotTaken("connect", "no route to host"))
    traffic.count()

    assert {Fate.WAITING: 1} == dict(dashboard.report(ADMINISTRATOR, Period.DAY).fates)


def test_only_who_may_sees_it(work, dashboard):
    nobody = Actor("LOCAL:1", "nobody", "", frozenset(), "session", timedelta())
    monitoring = work.services.monitoring
    for ask in (
        lambda: dashboard.report(nobody, Period.DAY),
        lambda: monitoring.alarms.standing(nobody),
        lambda: monitoring.queue.state(nobody),
    ):
        with pytest.raises(ForbiddenError):
            ask()
