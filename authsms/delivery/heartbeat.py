"""The heartbeat: a row per delivery process, so that others can see whether anybody is sending.

It beats in a thread of its own. Whatever else a process does may take long where the database is slow, and whoever is
not heard for a while passes for dead.
"""

import os
import socket
import threading
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Table, bindparam, delete, func, insert, select, update

from authsms.delivery.endurance import reported
from authsms.delivery.models import WorkerRecord
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount

SILENT: Final = timedelta(seconds=15)
"""A delivery process that was not seen for so long is not there."""

_EVERY: Final = timedelta(seconds=2)
_PATIENCE_SECONDS: Final = 2.0
_FORGOTTEN: Final = timedelta(days=1)
_TABLE: Final = cast("Table", WorkerRecord.__table__)
_SEEN: Final = update(_TABLE).where(_TABLE.c.id == bindparam("w_id")).values(seen_at=bindparam("v_seen_at"))


class Heartbeat:
    """The row of one worker."""

    def __init__(self, database: Database, clock: Clock, owner: str) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner

    def beat(self) -> None:
        """Write that this worker is alive."""
        now = self._clock.now()
        with self._database.jot_one() as connection:  # after a power cut another process says it anew
            seen = rowcount(connection.execute(_SEEN, {"w_id": self._owner, "v_seen_at": now}))
        if seen:
            return
        with self._database.write() as session:
            row = {"id": self._owner, "host": socket.gethostname(), "pid": os.getpid()}
            session.execute(insert(WorkerRecord).values(**row, started_at=now, seen_at=now))
            session.execute(delete(WorkerRecord).where(WorkerRecord.seen_at < now - _FORGOTTEN))

    def end(self) -> None:
        """Remove the row: this worker ends on purpose."""
        with self._database.write() as session:
            session.execute(delete(WorkerRecord).where(WorkerRecord.id == self._owner))


class Pulse:
    """Says "I am here" again and again until *stop* is set, then good-bye."""

    def __init__(self, heartbeat: Heartbeat, stop: threading.Event, *, every: timedelta = _EVERY) -> None:
        self._heartbeat = heartbeat
        self._stop = stop
        self._every = every
        self._thread = threading.Thread(target=self._beat_until_stopped, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait a little until it has said good-bye."""
        self._thread.join(_PATIENCE_SECONDS)

    def _beat_until_stopped(self) -> None:
        while True:
            with reported("worker.beat_failed"):
                self._heartbeat.beat()
            if self._stop.wait(self._every.total_seconds()):
                break
        with reported("worker.farewell_failed"):
            self._heartbeat.end()


def last_heartbeat(database: Database) -> datetime | None:
    """Return when any worker was last seen alive, or None."""
    with database.read() as session:
        return session.execute(select(func.max(WorkerRecord.seen_at))).scalar()
