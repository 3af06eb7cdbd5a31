"""Periodic tasks: each slot once, over any number of processes, on both databases."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from authsms.delivery.models import PeriodicRun
from authsms.delivery.schedule import PeriodicTask, Scheduler, last_runs
from authsms.foundation.db import Database
from tests.fakes import ManualClock
from tests.integration.delivery.waiting import wait_until
from tests.parts.forks import FORKS

MINUTE = timedelta(minutes=1)
SLOTS = 12


class Counter:
    """Work that counts how often it was done, and breaks when told to."""

    def __init__(self, error: Exception | None = None):
        self.runs = 0
        self.error = error

    def __call__(self):
        """Do it once."""
        self.runs += 1
        if self.error:
            raise self.error


def _scheduler(database: Database, clock: ManualClock, *tasks: PeriodicTask) -> Scheduler:
    return Scheduler(database, clock, tasks, threading.Event())


def _have_run(times: int, *works: Counter) -> bool:
    return all(work.runs == times for work in works)


def _look(scheduler: Scheduler) -> None:
    """Begin what is due and wait until that is done."""
    scheduler.look()
    for thread in scheduler._under_way.values():
        thread.join(60)


def test_a_slot_is_run_once_by_whoever_comes_first(database: Database, clock: ManualClock):
    """Two processes on one database; a process that looks again finds nothing to do."""
    work = Counter()
    here, there = (_scheduler(database, clock, PeriodicTask("count", MINUTE, work)) for _ in range(2))
    for scheduler in (here, there, here):
        _look(scheduler)
    assert work.runs == 1
    clock.advance(MINUTE)
    for scheduler in (there, here):
        _look(scheduler)

    assert work.runs == 2
    assert last_runs(database)["count"].finished_at == clock.now()


def test_a_process_that_dies_in_the_middle_leaves_the_next_slot(database: Database, clock: ManualClock):
    """Its row stays without an end, which is how an administrator sees it."""
    never = threading.Event()
    dying = _scheduler(database, clock, PeriodicTask("count", MINUTE, never.wait))
    dying.look()
    wait_until(lambda: "count" in last_runs(database))
    work = Counter()
    other = _scheduler(database, clock, PeriodicTask("count", MINUTE, work))
    _look(other)
    unfinished = last_runs(database)["count"]
    clock.advance(MINUTE)
    _look(other)
    never.set()
    _look(dying)

    assert unfinished.finished_at is None
    assert work.runs == 1


def test_a_task_that_hangs_keeps_no_other_from_running(database: Database, clock: ManualClock):
    """Nor does one that breaks; of both it is written down."""
    never, work, broken = threading.Event(), Counter(), Counter(OSError("the disk"))
    tasks: dict[str, Callable[[], object]] = {"hangs": never.wait, "works": work, "breaks": broken}
    scheduler = _scheduler(database, clock, *(PeriodicTask(name, MINUTE, each) for name, each in tasks.items()))
    for number in (1, 2, 3):
        scheduler.look()
        for name in ("works", "breaks"):
            scheduler._under_way[name].join(60)
        assert _have_run(number, work, broken)
        assert all(last_runs(database)[name].finished_at == clock.now() for name in ("works", "breaks"))
        clock.advance(MINUTE)
    runs = last_runs(database)
    never.set()
    _look(scheduler)

    assert ("OSError", "", None) == (runs["breaks"].error, runs["works"].error, runs["hangs"].finished_at)
    assert runs["hangs"].slot < runs["works"].slot - MINUTE


def test_what_is_due_at_the_same_moment_begins_one_after_the_other(
    sqlite_database_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
):
    """Texts would wait for dozens of threads when the first process starts."""
    monkeypatch.setattr("authsms.delivery.schedule._APART_SECONDS", 60)
    database, seen = Database(sqlite_database_url), list[int]()

    def work() -> None:
        seen.append(sum(thread.is_alive() for thread in scheduler._under_way.values()))

    scheduler = _scheduler(database, clock, *(PeriodicTask(f"task-{number}", MINUTE, work) for number in range(3)))
    _look(scheduler)
    database.dispose()

    assert seen == [1, 1, 1]


def test_what_is_known_of_runs_long_ago_is_deleted(database: Database, clock: ManualClock):
    """The table does not grow."""
    scheduler = _scheduler(database, clock, PeriodicTask("count", MINUTE, Counter()))
    for _ in range(110):
        _look(scheduler)
        clock.advance(MINUTE)
    with database.read() as session:
        kept = session.execute(select(func.count()).select_from(PeriodicRun)).scalar_one()

    assert kept == 100


def test_a_database_that_was_away_costs_no_slot(sqlite_database_url: str, clock: ManualClock, tmp_path: Path):
    """Nobody can have taken the slot, so it is tried again until it is over."""
    work = Counter()
    away = Database(f"sqlite:///{tmp_path / 'nowhere' / 'authsms.db'}")
    scheduler = _scheduler(away, clock, PeriodicTask("count", MINUTE, work))
    _look(scheduler)
    runs_before = work.runs
    scheduler._database = Database(sqlite_database_url)
    _look(scheduler)

    assert [0, 1] == [runs_before, work.runs]


def test_tasks_of_one_period_begin_at_different_moments(clock: ManualClock):
    """So that a database is not asked for everything in the same instant; all machines agree on the moments."""
    tasks = [PeriodicTask(name, MINUTE, Counter()) for name in ("purge-limits", "purge-tokens", "alarms")]
    slots = {task.slot(clock.now()) for task in tasks}

    assert len(slots) == 3
    assert slots == {PeriodicTask(task.name, MINUTE, Counter()).slot(clock.now()) for task in tasks}
    assert all(clock.now() - MINUTE < slot <= clock.now() for slot in slots)


def test_two_processes_share_the_slots(database_url: str, tmp_path: Path):
    """For real: two processes that look all the time, and no slot is run twice or left out."""
    diary = tmp_path / "diary"
    ready = FORKS.Barrier(2)
    both = [FORKS.Process(target=_keep_diary, args=(database_url, diary, ready), daemon=True) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
        assert process.exitcode == 0
    slots = diary.read_text("ascii").split()
    database = Database(database_url)
    with database.read() as session:
        rows = session.execute(select(PeriodicRun.finished_at)).scalars().all()
    database.dispose()

    assert len(slots) == len(set(slots)) == SLOTS
    assert (len(rows), True) == (SLOTS, all(rows))


def _keep_diary(url: str, diary: Path, ready) -> None:
    database = Database(url)
    clock = ManualClock(datetime(2030, 1, 1, tzinfo=UTC))

    def write():
        with diary.open("a", encoding="ascii") as file:
            file.write(f"{clock.now().timestamp()}\n")

    scheduler = _scheduler(database, clock, PeriodicTask("diary", MINUTE, write))
    for _ in range(SLOTS):
        ready.wait(60)
        _look(scheduler)
        clock.advance(MINUTE)
    database.dispose()
