"""Services that take texts and do not deliver them go to the end of the order by themselves, and come back.

Once a minute one process counts what has become of the texts of a minute a little while ago, compares, and writes down
who is demoted where. A demotion ends when its time is over, or earlier when the texts that the service still carries
arrive; a service that fails again right after is demoted for twice as long.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, case, delete, exists, func, select, update

from authsms.delivery.condition_models import DeliveryTally, DemotionRecord
from authsms.delivery.conditions import Conditions
from authsms.delivery.deliverability import Count, Evidence, has_recovered, is_failing, next_pause, words
from authsms.delivery.models import Message, ReceiptRecord
from authsms.delivery.states import MessageState
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.logs import get_logger

SLOT: Final = timedelta(minutes=1)
PATIENCE: Final = timedelta(minutes=1)
"""How long after a minute its texts are counted; what arrives later does not count as delivered, now or before."""

_PRESENT: Final = timedelta(minutes=15)
_BEFORE: Final = timedelta(days=1)
_KEPT: Final = timedelta(days=2)
_MOST_SLOTS: Final = 60
_NOBODY: Final = ""
"""Stands for all services in the row that says that a minute has been counted."""

_TALLIES: Final = cast("Table", DeliveryTally.__table__)
_T: Final = _TALLIES.c
_DEMOTIONS: Final = cast("Table", DemotionRecord.__table__)
_D: Final = _DEMOTIONS.c
_M: Final = cast("Table", Message.__table__).c
_R: Final = cast("Table", ReceiptRecord.__table__).c
_log = get_logger(__name__)


@dataclass
class _Known:
    """What is known about one service in one country."""

    slots: dict[datetime, Count] = field(default_factory=dict)
    before: Count = field(default_factory=Count)

    def evidence(self, since: datetime, others: Count) -> Evidence:
        newest = [count for slot, count in sorted(self.slots.items(), reverse=True) if slot >= since]
        return Evidence(newest, self.before, others)


class Demotions:
    """Counts deliveries, demotes and promotes."""

    def __init__(self, database: Database, clock: Clock, conditions: Conditions) -> None:
        self._database = database
        self._clock = clock
        self._conditions = conditions

    def look(self) -> None:
        """Count the minutes that have not been counted, and judge; one process at a time does this."""
        now = self._clock.now()
        self._count(now)
        if self._judge(now):
            self._conditions.look_again()

    def _count(self, now: datetime) -> None:
        latest = (now - PATIENCE).replace(second=0, microsecond=0) - SLOT
        with self._database.read() as session:
            newest = session.execute(select(func.max(_T.slot)).where(_T.service == _NOBODY)).scalar_one()
        start = max(newest + SLOT, latest - _MOST_SLOTS * SLOT) if newest else latest
        while start <= latest:
            self._count_slot(start)
            start += SLOT
        with self._database.write() as session:
            session.execute(delete(_TALLIES).where(_T.slot < now - _KEPT))

    def _count_slot(self, slot: datetime) -> None:
        reported = exists().where(_R.message_id == _M.id)
        query = (
            select(
                _M.service,
                _M.country,
                func.count().label("accepted"),
                func.sum(case((reported, 1), else_=0)).label("reported"),
                func.sum(case((_M.state == MessageState.DELIVERED.value, 1), else_=0)).label("delivered"),
            )
            .where(_M.created_at >= slot, _M.created_at < slot + SLOT, _M.accepted_at.is_not(None))
            .group_by(_M.service, _M.country)
        )
        with self._database.read() as session:
            rows = [{"slot": slot, **row._mapping} for row in session.execute(query)]  # noqa: SLF001 - its public name
        rows.append({"slot": slot, "service": _NOBODY, "country": "", "accepted": 0, "reported": 0, "delivered": 0})
        with self._database.write() as session:
            session.execute(self._database.insert(_TALLIES).values(rows).on_conflict_do_nothing())

    def _judge(self, now: datetime) -> bool:
        """Demote and promote; return whether anything has changed."""
        known = self._known(now)
        with self._database.read() as session:
            demotions = {(row.service, row.country): row for row in session.execute(select(*_D))}
        changes = [self._judge_one(key, known, demotions.get(key), now) for key in {*known, *demotions}]
        return any(changes)

    def _judge_one(
        self, key: tuple[str, str], known: Mapping[tuple[str, str], _Known], row: Any, now: datetime
    ) -> bool:
        since = now - _PRESENT
        others = _others(key, known, since)
        if row is None or not row.is_active:
            # Texts of the time of a demotion say nothing about the time after it.
            evidence = known.get(key, _Known()).evidence(max(since, row.until) if row else since, others)
            if not is_failing(evidence):
                return False
            self._demote(key, row, words(key[1], evidence), now)
            return True
        evidence = known.get(key, _Known()).evidence(max(since, row.demoted_at), others)
        if row.until <= now or has_recovered(evidence):
            self._promote(key, now)
            return True
        return False

    def _known(self, now: datetime) -> Mapping[tuple[str, str], _Known]:
        since = now - _PRESENT
        counts = (_T.accepted, _T.reported, _T.delivered)
        known: defaultdict[tuple[str, str], _Known] = defaultdict(_Known)
        present = select(_T.slot, _T.service, _T.country, *counts).where(_T.slot >= since, _T.service != _NOBODY)
        past = (
            select(_T.service, _T.country, *(func.sum(count) for count in counts))
            .where(_T.slot >= now - _BEFORE, _T.slot < since, _T.service != _NOBODY)
            .group_by(_T.service, _T.country)
        )
        with self._database.read() as session:
            for slot, service, country, *numbers in session.execute(present):
                known[service, country].slots[slot] = Count(*numbers)
            for service, country, *numbers in session.execute(past):
                known[service, country].before = Count(*(int(number) for number in numbers))
        return known

    def _demote(self, key: tuple[str, str], row: Any, reason: str, now: datetime) -> None:
        service, country = key
        is_soon = row is not None and now - row.until < timedelta(seconds=row.pause_seconds)
        pause = next_pause(timedelta(seconds=row.pause_seconds) if is_soon else timedelta(0))
        values = {
            "demoted_at": now,
            "until": now + pause,
            "pause_seconds": pause.total_seconds(),
            "is_active": True,
            "reason": reason,
        }
        new = self._database.insert(_DEMOTIONS).values(service=service, country=country, **values)
        with self._database.write() as session:
            session.execute(new.on_conflict_do_update(index_elements=[_D.service, _D.country], set_=values))
        _log.warning("service.demoted", service=service, country=country, reason=reason)

    def _promote(self, key: tuple[str, str], now: datetime) -> None:
        service, country = key
        promoting = update(_DEMOTIONS).where(_D.service == service, _D.country == country)
        with self._database.write() as session:
            session.execute(promoting.values(is_active=False, until=now))
        _log.info("service.promoted", service=service, country=country)


def _others(key: tuple[str, str], known: Mapping[tuple[str, str], _Known], since: datetime) -> Count:
    total = Count()
    for (service, country), one in known.items():
        if country == key[1] and service != key[0]:
            total = sum((count for slot, count in one.slots.items() if slot >= since), total)
    return total
