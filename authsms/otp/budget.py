"""How many texts one number, and one person, may be sent; charged within the transaction that queues the text.

A leaky bucket lets more than its count through in an unlucky window. "At most three in ten minutes" is meant literally
here, so the last day's moments are kept, one row a key, locked while they are read and added to.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Executable, bindparam, delete
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, post, rowcount
from authsms.foundation.sections import SmsSettings
from authsms.otp.engine import SendWindow
from authsms.otp.models import SEND_BUDGET

_DAY = timedelta(days=1)
_B = SEND_BUDGET.c


@dataclass(frozen=True, slots=True)
class Grant:
    """Answer to a wish to send.

    Attributes:
        granted: The text may go out; it has been counted.
        next_at: When the next one may be asked for.
    """

    granted: bool
    next_at: datetime


class SendBudget:
    """Counts texts by key; a key is a keyed hash, never a number."""

    def __init__(self, database: Database, clock: Clock, settings: SmsSettings) -> None:
        self._database = database
        self._clock = clock
        self._window = SendWindow(
            timedelta(seconds=settings.resend_seconds), settings.per_ten_minutes, settings.per_day
        )
        self._statements: dict[int, tuple[Executable, Executable]] = {}

    def take(self, session: Session, *keys: str) -> Grant:
        """Count one text against every one of *keys*, or against none if one of them has no more to give.

        A rollback of the transaction gives it back. Rows are locked in the order of their keys.
        """
        now = self._clock.now()
        ordered = sorted(set(keys))
        lock, write = self._statements_for(len(ordered))
        names: dict[str, object] = {f"key_{number}": key for number, key in enumerate(ordered)}
        names |= {f"sent_{number}": [] for number in range(len(ordered))} | {"moment": now}
        locked = {row.key: row.sent for row in session.execute(lock, names)}
        kept = [self._window.kept([datetime.fromtimestamp(at, UTC) for at in locked[key]], now) for key in ordered]
        next_at = max(self._window.next_at(sent, now) for sent in kept)
        if next_at > now:
            return Grant(granted=False, next_at=next_at)
        taken = [(*sent, now) for sent in kept]
        names |= {f"sent_{number}": [moment.timestamp() for moment in sent] for number, sent in enumerate(taken)}
        post(session, write, names)
        return Grant(granted=True, next_at=max(self._window.next_at(sent, now) for sent in taken))

    def _statements_for(self, count: int) -> tuple[Executable, Executable]:
        """Return two statements on so many rows.

        The first makes those that are missing, locks those that are there, and reads them all; the second, which
        finds them all there, writes them.
        """
        if count not in self._statements:
            moment = bindparam("moment", type_=_B.sent_at.type)
            rows = [
                {
                    "key": bindparam(f"key_{number}"),
                    "sent": bindparam(f"sent_{number}", type_=_B.sent.type),
                    "sent_at": moment,
                }
                for number in range(count)
            ]
            new = self._database.insert(SEND_BUDGET).values(rows)
            lock = new.on_conflict_do_update(index_elements=[_B.key], set_={"sent_at": _B.sent_at})
            write = new.on_conflict_do_update(
                index_elements=[_B.key], set_={"sent": new.excluded.sent, "sent_at": new.excluded.sent_at}
            )
            self._statements[count] = lock.returning(_B.key, _B.sent), write
        return self._statements[count]

    def purge(self) -> int:
        """Delete rows that limit nothing any more; return how many."""
        with self._database.write() as session:
            old = _B.sent_at < self._clock.now() - _DAY
            return rowcount(session.execute(delete(SEND_BUDGET).where(old)))
