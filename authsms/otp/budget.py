"""How many texts one number, and one person, may be sent; charged within the transaction that queues the text.

A leaky bucket lets more than its count through in an unlucky window. "At most three in ten minutes" is meant literally
here, so the last day's moments are kept, one row a key, locked while they are read and added to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.settings import SmsSettings
from authsms.otp.engine import SendWindow
from authsms.otp.models import SendBudgetRow

_DAY = timedelta(days=1)


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

    def take(self, session: Session, *keys: str) -> Grant:
        """Count one text against every one of *keys*, or against none if one of them has no more to give.

        A rollback of the transaction gives it back. Rows are locked in the order of their keys.
        """
        now = self._clock.now()
        kept = {key: self._window.kept(sent, now) for key, sent in self._lock(session, sorted(set(keys)), now).items()}
        next_at = max(self._window.next_at(sent, now) for sent in kept.values())
        if next_at > now:
            return Grant(granted=False, next_at=next_at)
        taken = {key: (*sent, now) for key, sent in kept.items()}
        for key, sent in taken.items():
            session.execute(
                update(SendBudgetRow)
                .where(SendBudgetRow.key == key)
                .values(sent=[moment.timestamp() for moment in sent], sent_at=now)
            )
        return Grant(granted=True, next_at=max(self._window.next_at(sent, now) for sent in taken.values()))

    def purge(self) -> int:
        """Delete rows that limit nothing any more; return how many."""
        with self._database.write() as session:
            old = SendBudgetRow.sent_at < self._clock.now() - _DAY
            return rowcount(session.execute(delete(SendBudgetRow).where(old)))

    def _lock(self, session: Session, keys: Sequence[str], now: datetime) -> dict[str, list[datetime]]:
        found = self._select(session, keys)
        missing = [{"key": key, "sent": [], "sent_at": now} for key in keys if key not in found]
        if missing:
            # Somebody else may insert the same key now; whoever comes second waits here and reads what the first wrote.
            session.execute(self._database.insert(SendBudgetRow).on_conflict_do_nothing(), missing)
            found = self._select(session, keys)
        return found

    @staticmethod
    def _select(session: Session, keys: Sequence[str]) -> dict[str, list[datetime]]:
        query = (
            select(SendBudgetRow.key, SendBudgetRow.sent)
            .where(SendBudgetRow.key.in_(keys))
            .order_by(SendBudgetRow.key)
            .with_for_update()
        )
        return {row.key: [datetime.fromtimestamp(at, UTC) for at in row.sent] for row in session.execute(query)}
