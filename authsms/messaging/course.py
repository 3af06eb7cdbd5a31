"""What becomes of notices once they are sent: who sent them, how far they are, and how the rest is taken back.

A notice that is cancelled is marked as such in one short transaction; from then on nothing is queued under its name.
What waits is taken back in portions, by whoever cancels it and, when that takes too long or is broken off, by a
periodic task of the delivery processes: so a mailing of any size is recalled without keeping a login waiting. The task
also finds a portion that was being queued at that very moment, and was committed after it.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any, Final, cast

from sqlalchemy import Row, Select, Table, func, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.delivery.models import Message
from authsms.delivery.outbox import Outbox
from authsms.delivery.schedule import PeriodicTask
from authsms.delivery.states import LIVE, MessageState
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import NotFoundError
from authsms.messaging.audience import is_name, reference_of
from authsms.messaging.models import NoticeOrderRow, NoticeRecipientRow, NoticeRow
from authsms.messaging.timeline import Span, timeline
from authsms.messaging.wishes import OrderState, Tally, tally_of
from authsms.senders.contract import Purpose

_PORTION: Final = 50
_EVERY: Final = timedelta(seconds=10)
_NOTICE: Final = cast("Table", NoticeRow.__table__)
_n: Final = _NOTICE.c
_o: Final = cast("Table", NoticeOrderRow.__table__).c
_PEOPLE: Final = select(func.count()).where(NoticeRecipientRow.notice == _n.name).correlate(_NOTICE).scalar_subquery()
_ENTRY: Final = select(
    _n.name, _n.purpose, _n.author, _n.created_at, _n.expires_at, _n.cancelled_at, _PEOPLE.label("people")
)


@dataclass(frozen=True, slots=True)
class Queueing:
    """How far the audience of a notice was dealt with.

    Attributes:
        starts_at: Nobody is dealt with before.
        is_over: There is nobody left to be dealt with.
        problem: Kind of the error that keeps it from going on, or empty.
    """

    starts_at: datetime
    is_over: bool
    looked_up: int
    audience: int
    tally: Tally
    problem: str


@dataclass(frozen=True, slots=True)
class SentNotice:
    """A notice or an offer that was sent.

    Attributes:
        author: Login of who sent it.
        created_at: When it was sent first.
        expires_at: Nothing is handed over after this time.
        people: How many were sent it.
        is_waiting: Something of it may still be handed over.
        queueing: How its texts come into the queue; None when a command has put them there.
    """

    name: str
    purpose: Purpose
    author: str
    created_at: datetime
    expires_at: datetime
    cancelled_at: datetime | None
    people: int
    is_waiting: bool
    queueing: Queueing | None = None


class NoticeCourse:
    """Follows notices, and takes them back; safe to share between threads."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail, outbox: Outbox) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._outbox = outbox

    def portion(self, *, offset: int, size: int) -> Sequence[SentNotice]:
        """Return up to *size* notices after the first *offset*, newest first."""
        query = _ENTRY.order_by(_n.created_at.desc(), _n.name).offset(offset).limit(size)
        with self._database.read() as session:
            return self._entries(session, query)

    def find(self, name: str) -> SentNotice:
        """Return a notice.

        Raises:
            NotFoundError: There is none of that name, or it has been forgotten.
        """
        with self._database.read() as session:
            found = self._entries(session, _ENTRY.where(_n.name == name)) if is_name(name) else ()
        if not found:
            raise NotFoundError("There is no such notice.")
        return found[0]

    def progress(self, name: str) -> Mapping[MessageState, int]:
        """Return how many texts of a notice are in which state; those deleted after their time are not counted.

        Raises:
            NotFoundError: There is no notice of that name.
        """
        query = select(Message.state, func.count()).where(Message.reference == reference_of(name))
        with self._database.read() as session:
            if session.execute(select(_n.name).where(_n.name == name)).first() is None:
                raise NotFoundError("There is no such notice.")
            return {MessageState(state): count for state, count in session.execute(query.group_by(Message.state))}

    def timeline(self, name: str) -> Sequence[Span]:
        """Return when how many texts of a notice came to which end."""
        with self._database.read() as session:
            return timeline(session, reference_of(name))

    def cancel(self, author: Author, name: str, *, patience: float = inf) -> int:
        """Let nothing of a notice follow, and take back what waits; return how many texts that were.

        What is not taken back within *patience* seconds is left to the periodic task.

        Raises:
            NotFoundError: There is no notice of that name, or it was cancelled before.
        """
        with self._database.write() as session:
            ended = update(_NOTICE).where(_n.name == name, _n.cancelled_at.is_(None))
            ended = ended.values(cancelled_at=self._clock.now())
            if not is_name(name) or not rowcount(session.execute(ended)):
                raise NotFoundError("There is no such notice, or it was cancelled before.")
            self._audit.record(session, author.entry(AuditTag.NOTICE_CANCELLED, details={"notice": name}))
        return self._take_back(name, patience)

    def finish_cancelled(self) -> int:
        """Take back what of cancelled notices still waits; return how many texts that were."""
        query = select(_n.name).where(_n.cancelled_at.is_not(None), _n.expires_at > self._clock.now())
        with self._database.read() as session:
            names = session.execute(query).scalars().all()
        return sum(self._take_back(name, inf) for name in names)

    def task(self) -> PeriodicTask:
        """Return what delivery processes do for those who cancel."""
        return PeriodicTask("recall-notices", _EVERY, self.finish_cancelled)

    def _take_back(self, name: str, patience: float) -> int:
        deadline, taken = time.monotonic() + patience, 0
        while time.monotonic() < deadline:
            with self._database.write() as session:
                found, back = self._outbox.recall(session, reference_of(name), _PORTION)
            taken += back
            if not found:
                break
        return taken

    def _entries(self, session: Session, query: Select[Any]) -> list[SentNotice]:
        rows = session.execute(query).all()
        now = self._clock.now()
        waiting = self._waiting(session, [reference_of(row.name) for row in rows if row.expires_at > now])
        queueing = _queueing(session, [row.name for row in rows])
        return [_entry(row, queueing.get(row.name), waits=reference_of(row.name) in waiting, now=now) for row in rows]

    def _waiting(self, session: Session, references: Sequence[str]) -> frozenset[str]:
        """Return those of which something may still be handed over."""
        if not references:
            return frozenset()
        live = [state.value for state in LIVE]
        query = select(Message.reference).where(Message.reference.in_(references), Message.state.in_(live)).distinct()
        return frozenset(session.execute(query).scalars())


def _queueing(session: Session, names: Sequence[str]) -> dict[str, Queueing]:
    ordered = (OrderState.ORDERED.value, OrderState.DONE.value, OrderState.FAILED.value)
    query = select(_o.name, _o.starts_at, _o.state, _o.looked_up, _o.audience, _o.tally, _o.problem)
    rows = session.execute(query.where(_o.name.in_(names), _o.state.in_(ordered))).all() if names else []
    return {
        row.name: Queueing(
            *(row.starts_at, row.state != OrderState.ORDERED.value, row.looked_up, row.audience),
            *(tally_of(row.tally), row.problem),
        )
        for row in rows
    }


def _entry(row: Row[Any], queueing: Queueing | None, *, waits: bool, now: datetime) -> SentNotice:
    is_queueing = queueing is not None and not queueing.is_over and row.cancelled_at is None and row.expires_at > now
    return SentNotice(
        row.name,
        Purpose(row.purpose),
        row.author,
        row.created_at,
        row.expires_at,
        row.cancelled_at,
        row.people,
        waits or is_queueing,
        queueing,
    )
