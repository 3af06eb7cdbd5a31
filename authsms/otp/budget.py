"""How many texts one number, and one person, may be sent; charged within the transaction that queues the text.

A leaky bucket lets more than its count through in an unlucky window. "At most three in ten minutes" is meant literally
here, so the last day's moments are kept, one row a key, locked while they are read and added to.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Executable, bindparam, delete, update
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.sections import SmsSettings
from authsms.otp.engine import SendWindow
from authsms.otp.models import SEND_BUDGET

_DAY = timedelta(days=1)
_B = SEND_BUDGET.c
_WRITE = (
    update(SEND_BUDGET)
    .where(_B.key == bindparam("wanted"))
    .values(sent=bindparam("moments"), sent_at=bindparam("moment"))
)


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
        self._locks: dict[int, Executable] = {}

    def take(self, session: Session, *keys: str) -> Grant:
        """Count one text against every one of *keys*, or against none if one of them has no more to give.

        A rollback of the transaction gives it back. Rows are locked in the order of their keys.
        """
        now = self._clock.now()
        names = {f"key_{number}": key for number, key in enumerate(sorted(set(keys)))}
        locked = session.execute(self._lock(len(names)), {**names, "none": [], "moment": now}).all()
        kept = {row.key: self._window.kept([datetime.fromtimestamp(at, UTC) for at in row.sent], now) for row in locked}
        next_at = max(self._window.next_at(sent, now) for sent in kept.values())
        if next_at > now:
            return Grant(granted=False, next_at=next_at)
        taken = {key: (*sent, now) for key, sent in kept.items()}
        session.execute(
            _WRITE,
            [
                {"wanted": key, "moments": [moment.timestamp() for moment in sent], "moment": now}
                for key, sent in taken.items()
            ],
        )
        return Grant(granted=True, next_at=max(self._window.next_at(sent, now) for sent in taken.values()))

    def _lock(self, count: int) -> Executable:
        """Return the statement that makes the rows that are missing, locks those that are there, and reads them all."""
        if count not in self._locks:
            none, moment = bindparam("none", type_=_B.sent.type), bindparam("moment", type_=_B.sent_at.type)
            rows = [{"key": bindparam(f"key_{number}"), "sent": none, "sent_at": moment} for number in range(count)]
            self._locks[count] = (
                self._database.insert(SEND_BUDGET)
                .values(rows)
                .on_conflict_do_update(index_elements=[_B.key], set_={"sent_at": _B.sent_at})
                .returning(_B.key, _B.sent)
            )
        return self._locks[count]

    def purge(self) -> int:
        """Delete rows that limit nothing any more; return how many."""
        with self._database.write() as session:
            old = _B.sent_at < self._clock.now() - _DAY
            return rowcount(session.execute(delete(SEND_BUDGET).where(old)))
