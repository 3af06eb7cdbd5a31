"""Periodic tasks: of any number of delivery processes exactly one runs a task in each slot of time.

A task has one slot per period, counted on the database's clock, and who runs it first inserts a row whose key is the
task and the beginning of the slot. Whoever finds that row leaves the slot alone. A process that dies in the middle
leaves an unfinished row behind and the next slot untouched; slots in which no process was there are not made up for.
Tasks of the same period begin at different moments, which follow from their names: they shall not come all at once.

One thread looks what is due, and each run has a thread of its own: a task that hangs keeps nobody waiting but itself.
While it does, this process leaves the task's further slots to others. What is due at the same moment, as everything is
when the first process starts, begins one after the other: texts would wait for dozens of threads otherwise.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, cast

from sqlalchemy import Table, delete, func, select, update

from authsms.delivery.models import PeriodicRun, fit
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import AuthsmsError
from authsms.foundation.logs import get_logger

_LOOK_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 5.0
_APART_SECONDS: Final = 0.25
"""How long a task waits at the most for the end of the one before it."""

_KEPT_RUNS: Final = 100
_LARGEST_SHIFT: Final = timedelta(minutes=1)
_START: Final = datetime(2000, 1, 1, tzinfo=UTC)
_TABLE: Final = cast("Table", PeriodicRun.__table__)
_run = _TABLE.c
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """Something that is to be done again and again, by one process at a time.

    Attributes:
        name: Its name for good, e.g. ``purge-limits``; all processes know the task by it.
        every: Length of a slot; some seconds at least, for each costs two small transactions.
        work: Does it once. It is called in a thread of its own, has nothing to lose when it is cut off in the middle,
            and may still be under way elsewhere when it takes longer than *every*.
    """

    name: str
    every: timedelta
    work: Callable[[], object]

    def slot(self, now: datetime) -> datetime:
        """Return when the slot began that *now* lies in."""
        mark = int.from_bytes(sha256(self.name.encode()).digest()[:8]) / 2**64
        start = _START + min(self.every, _LARGEST_SHIFT) * mark
        return start + (now - start) // self.every * self.every


@dataclass(frozen=True, slots=True)
class LastRun:
    """What became of a task the last time.

    Attributes:
        slot: Which slot it was for.
        finished_at: None while it is under way, or when its process has died.
        error: Kind of the error it ended with, or empty.
    """

    task: str
    slot: datetime
    started_at: datetime
    finished_at: datetime | None
    error: str


class Scheduler:
    """Runs the tasks of one process, until *stop* is set."""

    def __init__(self, database: Database, clock: Clock, tasks: Sequence[PeriodicTask], stop: threading.Event) -> None:
        self._database = database
        self._clock = clock
        self._tasks = tasks
        self._stop = stop
        self._seen: dict[str, datetime] = {}
        self._under_way: dict[str, threading.Thread] = {}
        self._thread = threading.Thread(target=self._look_until_stopped, name="scheduler", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until nothing more is begun, and a few seconds for what is under way."""
        self._thread.join()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for thread in self._under_way.values():
            thread.join(max(deadline - time.monotonic(), 0))

    def _look_until_stopped(self) -> None:
        while True:
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - the loop must go on
                _report("schedule.failed", error)
            if self._stop.wait(_LOOK_SECONDS):
                return

    def look(self) -> None:
        """Begin what is due in this process."""
        now = self._clock.now()
        for task in self._tasks:
            slot = task.slot(now)
            if self._seen.get(task.name) == slot:
                continue
            self._seen[task.name] = slot
            before = self._under_way.get(task.name)
            if before is not None and before.is_alive():
                _log.warning("task.still_under_way", task=task.name)
                continue
            thread = threading.Thread(target=self._run, args=(task, slot), name=f"task-{task.name}", daemon=True)
            self._under_way[task.name] = thread
            thread.start()
            thread.join(_APART_SECONDS)
            if self._stop.is_set():
                return

    def _run(self, task: PeriodicTask, slot: datetime) -> None:
        try:
            if not self._take(task, slot):
                return
        except Exception as error:  # noqa: BLE001 - most likely the database is away
            _report("task.postponed", error, task=task.name)
            self._seen.pop(task.name, None)  # nobody may have it: look again
            return
        error_kind = ""
        try:
            task.work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next slot comes
            error_kind = type(error).__name__
            _report("task.failed", error, task=task.name)
        with suppress(AuthsmsError):
            self._finish(task, slot, error_kind)

    def _take(self, task: PeriodicTask, slot: datetime) -> bool:
        """Make a slot ours; return False when somebody has it already."""
        row = {"task": task.name, "slot": slot, "started_at": self._clock.now(), "error": ""}
        mine = self._database.insert(_TABLE).values(**row).on_conflict_do_nothing().returning(_run.task)
        with self._database.write() as session:
            return session.execute(mine).first() is not None

    def _finish(self, task: PeriodicTask, slot: datetime, error: str) -> None:
        """Write how a run ended, and delete what is known of runs long ago."""
        done = {"finished_at": self._clock.now(), "error": fit(error, 64)}
        with self._database.write() as session:
            session.execute(update(_TABLE).where(_run.task == task.name, _run.slot == slot).values(**done))
            session.execute(delete(_TABLE).where(_run.task == task.name, _run.slot <= slot - task.every * _KEPT_RUNS))


def purges(**work: Callable[[], object]) -> list[PeriodicTask]:
    """Return tasks that each delete rows of one kind once a minute; underscores in a name become hyphens."""
    every = timedelta(minutes=1)
    return [PeriodicTask(f"purge-{name}".replace("_", "-"), every, purge) for name, purge in work.items()]


def last_runs(database: Database) -> Mapping[str, LastRun]:
    """Return the newest run of each task that ever ran, by the task's name."""
    newest = select(_run.task, func.max(_run.slot).label("slot")).group_by(_run.task).subquery()
    query = select(_run.task, _run.slot, _run.started_at, _run.finished_at, _run.error).join(
        newest, (_run.task == newest.c.task) & (_run.slot == newest.c.slot)
    )
    with database.read() as session:
        return {row[0]: LastRun(*row) for row in session.execute(query)}


def _report(event: str, error: Exception, **facts: str) -> None:
    """Log *error*; those that are expected need no trace."""
    is_expected = isinstance(error, AuthsmsError)
    write = _log.warning if is_expected else _log.error
    write(event, kind=type(error).__name__, exc_info=None if is_expected else error, **facts)
