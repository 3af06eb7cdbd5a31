"""What a person's counters allow now: for whoever has to explain it; changes nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.sections import SmsSettings
from authsms.otp.engine import SendWindow
from authsms.otp.models import METHOD_FAILURE, SEND_BUDGET

_F = METHOD_FAILURE.c
_B = SEND_BUDGET.c


@dataclass(frozen=True, slots=True)
class Counter:
    """Failures in a row of one person with one method.

    Attributes:
        held_until: No attempt is checked before this; None when it may be tried at once.
        disabled: The method must be bound again.
    """

    method: str
    failures: int
    held_until: datetime | None
    disabled: bool
    failed_at: datetime


class Outlook:
    """Reads counters and windows."""

    def __init__(self, database: Database, clock: Clock, settings: SmsSettings) -> None:
        self._database = database
        self._clock = clock
        self._window = SendWindow(
            timedelta(seconds=settings.resend_seconds), settings.per_ten_minutes, settings.per_day
        )

    def counters(self, person_key: str) -> list[Counter]:
        """Return the methods with which somebody has failed since the last success; no hold that is over."""
        now = self._clock.now()
        query = select(METHOD_FAILURE).where(_F.person_key == person_key, _F.failures > 0).order_by(_F.method)
        with self._database.read() as session:
            rows = session.execute(query).all()
        return [
            Counter(
                row.method,
                row.failures,
                row.held_until if row.held_until is not None and row.held_until > now else None,
                row.disabled,
                row.failed_at,
            )
            for row in rows
        ]

    def next_text_at(self, *keys: str) -> datetime | None:
        """Return when the next text may go to somebody, or None when it may at once; *keys* as in `SendBudget.take`."""
        now = self._clock.now()
        with self._database.read() as session:
            rows = session.execute(select(_B.sent).where(_B.key.in_(keys))).scalars().all()
        sent = [[datetime.fromtimestamp(moment, UTC) for moment in row] for row in rows]
        moments = [self._window.next_at(moments, now) for moments in sent]
        latest = max(moments, default=now)
        return latest if latest > now else None
