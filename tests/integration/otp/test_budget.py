"""How many texts a number gets."""

from datetime import timedelta

import pytest

from authsms.foundation.clock import DatabaseClock
from authsms.foundation.sections import SmsSettings
from authsms.otp.budget import SendBudget
from tests.integration.otp.racing import at_once


@pytest.fixture
def budget(database, clock):
    """The default limits."""
    return SendBudget(database, clock, SmsSettings())


def take(database, budget, *keys):
    """Take in a transaction of its own."""
    with database.write() as session:
        return budget.take(session, *keys)


def test_the_pause_doubles_and_three_are_the_most_in_ten_minutes(database, budget, clock):
    """ATK-12."""
    granted = []
    for second in range(0, 600, 5):
        if take(database, budget, "number:a").granted:
            granted.append(second)
        clock.advance(timedelta(seconds=5))

    assert [0, 30, 90] == granted
    assert take(database, budget, "number:a").granted


def test_ten_are_the_most_in_a_day(database, budget, clock):
    """ATK-12: 24 hours of simulated time."""
    granted = 0
    for _ in range(24 * 6 - 1):
        granted += take(database, budget, "number:a").granted
        clock.advance(timedelta(minutes=10))

    assert 10 == granted


def test_the_answer_says_when_the_next_one_may_be_asked_for(database, budget, clock):
    """The page counts down to it."""
    first = take(database, budget, "number:a")
    refused = take(database, budget, "number:a")

    assert clock.now() + timedelta(seconds=30) == first.next_at == refused.next_at
    assert not refused.granted


def test_accounts_that_share_a_number_share_its_limit(database, budget):
    """A refusal by one key counts against none."""
    take(database, budget, "number:shared", "person:a")

    assert not take(database, budget, "number:shared", "person:b").granted
    assert take(database, budget, "number:other", "person:b").granted


def test_a_rollback_gives_it_back(database, budget):
    """What was not queued was not sent."""
    with pytest.raises(RuntimeError), database.write() as session:
        budget.take(session, "number:a")
        raise RuntimeError

    assert take(database, budget, "number:a").granted


def test_a_hundred_wishes_at_once_yield_one_text(database):
    """ATK-12: checked and charged atomically, also for a number nobody has texted before."""
    budget = SendBudget(database, DatabaseClock(database), SmsSettings())

    grants = at_once(100, lambda: take(database, budget, "number:a", "person:a"))

    assert 1 == sum(grant.granted for grant in grants)


def test_two_keys_in_any_order_do_not_block_each_other(database):
    """Rows are locked in the order of their keys."""
    budget = SendBudget(database, DatabaseClock(database), SmsSettings())
    orders = iter([("a", "b"), ("b", "a")] * 20)

    grants = at_once(40, lambda: take(database, budget, *next(orders)))

    assert 1 == sum(grant.granted for grant in grants)


def test_purging_keeps_what_still_limits(database, budget, clock):
    """Old rows go."""
    take(database, budget, "number:old")
    clock.advance(timedelta(hours=25))
    take(database, budget, "number:new")

    assert 1 == budget.purge()
    assert not take(database, budget, "number:new").granted
