"""What time it is: one contract, the machine's clock, and the database's clock.

Several servers with drifting clocks must agree on when a code expires, so whatever is compared with a time stored in
the database asks `DatabaseClock`. It reads the database's time now and then and counts on with the monotonic clock,
so that a jump of the local wall clock moves nothing.
"""

import threading
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from authsms.foundation.db import Database
from authsms.foundation.errors import DatabaseUnavailableError
from authsms.foundation.logs import get_logger

SKEW_ALARM = timedelta(seconds=2)
_AWAY_SECONDS = 2.0
"""How long a database that did not answer is not asked again."""

_QUESTIONS = 3
_QUICK_SECONDS = 0.005
_log = get_logger(__name__)


class Clock(ABC):
    """Tells the time; every rule about expiry takes one as a parameter."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the current moment, aware and in UTC."""


class SystemClock(Clock):
    """The machine's wall clock."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)


class DatabaseClock(Clock):
    """The database's clock, read every *refresh* and carried on by the monotonic clock in between.

    While the database is away the last reading is carried on; nothing that matters can be written then anyway. One
    thread asks at a time, and only for the first answer do others wait: a silent database must not hold up everybody
    who wants to know the time, one after the other.
    """

    def __init__(self, database: Database, *, refresh: timedelta = timedelta(seconds=30)) -> None:
        self._database = database
        self._refresh = refresh.total_seconds()
        self._lock = threading.Lock()
        self._ask_at = 0.0
        self._known: tuple[datetime, float] | None = None

    @override
    def now(self) -> datetime:
        known = self._known
        if known is None or time.monotonic() >= self._ask_at:
            known = self._asked(known)
        base, read_at = known
        return base + timedelta(seconds=time.monotonic() - read_at)

    def _asked(self, known: tuple[datetime, float] | None) -> tuple[datetime, float]:
        """Return the database's time and the monotonic moment it belongs to, read anew unless somebody does so."""
        if known is None:
            self._lock.acquire()
        elif not self._lock.acquire(blocking=False):
            return known
        try:
            known = self._known
            if known is None or time.monotonic() >= self._ask_at:
                known = self._known = self._synchronised(known)
            return known
        finally:
            self._lock.release()

    def _synchronised(self, known: tuple[datetime, float] | None) -> tuple[datetime, float]:
        try:
            fresh, moment = self._read()
        except DatabaseUnavailableError:
            if known is None:
                raise
            self._ask_at = time.monotonic() + _AWAY_SECONDS
            return known
        self._ask_at = moment + self._refresh
        if known is not None:
            carried = known[0] + timedelta(seconds=moment - known[1])
            if abs(fresh - carried) > SKEW_ALARM:
                _log.warning("clock.database_jumped", seconds=(fresh - carried).total_seconds())
        elif abs(fresh - datetime.now(UTC)) > SKEW_ALARM:
            _log.warning("clock.skewed", seconds=(fresh - datetime.now(UTC)).total_seconds())
        return fresh, moment

    def _read(self) -> tuple[datetime, float]:
        """Return the database's time and the monotonic moment it belongs to: the middle of the quickest question."""
        quickest = float("inf")
        for _ in range(_QUESTIONS):
            asked = time.monotonic()
            answer = self._database.now()
            took = time.monotonic() - asked
            if took < quickest:
                fresh, moment, quickest = answer, asked + took / 2, took
            if took < _QUICK_SECONDS:
                break
        return fresh, moment
