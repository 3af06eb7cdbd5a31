"""The sweeper: once a second it moves on what nobody else will.

Messages of dead workers are freed, expired ones end and lose their text, receipts that waited find their message,
and old rows are deleted. Several sweepers may run at once: every change is conditional.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, bindparam, delete, or_, select

from authsms.audit import AuditTrail
from authsms.delivery import ledger
from authsms.delivery.carriage import BROKER
from authsms.delivery.journal import Cause, Journal
from authsms.delivery.ledger import subject_of
from authsms.delivery.liveness import Liveness
from authsms.delivery.models import Message
from authsms.delivery.receipts import Carried, ReceiptService
from authsms.delivery.repeats import after_owner_died
from authsms.delivery.statements import MESSAGE, OWNED, SUBJECT
from authsms.delivery.states import Failure, Settle, when_expired
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.logs import get_logger

_AT_ONCE: Final = 500
_HOUSEKEEPING_SECONDS: Final = 60.0
_log = get_logger(__name__)


def _claimed(whose: ColumnElement[bool]) -> Select[Any]:
    """Return what finds claimed messages, those first whose leases end first; many at work then hide no dead one."""
    claimed = select(*OWNED).where(MESSAGE.owner.is_not(None), whose)  # the words of the index
    return claimed.order_by(MESSAGE.leased_until).limit(_AT_ONCE)


# Built once: what this process computes for a look, its texts wait for.
_OWNED: Final = _claimed(or_(MESSAGE.owner != BROKER, MESSAGE.leased_until <= bindparam("w_now")))
"""What a broker has is its relay's to take back, up to its lease."""

_OWNED_BY: Final = _claimed(MESSAGE.owner == bindparam("w_owner"))
_EXPIRED: Final = (
    select(*SUBJECT).where(MESSAGE.due_at.is_not(None), MESSAGE.expires_at <= bindparam("w_now")).limit(_AT_ONCE)
)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one round did.

    Attributes:
        freed: Messages taken from dead workers and put back.
        ended: Messages whose time was over.
        matched: Receipts that found their message.
    """

    freed: int
    ended: int
    matched: int


class Sweeper:
    """Runs the rounds of one worker.

    Args:
        database: Where the messages are.
        clock: Decides what has expired.
        audit: Is told what became of messages.
        receipts: Matches those that wait.
        liveness: Knows who is dead.
        retention: How long finished messages are kept.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: AuditTrail,
        receipts: ReceiptService,
        liveness: Liveness,
        *,
        retention: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self._journal = Journal(audit)
        self._receipts = receipts
        self._liveness = liveness
        self._retention = retention
        self._next_housekeeping = 0.0

    def sweep(self) -> Swept:
        """Do one round."""
        swept = Swept(self.free_dead(), self.end_expired(), self._receipts.match_waiting())
        if time.monotonic() >= self._next_housekeeping:
            self._next_housekeeping = time.monotonic() + _HOUSEKEEPING_SECONDS
            self.purge()
        return swept

    def free_dead(self) -> int:
        """Free the messages of workers that are dead, or silent beyond their lease; return how many wait again."""
        now = self._clock.now()
        verdicts: dict[str, bool | None] = {}
        freed = 0
        for row in self._owned(_OWNED, {"w_now": now}):
            if row.owner not in verdicts:
                verdicts[row.owner] = self._liveness.is_dead(row.owner)
            if verdicts[row.owner] or row.leased_until <= now:
                freed += self._free(row, now)
        return freed

    def free_forgotten(self, owner: str, *, in_hand: Callable[[], Collection[str]]) -> int:
        """Free what *owner* has in the table but not *in_hand*: a commit whose success it never learned of.

        What is in hand is asked after the table, or a message that is claimed meanwhile would pass for forgotten.
        """
        now = self._clock.now()
        rows = self._owned(_OWNED_BY, {"w_owner": owner})
        kept = in_hand()
        return sum(self._free(row, now) for row in rows if row.id not in kept)

    def end_expired(self) -> int:
        """End waiting messages whose time is over, and wipe their texts; return how many."""
        now = self._clock.now()
        with self._database.read() as session:
            rows = session.execute(_EXPIRED, {"w_now": now}).all()
        ended = 0
        for subject in map(subject_of, rows):
            verdict = when_expired(subject.doubts)
            with self._database.write() as session:
                if ledger.settle_unsent(session, subject.id, verdict, now):
                    self._journal.note(session, subject, verdict, Cause(attempts=subject.attempts))
                    ended += 1
        return ended

    def purge(self) -> int:
        """Delete what is older than the retention, in small portions; return how many messages went."""
        old = (
            select(Message.id)
            .where(
                Message.created_at < self._clock.now() - self._retention,
                Message.due_at.is_(None),
                Message.owner.is_(None),
            )
            .limit(_AT_ONCE)
        )
        purged = 0
        while True:
            with self._database.write() as session:
                gone = rowcount(
                    session.execute(
                        delete(Message).where(Message.id.in_(old)), execution_options={"synchronize_session": False}
                    )
                )
            purged += gone
            if gone < _AT_ONCE:
                break
        self._receipts.purge()
        self._liveness.tidy()
        return purged

    def _owned(self, query: Select[Any], values: Mapping[str, object]) -> list[Row[Any]]:
        with self._database.read() as session:
            return list(session.execute(query, values))

    def _free(self, row: Row[Any], now: datetime) -> bool:
        subject = subject_of(row)
        verdict = after_owner_died(
            in_flight=row.in_flight, doubts=subject.doubts, now=now, expires_at=subject.expires_at
        )
        with self._database.write() as session:
            if not ledger.free(session, subject, row.owner, verdict, in_flight=row.in_flight, now=now):
                return False
            reason = Cause(row.service, Failure.IN_DOUBT.value if row.in_flight else "", attempts=subject.attempts)
            self._journal.note(session, subject, verdict, reason)
            if row.in_flight:
                self._receipts.absorb(session, [Carried(subject.id, row.service)])
        _log.warning("message.freed", message=subject.id, in_flight=row.in_flight)
        return not isinstance(verdict, Settle)
