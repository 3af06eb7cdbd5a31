"""Whom a cap concerns, how much of it is left, and when it begins anew."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsms.delivery.caps import ENDLESS, Cap, CapScope, Expense, Period, Standing, check, scaled
from authsms.foundation.errors import InvalidInputError
from authsms.senders.submission import Purpose

NOW = datetime(2026, 3, 4, 14, 25, 36, tzinfo=UTC)
LOGIN = Expense(Purpose.AUTHENTICATION, "DE", 750)
CAP = Cap("id", CapScope.ALL, "", Period.HOUR, most_texts=100)


@pytest.mark.parametrize(
    ("scope", "name", "is_queued", "is_begun"),
    [
        (CapScope.ALL, "", True, False),
        (CapScope.COUNTRY, "DE", True, False),
        (CapScope.COUNTRY, "FR", False, False),
        (CapScope.PURPOSE, "authentication", True, False),
        (CapScope.PURPOSE, "offer", False, False),
        (CapScope.SERVICE, "main", False, True),
        (CapScope.SERVICE, "other", False, False),
    ],
)
def test_a_text_is_counted_once_by_each_cap(scope, name, is_queued, is_begun):
    """When it is queued, or when its attempt begins; never at both."""
    cap = Cap("id", scope, name, Period.HOUR, most_texts=1)
    through = Expense(LOGIN.purpose, LOGIN.country, LOGIN.cost, service="main")

    assert (is_queued, is_begun) == (cap.concerns(LOGIN), cap.concerns(through))


@given(st.integers(1, 10**9), st.integers(0, 99))
def test_what_is_kept_is_kept(most, percent):
    """Strangers never reach what is kept for people whose first factor has passed, and those may use all of it."""
    cap = Cap("id", CapScope.ALL, "", Period.DAY, most_texts=most, reserve_percent=percent)
    strangers, proven = cap.room(is_proven=False)[0], cap.room(is_proven=True)[0]

    assert proven == most
    assert strangers * 100 <= most * (100 - percent)
    assert (ENDLESS, ENDLESS) == Cap("id", CapScope.ALL, "", Period.DAY, most, is_brake=False).room(is_proven=False)


def test_windows_follow_the_clock():
    """Everybody can say when a cap begins anew."""
    day = Cap("id", CapScope.ALL, "", Period.DAY, most_texts=1)

    assert (NOW.replace(minute=0, second=0), NOW.replace(hour=15, minute=0, second=0)) == (
        CAP.window(NOW),
        CAP.ends_at(NOW),
    )
    assert day.ends_at(NOW) - day.window(NOW) == timedelta(days=1)


@pytest.mark.parametrize(
    ("texts", "percent", "is_alarming", "is_reached"), [(79, 79, False, False), (80, 80, True, True)]
)
def test_an_alarm_comes_before_the_end(texts, percent, is_alarming, is_reached):
    """With a fifth kept, strangers find nothing left at four fifths."""
    cap = Cap("id", CapScope.ALL, "", Period.HOUR, most_texts=100, reserve_percent=20)
    standing = Standing(cap, texts, 0, NOW)

    assert (percent, is_alarming, is_reached) == (standing.percent, standing.is_alarming, standing.is_reached)


def test_money_and_texts_count_whichever_is_nearer():
    """Long texts cost more than they count."""
    cap = Cap("id", CapScope.ALL, "", Period.HOUR, most_texts=100, most_cost=scaled(Decimal(10)))

    assert 60 == Standing(cap, 10, scaled(Decimal(6)), NOW).percent


@pytest.mark.parametrize(("amount", "expected"), [("0.0751", 751), ("0.00001", 1), ("12", 120_000)])
def test_costs_are_never_rounded_away(amount, expected):
    """Prices have up to four digits behind the point; what has more must not count as nothing."""
    assert expected == scaled(Decimal(amount))


@pytest.mark.parametrize(
    ("cap", "field"),
    [
        (Cap("", CapScope.ALL, "", Period.HOUR), "most_texts"),
        (Cap("", CapScope.ALL, "", Period.HOUR, most_texts=0), "most_texts"),
        (Cap("", CapScope.ALL, "DE", Period.HOUR, most_texts=1), "name"),
        (Cap("", CapScope.COUNTRY, "", Period.HOUR, most_texts=1), "name"),
        (Cap("", CapScope.ALL, "", Period.HOUR, most_texts=1, reserve_percent=100), "reserve_percent"),
        (Cap("", CapScope.ALL, "", Period.HOUR, most_cost=1, alarm_percent=0), "alarm_percent"),
    ],
)
def test_a_cap_that_makes_no_sense_is_refused(cap, field):
    """The form marks the field."""
    with pytest.raises(InvalidInputError) as caught:
        check(cap)

    assert field == caught.value.field
