"""How delivery is doing: what waits, what goes through, and how long it takes; only read here, nothing is changed.

The names to use, all of them methods of `Throughput`:

- `processes`: the delivery processes, alive or silent → `DeliveryProcess`
- `queue`: what waits and how long, by purpose → `QueueDepth`
- `start`: the moment from which a span of the past can be looked at
- `pace`: how many messages went in and out since a moment → `Pace`; `minutes` is the same minute by minute
- `services`: attempts by their ends, and times from queueing to the provider's answer, by service → `ServicePace`
- `deliveries`: times from queueing to the report of delivery, by service and country → `DeliveryPace`

Nothing is summed up beforehand, because that would cost every message a statement. So what looks back is bounded by a
number of messages as well as by time: `start` says how far back `MOST` messages reach.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, and_, case, func, select

from authsms.delivery.durations import SecondsBetween, SecondsSinceEpoch, Times, times_of
from authsms.delivery.heartbeat import SILENT
from authsms.delivery.models import Attempt, Message, WorkerRecord
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.states import MessageState
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.senders.submission import Purpose

MOST: Final = 20_000
"""Messages that are looked back over at most where times are taken; the newest count."""

_MOST_COUNTED: Final = 60_000
"""The same where messages are only counted: ten minutes of a hundred a second."""

_LOOK_BACK: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_message = cast("Table", Message.__table__).c
_attempt = cast("Table", Attempt.__table__).c
_worker = cast("Table", WorkerRecord.__table__).c
_ANSWERS: Final = frozenset(AttemptEnd) - {AttemptEnd.OWNER_DIED, AttemptEnd.TOO_LATE}


@dataclass(frozen=True, slots=True)
class DeliveryProcess:
    """A delivery process; ``in_hand`` counts the messages that it has claimed."""

    id: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    is_alive: bool
    in_hand: int


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """What is on its way to a provider for one purpose.

    Attributes:
        waiting: Messages in the queue, those included that wait for a further attempt.
        due: How many of them could be handed over now.
        in_hand: Messages that a delivery process has claimed.
        age: How long ago the oldest of all these was written; None when there is none.
        overdue: For how long the longest due one could have been handed over; None when none is due.
    """

    purpose: Purpose
    waiting: int
    due: int
    in_hand: int
    age: timedelta | None
    overdue: timedelta | None


@dataclass(frozen=True, slots=True)
class Pace:
    """What happened to messages between *since* and *until*.

    Attributes:
        queued: Written to the queue.
        handed_over: Accepted by a provider.
        delivered: Reported as delivered.
        failed: Ended as failed, at once or by a later report.
    """

    since: datetime
    until: datetime
    queued: int
    handed_over: int
    delivered: int
    failed: int

    @property
    def handed_over_per_minute(self) -> float:
        """How many messages a provider accepted, each minute on average."""
        return self.handed_over / ((self.until - self.since) / _MINUTE)


@dataclass(frozen=True, slots=True)
class ServicePace:
    """What a sender service did.

    Attributes:
        ends: Attempts by how they ended; ends that did not occur are left out.
        under_way: Attempts that have not ended.
        to_answer: From queueing a message to the provider's answer; None when there was none.
        answering: The provider's share in that: from opening an attempt to the answer.
    """

    service: str
    ends: Mapping[AttemptEnd, int]
    under_way: int
    to_answer: Times | None
    answering: Times | None

    @property
    def attempts(self) -> int:
        """All attempts that were begun."""
        return sum(self.ends.values()) + self.under_way


@dataclass(frozen=True, slots=True)
class DeliveryPace:
    """What became of the messages that a service accepted for a country.

    Attributes:
        country: ISO 3166, or ``ZZ`` for numbers that belong to none; empty for messages from before it was kept.
        handed_over: Accepted by the provider.
        delivered: Of these, reported as delivered.
        undelivered: Of these, reported as failed.
        to_phone: From queueing to the report of delivery; None when nothing was delivered.
    """

    service: str
    country: str
    handed_over: int
    delivered: int
    undelivered: int
    to_phone: Times | None


class Throughput:
    """Looks at the tables of delivery; every method is one short reading transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def processes(self) -> Sequence[DeliveryProcess]:
        """Return the delivery processes of the last day that did not end on purpose, the latest seen first."""
        alive_after = self._clock.now() - SILENT
        in_hand = select(func.count()).where(_message.owner == _worker.id).correlate(_worker.id.table).scalar_subquery()
        query = select(_worker.id, _worker.host, _worker.pid, _worker.started_at, _worker.seen_at, in_hand)
        with self._database.read() as session:
            rows = session.execute(query.order_by(_worker.seen_at.desc(), _worker.id)).all()
        return [DeliveryProcess(*row[:5], is_alive=row.seen_at > alive_after, in_hand=row[5]) for row in rows]

    def queue(self) -> Sequence[QueueDepth]:
        """Return what waits, for every purpose in the order of the queue, also for those of which nothing waits."""
        now = self._clock.now()
        is_due = case((_message.due_at <= now, 1), else_=0)
        waiting = (
            select(
                _message.purpose,
                func.count(),
                func.sum(is_due),
                func.min(_message.created_at),
                func.min(_message.due_at),
            )
            .where(_message.due_at.is_not(None))
            .group_by(_message.purpose)
        )
        claimed = (
            select(_message.purpose, func.count(), func.min(_message.created_at))
            .where(_message.owner.is_not(None))
            .group_by(_message.purpose)
        )
        with self._database.read() as session:
            queued = {row[0]: row for row in session.execute(waiting)}
            owned = {row[0]: row for row in session.execute(claimed)}
        return [_depth(one, queued.get(one.value), owned.get(one.value), now) for one in Purpose]

    def start(self, span: timedelta) -> datetime:
        """Return the moment *span* ago, or a later one if more than `MOST` messages have been written since."""
        return self._start(span, MOST)

    def pace(self, since: datetime) -> Pace:
        """Return how many messages went in and out since then; those written more than a day ago do not count."""
        now = self._clock.now()
        written = self._start(max(_LOOK_BACK, now - since), _MOST_COUNTED)
        counts = (_number(moment >= since, *state) for moment, *state in _STEPS)
        with self._database.read() as session:
            queued, *further = session.execute(select(*counts).where(_message.created_at >= written)).one()
        return Pace(since, now, queued, *further)

    def minutes(self, since: datetime) -> Sequence[Pace]:
        """Return the same for each whole minute since then, oldest first; the last one has not ended yet."""
        now = self._clock.now()
        written = self._start(max(_LOOK_BACK, now - since), _MOST_COUNTED)
        found: list[dict[int, int]] = []
        with self._database.read() as session:
            for moment, *further in _STEPS:
                minute = func.floor(SecondsSinceEpoch(moment) / 60)
                query = select(minute, func.count()).where(
                    _message.created_at >= written, moment >= _whole_minute(since), *further
                )
                found.append({int(key): number for key, number in session.execute(query.group_by(minute))})
        first, last = (int(moment.timestamp() // 60) for moment in (since, now))
        starts = {minute: _whole_minute(since) + (minute - first) * _MINUTE for minute in range(first, last + 1)}
        return [
            Pace(start, start + _MINUTE, *(counts.get(minute, 0) for counts in found))
            for minute, start in starts.items()
        ]

    def services(self, since: datetime) -> Sequence[ServicePace]:
        """Return what each sender service did with the messages written since then, by name."""
        query = (
            select(
                _attempt.service,
                _attempt.end,
                SecondsBetween(_message.created_at, _attempt.finished_at),
                SecondsBetween(_attempt.started_at, _attempt.finished_at),
            )
            .join(_message.id.table, _message.id == _attempt.message_id)
            .where(_message.created_at >= since)
        )
        found: dict[str, list[tuple[str, float, float]]] = {}
        with self._database.read() as session:
            for service, *attempt in session.execute(query):
                found.setdefault(service, []).append((attempt[0], attempt[1], attempt[2]))
        return [_service_pace(name, attempts) for name, attempts in sorted(found.items())]

    def deliveries(self, since: datetime) -> Sequence[DeliveryPace]:
        """Return what became of the messages written since then that a provider accepted, by service and country."""
        arriving = SecondsBetween(_message.created_at, _message.finished_at)
        query = select(_message.service, _message.country, _message.state, arriving).where(
            _message.created_at >= since, _message.accepted_at.is_not(None)
        )
        found: dict[tuple[str, str], list[tuple[str, float]]] = {}
        with self._database.read() as session:
            for service, country, state, seconds in session.execute(query):
                found.setdefault((service, country), []).append((state, seconds))
        return [_delivery_pace(place, messages) for place, messages in sorted(found.items())]

    def _start(self, span: timedelta, most: int) -> datetime:
        since = self._clock.now() - span
        newest = select(_message.created_at).where(_message.created_at >= since).order_by(_message.created_at.desc())
        with self._database.read() as session:
            horizon: datetime | None = session.execute(newest.offset(most).limit(1)).scalar()
        return horizon or since


_STEPS: Final[Sequence[Sequence[Any]]] = (
    (_message.created_at,),
    (_message.accepted_at,),
    (_message.finished_at, _message.state == MessageState.DELIVERED.value),
    (_message.finished_at, _message.state == MessageState.FAILED.value),
)
"""The moment that counts for each number of a `Pace`, and what must be true besides."""


def _number(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """Return how many rows fulfil all *conditions*."""
    return func.count(case((and_(*conditions), 1)))


def _service_pace(name: str, attempts: Sequence[tuple[str, float, float]]) -> ServicePace:
    ends = Counter(end for end, _, _ in attempts)
    answered = [attempt for attempt in attempts if attempt[0] in _ANSWERS]
    return ServicePace(
        name,
        {end: ends[end.value] for end in AttemptEnd if ends[end.value]},
        ends[""],
        times_of([waited for _, waited, _ in answered]),
        times_of([answering for _, _, answering in answered]),
    )


def _delivery_pace(place: tuple[str, str], messages: Sequence[tuple[str, float]]) -> DeliveryPace:
    arrived = [seconds for state, seconds in messages if state == MessageState.DELIVERED]
    lost = sum(state == MessageState.FAILED for state, _ in messages)
    return DeliveryPace(*place, len(messages), len(arrived), lost, times_of(arrived))


def _depth(purpose: Purpose, queued: Any, claimed: Any, now: datetime) -> QueueDepth:
    _, waiting, due, written, first_due = queued or (purpose, 0, 0, None, None)
    _, in_hand, taken = claimed or (purpose, 0, None)
    ages = [now - moment for moment in (written, taken) if moment]
    return QueueDepth(
        purpose, waiting, int(due), in_hand, max(ages, default=None), now - first_due if due and first_due else None
    )


def _whole_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
