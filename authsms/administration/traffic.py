"""Counts logins and messages by the hour, so that a look back over a month reads some thousand rows, not a million.

Counting is a periodic task and costs a login nothing. An hour is counted again and again while it lasts and, ever more
rarely, for the best part of a day after it, because receipts arrive late; then codes are deleted, and with them the
knowledge whether they were used. Each count replaces the one before, so that it does no harm to count twice. Days that
are only looked at as a whole any more become one hour, their first.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Select, Table, and_, case, delete, func, select

from authsms.administration.models import LogonTraffic, MessageTraffic, TrafficHour
from authsms.audit import AuditRecord, AuditTag
from authsms.delivery.durations import SecondsBetween
from authsms.delivery.models import Message
from authsms.delivery.states import MessageState
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.otp.challenge import ChallengeState
from authsms.otp.models import CHALLENGE

HOUR: Final = timedelta(hours=1)
LAGS: Final = (1, 2, 3, 5, 8, 12, 20, 30, 60, 120, 300, 600)
"""Seconds from queueing to the report of delivery are kept as the first of these that is not less."""

LONGER: Final = 32_767
"""Stands for more seconds than the last of `LAGS`; 0 stands for no report of delivery."""

COUNTED_TAGS: Final = (
    AuditTag.LOGON_STARTED,
    AuditTag.LOGON_FINISHED,
    AuditTag.LOGON_METHOD_FAILED,
    AuditTag.LOGON_SUSPICIOUS,
    AuditTag.LOGON_LIMITED,
)
_HOURS_BACK: Final = 23
"""Codes are kept for a day after their end; an hour that is counted after that would look as if none was used."""

_REFERENCE: Final = "challenge:"
_RARER: Final = 8
_HOURLY: Final = timedelta(days=8)
"""How long hours are looked at by themselves."""

_KEPT: Final = timedelta(days=93)
_message = cast("Table", Message.__table__).c
_audit = cast("Table", AuditRecord.__table__).c
_HOURS: Final = cast("Table", TrafficHour.__table__)
_LOGONS: Final = cast("Table", LogonTraffic.__table__)
_MESSAGES: Final = cast("Table", MessageTraffic.__table__)


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of the hour that *moment* lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def is_due(hour: datetime, counted_at: datetime | None, now: datetime) -> bool:
    """Tell whether an hour is to be counted: always while it lasts, and after that when it has aged by an eighth."""
    if counted_at is None:
        return True
    return (now - counted_at) * _RARER >= now - (hour + HOUR)


class Traffic:
    """Counts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def count(self) -> int:
        """Count the hours that are due, newest first; return how many."""
        now = self._clock.now()
        hours = [hour_of(now) - HOUR * back for back in range(_HOURS_BACK)]
        with self._database.read() as session:
            known = session.execute(select(_HOURS.c.hour, _HOURS.c.counted_at).where(_HOURS.c.hour >= hours[-1])).all()
        counted = {row.hour: row.counted_at for row in known}
        due = [hour for hour in hours if is_due(hour, counted.get(hour), now)]
        for hour in due:
            self._count(hour)
        return len(due)

    def tidy(self) -> int:
        """Put the hours of old days together and delete days of long ago; return how many of either."""
        midnight = hour_of(self._clock.now()).replace(hour=0)
        with self._database.read() as session:
            hours = session.scalars(select(TrafficHour.hour).where(TrafficHour.hour < midnight - _HOURLY)).all()
        days = {hour.replace(hour=0) for hour in hours if hour.hour}
        for day in sorted(days):
            self._condense(day)
        gone = midnight - _KEPT
        with self._database.write() as session:
            for table in (_LOGONS, _MESSAGES, _HOURS):
                deleted = rowcount(session.execute(delete(table).where(table.c.hour < gone)))
        return len(days) + deleted

    def _condense(self, day: datetime) -> None:
        with self._database.write() as session:
            for table, together in _TOGETHER:
                within = and_(table.c.hour >= day, table.c.hour < day + 24 * HOUR)
                rows = _rows(session.execute(together.where(within)).all(), table, day)
                session.execute(delete(table).where(within))
                if rows:
                    session.execute(table.insert(), rows)

    def _count(self, hour: datetime) -> None:
        counted_at = self._clock.now()
        with self._database.read() as session:
            logons = _rows(session.execute(_logons_of(hour)).all(), _LOGONS, hour)
            messages = _rows(session.execute(_messages_of(hour)).all(), _MESSAGES, hour)
        with self._database.write() as session:
            for table, rows in ((_LOGONS, logons), (_MESSAGES, messages)):
                session.execute(delete(table).where(table.c.hour == hour))
                if rows:
                    session.execute(table.insert(), rows)
            mark = self._database.insert(_HOURS).values(hour=hour, counted_at=counted_at)
            session.execute(mark.on_conflict_do_update(index_elements=["hour"], set_={"counted_at": counted_at}))


_SAME: Final = tuple(_MESSAGES.columns)[1:-2]
_TOGETHER: Final[Sequence[tuple[Table, Select[Any]]]] = (
    (_LOGONS, select(_LOGONS.c.tag, func.sum(_LOGONS.c.times)).group_by(_LOGONS.c.tag)),
    (
        _MESSAGES,
        select(*_SAME, func.sum(_MESSAGES.c.messages), func.sum(_MESSAGES.c.segments)).group_by(*_SAME),
    ),
    (_HOURS, select(func.max(_HOURS.c.counted_at))),
)
"""How several hours become one, by table: everything but the hour."""


def _rows(found: Sequence[Any], table: Table, hour: datetime) -> list[dict[str, Any]]:
    """Return *found* as rows of *table*, whose first column is the hour."""
    names = [column.name for column in table.columns][1:]
    return [{"hour": hour, **dict(zip(names, row, strict=True))} for row in found]


def _logons_of(hour: datetime) -> Select[Any]:
    within = (_audit.at >= hour, _audit.at < hour + HOUR)
    tags = [tag.value for tag in COUNTED_TAGS]
    return select(_audit.tag, func.count()).where(*within, _audit.tag.in_(tags)).group_by(_audit.tag)


def _messages_of(hour: datetime) -> Select[Any]:
    """Return the statement whose columns are those of `MessageTraffic` without the hour, in their order."""
    is_its_code = CHALLENGE.c.id == func.substr(_message.reference, len(_REFERENCE) + 1)
    is_used = and_(is_its_code, CHALLENGE.c.state == ChallengeState.CONSUMED.value)
    has_failed = _message.state == MessageState.FAILED.value
    each = (
        select(
            _message.purpose,
            _message.service,
            _message.country,
            _message.state,
            _message.failure,
            case((has_failed, _message.code), else_="").label("code"),
            _message.accepted_at.is_not(None).label("is_taken"),
            CHALLENGE.c.id.is_not(None).label("is_used"),
            _lag().label("lag"),
            func.coalesce(_message.segments, 1).label("segments"),
        )
        .select_from(_message.id.table.outerjoin(CHALLENGE, is_used))
        .where(_message.created_at >= hour, _message.created_at < hour + HOUR)
        .subquery()
    )
    *common, segments = each.c
    return select(*common, func.count(), func.sum(segments)).group_by(*common)


def _lag() -> ColumnElement[int]:
    seconds = SecondsBetween(_message.created_at, _message.finished_at)
    steps = [(seconds <= lag, lag) for lag in LAGS]
    return case((_message.state != MessageState.DELIVERED.value, 0), *steps, else_=LONGER)
