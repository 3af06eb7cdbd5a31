"""The dashboard: how logins and texts have been doing, from what `authsms.administration.traffic` has counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import Table, func, select

from authsms.administration.actors import Actor
from authsms.administration.messages_advice import advice_on
from authsms.administration.models import LogonTraffic, MessageTraffic, TrafficHour
from authsms.administration.rights import Right
from authsms.administration.traffic import HOUR, hour_of
from authsms.audit import AuditTag
from authsms.delivery.states import MessageState
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.senders.service import SenderPolicyService
from authsms.senders.submission import Purpose

_LOGONS: Final = cast("Table", LogonTraffic.__table__).c
_MESSAGES: Final = cast("Table", MessageTraffic.__table__).c
_HOURS: Final = cast("Table", TrafficHour.__table__).c
_MOST_REASONS: Final = 12


class Period(StrEnum):
    """How far back one can look."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def step(self) -> timedelta:
        """Length of a slot."""
        return {Period.DAY: HOUR, Period.WEEK: 6 * HOUR, Period.MONTH: 24 * HOUR}[self]

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


_FATES: Final[Mapping[MessageState, Fate]] = {
    MessageState.QUEUED: Fate.WAITING,
    MessageState.ATTEMPTING: Fate.WAITING,
    MessageState.ACCEPTED: Fate.TAKEN,
    MessageState.UNKNOWN: Fate.TAKEN,
    MessageState.DELIVERED: Fate.DELIVERED,
    MessageState.FAILED: Fate.LOST,
    MessageState.STALE: Fate.UNSENT,
    MessageState.WITHHELD: Fate.UNSENT,
}


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


class Dashboard:
    """Reads the counts."""

    def __init__(self, database: Database, clock: Clock, senders: SenderPolicyService) -> None:
        self._database = database
        self._clock = clock
        self._senders = senders

    def report(self, actor: Actor, period: Period) -> Report:
        """Return how the last *period* was.

        Raises:
            ForbiddenError: The actor may not see the dashboard.
        """
        actor.require(Right.DASHBOARD_SEE)
        slots = _empty_slots(period, self._clock.now())
        first = slots[0].start
        with self._database.read() as session:
            logons = session.execute(_LOGONS_BY_HOUR.where(_LOGONS.hour >= first)).all()
            messages = session.execute(_MESSAGES_BY_HOUR.where(_MESSAGES.hour >= first)).all()
            routes = session.execute(_ROUTES.where(_MESSAGES.hour >= first)).all()
            reasons = session.execute(_REASONS.where(_MESSAGES.hour >= first)).all()
            counted = session.execute(
                select(func.max(_HOURS.counted_at), func.min(_HOURS.hour)).where(_HOURS.hour >= first)
            ).one()
        _fill_logons(slots, period, logons)
        _fill_messages(slots, period, messages)
        policy = self._senders.policy()
        return Report(
            period,
            slots,
            _routes(routes),
            [self._reason(row) for row in reasons],
            counted[0],
            counted[1],
            policy.segment_price,
            policy.currency,
        )

    def _reason(self, row: Any) -> Reason:
        state, word, service, code, times = row
        advice = advice_on(self._senders, service, code) if code else ""
        return Reason(MessageState(state), word, service, code, times, advice)


_LOGONS_BY_HOUR: Final = select(_LOGONS.hour, _LOGONS.tag, _LOGONS.times)
_SUM: Final = func.sum(_MESSAGES.messages)
_BY_FATE: Final = (_MESSAGES.hour, _MESSAGES.state, _MESSAGES.purpose, _MESSAGES.is_taken, _MESSAGES.is_used)
_MESSAGES_BY_HOUR: Final = select(*_BY_FATE, _SUM, func.sum(_MESSAGES.segments)).group_by(*_BY_FATE)
_BY_ROUTE: Final = (
    _MESSAGES.service,
    _MESSAGES.country,
    _MESSAGES.state,
    _MESSAGES.purpose,
    _MESSAGES.is_used,
    _MESSAGES.lag,
)
_ROUTES: Final = select(*_BY_ROUTE, _SUM).where(_MESSAGES.is_taken).group_by(*_BY_ROUTE)
_BY_REASON: Final = (_MESSAGES.state, _MESSAGES.failure, _MESSAGES.service, _MESSAGES.code)
_REASONS: Final = (
    select(*_BY_REASON, _SUM)
    .where(_MESSAGES.failure != "")
    .group_by(*_BY_REASON)
    .order_by(_SUM.desc(), *_BY_REASON)
    .limit(_MOST_REASONS)
)


def _empty_slots(period: Period, now: datetime) -> list[Slot]:
    """Return the slots up to the present one; those of several hours begin at midnight or at parts of the day."""
    hour = hour_of(now)
    last = hour - HOUR * (hour.hour % (period.step // HOUR))
    return [Slot(last - period.step * back) for back in reversed(range(period.slots))]


def _slot_of(slots: Sequence[Slot], period: Period, hour: datetime) -> Slot:
    return slots[min((hour - slots[0].start) // period.step, len(slots) - 1)]


def _fill_logons(slots: Sequence[Slot], period: Period, rows: Iterable[Any]) -> None:
    for hour, tag, times in rows:
        slot = _slot_of(slots, period, hour)
        match AuditTag(tag):
            case AuditTag.LOGON_STARTED:
                slot.started += times
            case AuditTag.LOGON_FINISHED:
                slot.finished += times
            case AuditTag.LOGON_LIMITED:
                slot.limited += times
            case _:
                slot.refused += times


def _fill_messages(slots: Sequence[Slot], period: Period, rows: Iterable[Any]) -> None:
    for hour, state, purpose, is_taken, is_used, messages, segments in rows:
        slot = _slot_of(slots, period, hour)
        slot.fates[_FATES[MessageState(state)]] += messages
        slot.segments += segments if is_taken else 0
        if purpose == Purpose.AUTHENTICATION.value and is_taken:
            slot.codes += messages
            slot.used += messages if is_used else 0


def _routes(rows: Iterable[Any]) -> list[Route]:
    routes: dict[tuple[str, str], Route] = {}
    for service, country, state, purpose, is_used, lag, messages in rows:
        route = routes.setdefault((service, country), Route(service, country))
        route.taken += messages
        route.delivered += messages if state == MessageState.DELIVERED.value else 0
        route.lost += messages if state == MessageState.FAILED.value else 0
        if purpose == Purpose.AUTHENTICATION.value:
            route.codes += messages
            route.used += messages if is_used else 0
        if lag:
            route.lags[lag] += messages
    return sorted(routes.values(), key=lambda route: (-route.taken, route.service, route.country))
