"""Caps on what is sent: whom they concern, how much of them is left for whom, and when they begin anew; the rules only.

A cap counts in windows of the clock, in UTC: from 14:00 to 15:00, or from midnight to midnight. That lets up to twice
its amount through in an hour that straddles two windows, and in turn everybody can say what a cap has seen and when it
begins anew. A part of a cap is kept for people whose first factor has passed: whoever makes this server send texts
without having proven anything uses up the rest, and people who log in with a password do not notice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import Final

from authsms.foundation.errors import InvalidInputError
from authsms.senders.submission import Purpose

SCALE: Final = 10_000
"""Costs are counted in whole ten-thousandths of the policy's currency, so that sums are exact."""

ENDLESS: Final = 2**62
_MOST: Final = 10**12
_HUNDRED: Final = 100


class CapScope(StrEnum):
    """What a cap adds up."""

    ALL = "all"
    SERVICE = "service"
    COUNTRY = "country"
    PURPOSE = "purpose"


class Period(StrEnum):
    """How long a window is."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Expense:
    """A text as caps see it.

    Attributes:
        country: ISO 3166, ``ZZ`` for none.
        cost: Estimate in ten-thousandths, 0 without a price.
        is_proven: The recipient's first factor has passed.
        service: Who is to carry it; empty as long as that is open.
    """

    purpose: Purpose
    country: str
    cost: int = 0
    is_proven: bool = False
    service: str = ""


@dataclass(frozen=True, slots=True)
class Cap:
    """How much may be sent in one window.

    Attributes:
        id: Its id; empty before it is saved.
        name: Which service, country or purpose; empty for all.
        most_texts: Texts at most, or None.
        most_cost: Estimated cost at most, in ten-thousandths, or None.
        reserve_percent: The part that only texts of people use up whose first factor has passed.
        alarm_percent: From which part on it raises an alarm.
        is_brake: Texts beyond it are not sent; else it only raises alarms.
    """

    id: str
    scope: CapScope
    name: str
    period: Period
    most_texts: int | None = None
    most_cost: int | None = None
    reserve_percent: int = 0
    alarm_percent: int = 80
    is_brake: bool = True

    def concerns(self, expense: Expense) -> bool:
        """Tell whether *expense* counts, as far as it is known: a text without a service is no service's yet."""
        match self.scope:
            case CapScope.ALL:
                return not expense.service
            case CapScope.SERVICE:
                return self.name == expense.service
            case CapScope.COUNTRY:
                return not expense.service and self.name == expense.country
            case CapScope.PURPOSE:
                return not expense.service and self.name == expense.purpose.value

    def room(self, *, is_proven: bool) -> tuple[int, int]:
        """Return how many texts, and how much cost, may have been used up after one more text."""
        if not self.is_brake:
            return ENDLESS, ENDLESS
        part = _HUNDRED if is_proven else _HUNDRED - self.reserve_percent
        return _part(self.most_texts, part), _part(self.most_cost, part)

    def window(self, now: datetime) -> datetime:
        """Return when the window began that *now* lies in."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        return hour if self.period is Period.HOUR else hour.replace(hour=0)

    def ends_at(self, now: datetime) -> datetime:
        """Return when the next window begins."""
        return self.window(now) + (timedelta(hours=1) if self.period is Period.HOUR else timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a cap has seen in its present window; cost in ten-thousandths."""

    cap: Cap
    texts: int
    cost: int
    ends_at: datetime

    @property
    def percent(self) -> int:
        """How much of it is used up, rounded down; over 100 where it is no brake."""
        parts = [
            used * _HUNDRED // most
            for used, most in ((self.texts, self.cap.most_texts), (self.cost, self.cap.most_cost))
            if most
        ]
        return max(parts, default=0)

    @property
    def is_alarming(self) -> bool:
        """Whether somebody should look at it."""
        return self.percent >= self.cap.alarm_percent

    @property
    def is_reached(self) -> bool:
        """Whether nothing, or only what the reserve is for, is left."""
        texts, cost = self.cap.most_texts, self.cap.most_cost
        left = _HUNDRED - self.cap.reserve_percent
        return (texts is not None and self.texts >= _part(texts, left)) or (
            cost is not None and self.cost >= _part(cost, left)
        )


def check(cap: Cap) -> None:
    """Check what an administrator wants.

    Raises:
        InvalidInputError: It makes no sense; `field` names what is wrong.
    """
    if cap.most_texts is None and cap.most_cost is None:
        raise InvalidInputError("Say how many texts, or how much money.", field="most_texts")
    for field, most in (("most_texts", cap.most_texts), ("most_cost", cap.most_cost)):
        if most is not None and not 0 < most <= _MOST:
            raise InvalidInputError("Write a number above zero.", field=field)
    if (cap.scope is CapScope.ALL) is bool(cap.name):
        raise InvalidInputError("Say which service, country or purpose.", field="name")
    if not 0 <= cap.reserve_percent < _HUNDRED:
        raise InvalidInputError("0 to 99 percent can be kept.", field="reserve_percent")
    if not 1 <= cap.alarm_percent <= _HUNDRED:
        raise InvalidInputError("An alarm comes at 1 to 100 percent.", field="alarm_percent")


def scaled(amount: Decimal) -> int:
    """Return an amount of money in ten-thousandths, rounded up: an estimate must not come out as nothing."""
    return ceil(amount * SCALE)


def _part(most: int | None, percent: int) -> int:
    return ENDLESS if most is None else most * percent // _HUNDRED
