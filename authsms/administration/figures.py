"""What the dashboard shows: slots of time, routes, reasons, and the whole; values and their sums, nothing else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from authsms.delivery.states import MessageState

_HOUR: Final = timedelta(hours=1)


class Period(StrEnum):
    """How far back one can look."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def step(self) -> timedelta:
        """Length of a slot."""
        return {Period.DAY: _HOUR, Period.WEEK: 6 * _HOUR, Period.MONTH: 24 * _HOUR}[self]

    @property
    def slots(self) -> int:
        """How many there are."""
        return {Period.DAY: 24, Period.WEEK: 28, Period.MONTH: 30}[self]


class Fate(StrEnum):
    """What became of a message, as far as one can tell by now."""

    DELIVERED = "delivered"
    TAKEN = "taken"
    WAITING = "waiting"
    LOST = "lost"
    UNSENT = "unsent"


@dataclass(slots=True)
class Slot:
    """What was counted from *start* on, for one step of the period.

    Attributes:
        started: Logins that were begun.
        finished: Logins that were walked to their end.
        refused: Wrong passwords and codes.
        limited: Tries that a limit has stopped.
        fates: Messages by what became of them.
        codes: Codes for logins that a provider took.
        used: Those of them that were typed and were right.
        segments: What providers took, in segments.
    """

    start: datetime
    started: int = 0
    finished: int = 0
    refused: int = 0
    limited: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)
    codes: int = 0
    used: int = 0
    segments: int = 0


@dataclass(slots=True)
class Route:
    """What a service did for a country.

    Attributes:
        country: ISO 3166, ``ZZ`` for none; empty for messages from before it was kept.
        taken: Messages that the service took.
        delivered: Those of them that have reached a phone.
        lost: Those of them that were reported as not delivered.
        codes: Codes for logins among the taken messages.
        used: Those of the codes that were typed and were right.
        lags: Delivered messages by the time that took; see `traffic.LAGS`.
    """

    service: str
    country: str
    taken: int = 0
    delivered: int = 0
    lost: int = 0
    codes: int = 0
    used: int = 0
    lags: Counter[int] = field(default_factory=Counter)

    def seconds(self, share: float) -> int | None:
        """Return within how many seconds that *share* of the delivered messages was there, rounded up as counted."""
        return reached(self.lags, share)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why messages did not go out or did not arrive.

    Attributes:
        word: A `Failure` or `Withheld` word.
        code: The provider's code, or empty.
        advice: What to do about that code, or empty.
    """

    state: MessageState
    word: str
    service: str
    code: str
    times: int
    advice: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the dashboard shows.

    Attributes:
        slots: Oldest first; the last one is not over.
        routes: The busiest first.
        reasons: The most frequent first.
        counted_at: When the newest hour was counted; None when nothing ever was.
        counted_from: The first hour of the period that was counted at all.
        price: What a segment is said to cost, or None.
    """

    period: Period
    slots: Sequence[Slot]
    routes: Sequence[Route]
    reasons: Sequence[Reason]
    counted_at: datetime | None
    counted_from: datetime | None
    price: Decimal | None
    currency: str

    def total(self, name: str) -> int:
        """Return the sum of the attribute *name* over all slots."""
        return sum(getattr(slot, name) for slot in self.slots)

    @property
    def fates(self) -> Counter[Fate]:
        """All messages by what became of them."""
        return sum((slot.fates for slot in self.slots), Counter())

    @property
    def lags(self) -> Counter[int]:
        """Delivered messages by the time that took."""
        return sum((route.lags for route in self.routes), Counter())

    @property
    def spent(self) -> Decimal | None:
        """What all segments cost by the price of one; None without a price."""
        return None if self.price is None else self.price * self.total("segments")


def reached(lags: Mapping[int, int], share: float) -> int | None:
    """Return the lag within which *share* of the counted ones lie; None when there are none."""
    wanted, seen = sum(lags.values()) * share, 0
    for lag in sorted(lags):
        seen += lags[lag]
        if seen >= wanted:
            return lag
    return None
