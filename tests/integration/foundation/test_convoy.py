"""Threads that share transactions, on both databases."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from authsms.delivery.models import WorkerRecord
from authsms.foundation.clock import SystemClock
from authsms.foundation.convoy import Convoy
from authsms.foundation.db import Database, after_commit
from authsms.foundation.errors import DatabaseUnavailableError

THREADS = 12


class Gate:
    """Transactions of a database that are counted; the first waits until everybody has come."""

    def __init__(self, database: Database):
        self.database = database
        self.transactions = 0
        self.is_open = threading.Event()
        self.error: Exception | None = None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Run one transaction."""
        self.transactions += 1
        if self.transactions == 1:
            assert self.is_open.wait(20)
        with self.database.write() as session:
            yield session
            if self.error is not None:
                raise self.error


def _row(name: str) -> dict[str, object]:
    now = SystemClock().now()
    return {"id": name, "host": "here", "pid": 1, "started_at": now, "seen_at": now}


def _rows(database: Database) -> int:
    with database.read() as session:
        number: int = session.execute(select(func.count()).select_from(WorkerRecord)).scalar_one()
        return number


def _add(session: Session, numbers: Sequence[int]) -> list[int]:
    """Write a row for each number."""
    session.execute(insert(WorkerRecord), [_row(f"w{number}") for number in numbers])
    return list(numbers)


def _fail(_session: Session, _numbers: Sequence[int]) -> list[int]:
    raise LookupError


def _all_at_once(gate: Gate, convoy: Convoy) -> list:
    """Let a dozen threads write at the same moment, and return what each of them got."""
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(convoy.write, number) for number in range(THREADS)]
        while len(convoy._waiting) < THREADS - 1:
            threading.Event().wait(0.005)
        gate.is_open.set()
        return [future.exception() or future.result() for future in futures]


def test_those_who_wait_share_a_transaction(database: Database):
    """The first goes alone, the others together; each gets his own result when it is committed."""
    gate = Gate(database)
    committed: list[int] = []

    def work(session: Session, numbers: Sequence[int]) -> list[int]:
        after_commit(session, lambda: committed.extend(numbers))
        return _add(session, numbers)

    results = _all_at_once(gate, Convoy(gate.write, work))

    assert list(range(THREADS)) == results == sorted(committed)
    assert (THREADS, 2) == (_rows(database), gate.transactions)


def test_an_error_of_one_costs_the_others_nothing(database: Database):
    """They are run again, each alone, and nothing of the one that failed stays."""
    gate = Gate(database)

    def work(session: Session, numbers: Sequence[int]) -> list[int]:
        if THREADS - 1 in numbers:
            raise LookupError(numbers)
        return _add(session, numbers)

    results = _all_at_once(gate, Convoy(gate.write, work))

    assert list(range(THREADS - 1)) == results[:-1]
    assert isinstance(results[-1], LookupError)
    assert THREADS - 1 == _rows(database)


def test_a_database_that_is_away_is_away_for_all(database: Database):
    """Nobody tries again on his own: each caller knows best what to do then."""
    gate = Gate(database)
    gate.error = DatabaseUnavailableError("away")
    convoy = Convoy[int, int](gate.write, lambda _session, numbers: numbers)
    results = _all_at_once(gate, convoy)
    gate.error = None

    assert {DatabaseUnavailableError} == {type(result) for result in results}
    assert gate.transactions == 2
    assert convoy.write(7) == 7


def test_alone_it_is_a_transaction_like_any_other(database: Database):
    """With its errors."""
    with pytest.raises(LookupError):
        database.convoy(_fail).write(1)
    database.convoy(_add).write(1)

    assert _rows(database) == 1
