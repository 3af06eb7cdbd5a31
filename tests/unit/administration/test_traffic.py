"""Which hours are counted again, and what becomes of the counts."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from authsms.administration.figures import reached
from authsms.administration.traffic import HOUR, hour_of, is_due

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_an_hour_is_counted_while_it_lasts():
    """Every time anybody looks."""
    assert is_due(NINE, None, NINE)
    assert is_due(NINE, NINE + 20 * MINUTE, NINE + 20 * MINUTE)


def test_an_hour_that_is_over_is_counted_ever_more_rarely():
    """Receipts arrive late, and rarely a day late."""
    end = NINE + HOUR

    assert is_due(NINE, end, end + MINUTE)
    assert not is_due(NINE, end + 80 * MINUTE, end + 81 * MINUTE)
    assert is_due(NINE, end + 70 * MINUTE, end + 80 * MINUTE)


def test_a_day_of_looking_twice_a_minute_counts_an_hour_some_dozens_of_times():
    """Once it is over; otherwise a busy server would do little else."""
    counted_at, now, times = NINE + HOUR, NINE + HOUR, 0
    while now < NINE + 24 * HOUR:
        now += MINUTE / 2
        if is_due(NINE, counted_at, now):
            counted_at, times = now, times + 1

    assert 40 < times < 80


def test_a_moment_belongs_to_its_hour():
    assert hour_of(NINE + 59 * MINUTE) == NINE


def test_times_are_told_as_the_lag_that_enough_have_reached():
    lags = Counter({2: 50, 5: 45, 60: 5})

    assert (2, 5, 60) == (reached(lags, 0.5), reached(lags, 0.95), reached(lags, 0.96))
    assert reached(Counter(), 0.5) is None
