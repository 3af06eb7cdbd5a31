"""The dashboard: how logins and texts have been doing, from what `authsms.administration.traffic` has counted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table, func, select

from authsms.administration.actors import Actor
from authsms.administration.figures import Fate, Period, Reason, Report, Route, Slot
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
