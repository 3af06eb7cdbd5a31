"""Limits are exact, on both databases, also under concurrency."""

import threading
from datetime import timedelta

import pytest

from authsms.foundation.errors import TooManyRequestsError
from authsms.foundation.limits import Limits, Rate

RATE = Rate(3, timedelta(minutes=10))


def take_all(limits, key, tries):
    taken = 0
    for _ in range(tries):
        try:
            limits.take(key, RATE)
        except TooManyRequestsError:
            continue
        taken += 1
    return taken


def test_the_burst_passes_and_no_more(database, clock):
    """Three at once, then the door is shut."""
    assert take_all(Limits(database, clock), "x", 10) == 3


def test_one_more_passes_after_one_interval(database, clock):
    """A tenth of an hour for three: one every 200 seconds."""
    limits = Limits(database, clock)
    take_all(limits, "x", 3)

    with pytest.raises(TooManyRequestsError) as caught:
        limits.take("x", RATE)
    clock.advance(caught.value.retry_after)

    assert take_all(limits, "x", 3) == 1


def test_keys_do_not_share(database, clock):
    """One person's limit is not another's."""
    limits = Limits(database, clock)
    take_all(limits, "x", 10)

    assert take_all(limits, "y", 10) == 3


def test_a_rollback_gives_it_back(database, clock):
    """What did not happen was not used up."""
    limits = Limits(database, clock)
    with pytest.raises(RuntimeError), database.write() as session:
        limits.take("x", RATE, session=session)
        raise RuntimeError

    assert take_all(limits, "x", 10) == 3


def test_many_threads_get_exactly_what_is_there(database, clock):
    """No reading, changing and writing back: nothing slips through."""
    limits = Limits(database, clock)
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(take_all(limits, "x", 5))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts) == 3


@pytest.mark.parametrize("full", ["x", "y"])
def test_of_several_limits_all_are_used_or_none(database, clock, full):
    """Whichever is full, the other one keeps what it has, and the wait is that of the full one."""
    limits = Limits(database, clock)
    generous = Rate(5, timedelta(minutes=1))
    rates = {"x": generous, "y": generous, full: RATE}
    take_all(limits, full, 3)
    for _ in range(3):
        with pytest.raises(TooManyRequestsError) as caught:
            limits.take_all(*rates.items())
        assert caught.value.retry_after == timedelta(seconds=200)
    clock.advance(caught.value.retry_after)
    limits.take_all(*rates.items())

    with pytest.raises(TooManyRequestsError):
        limits.take(full, RATE)
    other = "y" if full == "x" else "x"
    for _ in range(4):
        limits.take(other, generous)
    with pytest.raises(TooManyRequestsError):
        limits.take(other, generous)


def test_purge_keeps_what_still_counts(database, clock):
    """Rows that say nothing are deleted, the others are not."""
    limits = Limits(database, clock)
    take_all(limits, "x", 3)
    clock.advance(timedelta(minutes=1))
    assert limits.purge() == 0
    clock.advance(timedelta(hours=1))

    assert limits.purge() == 1
