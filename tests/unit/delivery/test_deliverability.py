"""When a service is demoted that takes texts and does not deliver them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.delivery.deliverability import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Count,
    Evidence,
    has_recovered,
    is_failing,
    next_pause,
    words,
)

GOOD_DAY = Count(1000, 980, 940)
NOTHING = Count()


def _now(accepted: int, delivered: int, before: Count = GOOD_DAY, others: Count = NOTHING) -> Evidence:
    return Evidence([Count(accepted, delivered, delivered)], before, others)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        pytest.param(_now(10, 0), True, id="nothing arrives any more"),
        pytest.param(_now(9, 0), False, id="too few to tell"),
        pytest.param(_now(20, 10), False, id="half of what is usual"),
        pytest.param(_now(20, 8), True, id="less than half of what is usual"),
        pytest.param(_now(10, 2, Count(1000, 700, 600)), False, id="chance could do that"),
        pytest.param(_now(40, 2, Count(1000, 700, 600)), True, id="chance could not do that"),
        pytest.param(_now(20, 0, others=Count(50, 50, 48)), True, id="others do better"),
        pytest.param(_now(20, 0, others=Count(50, 5, 2)), False, id="others do no better"),
        pytest.param(_now(20, 0, before=NOTHING, others=Count(50, 50, 48)), False, id="it has never reported"),
        pytest.param(_now(20, 1, before=NOTHING, others=Count(50, 50, 48)), True, id="new, and worse than others"),
        pytest.param(_now(20, 0, before=Count(1000, 0, 0)), False, id="it does not report at all"),
        pytest.param(_now(20, 0, before=Count(1000, 300, 200)), False, id="it has always been poor"),
    ],
)
def test_who_is_demoted(evidence, expected):
    """F-35: seen soon, and not seen where nothing is."""
    assert expected is is_failing(evidence)


def test_what_has_changed_shows_although_there_was_more_before():
    """Two bad minutes after a good quarter of an hour."""
    minutes = [Count(6, 0, 0), Count(6, 0, 0), *[Count(6, 6, 6)] * 13]

    assert is_failing(Evidence(minutes, GOOD_DAY, NOTHING))


@given(st.integers(10, 400), st.integers(0, 100), st.integers(30, 100))
def test_as_good_as_ever_is_never_demoted(accepted, reported, percent):
    """Whatever the numbers are."""
    delivered = -(-accepted * percent // 100)
    evidence = Evidence([Count(accepted, reported, delivered)], Count(100, 100, percent), NOTHING)

    assert not is_failing(evidence)


def test_texts_that_arrive_again_promote():
    """Before the time is over."""
    assert has_recovered(_now(12, 11))
    assert not has_recovered(_now(12, 5))
    assert not has_recovered(_now(5, 5))


def test_the_reason_is_told():
    """The administrator sees numbers."""
    assert "2 of 14 texts to DE arrived; 94% the day before; 96% through others" == words(
        "DE", _now(14, 2, others=Count(50, 50, 48))
    )


def test_each_demotion_that_follows_is_longer():
    """Up to a bound."""
    pause, pauses = timedelta(0), []
    for _ in range(7):
        pause = next_pause(pause)
        pauses.append(pause)

    assert [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4] == pauses[:3]
    assert LONGEST_PAUSE == pauses[-1]
