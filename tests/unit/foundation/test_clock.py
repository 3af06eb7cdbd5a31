"""The database's clock, carried on by the machine's own."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from authsms.foundation.clock import DatabaseClock
from authsms.foundation.db import Database
from authsms.foundation.errors import DatabaseUnavailableError


class SlowAtFirst:
    """A database whose first answer takes its time, as one does that has to be connected to."""

    def __init__(self):
        self.questions = 0

    def now(self) -> datetime:
        """Return the time, late."""
        answer = datetime.now(UTC)
        self.questions += 1
        if self.questions == 1:
            time.sleep(0.2)
        return answer


def test_a_slow_answer_sets_no_clock_back():
    """A worker whose clock is behind takes a new message for one that is not due yet, and lets it wait."""
    database = SlowAtFirst()
    clock = DatabaseClock(cast("Database", database))
    clock.now()
    differences = [abs(clock.now() - datetime.now(UTC)) for _ in range(20)]

    assert min(differences) < timedelta(milliseconds=80)
    assert 2 <= database.questions <= 3


class Silent:
    """A database that answers until it `is_silent`; then nobody hears from it until it is given up."""

    def __init__(self):
        self.is_silent = False
        self.questions = 0
        self.is_asked, self.is_given_up = threading.Event(), threading.Event()

    def now(self) -> datetime:
        """Return the time, or find after a while that nobody answers."""
        if not self.is_silent:
            return datetime.now(UTC)
        self.questions += 1
        self.is_asked.set()
        self.is_given_up.wait(60)
        raise DatabaseUnavailableError("Nobody answers.")


@pytest.fixture
def silent():
    """A database that was asked for the time, and has fallen silent."""
    return Silent()


@pytest.fixture
def clock(silent: Silent):
    """A clock that would ask it again."""
    clock = DatabaseClock(cast("Database", silent), refresh=timedelta(milliseconds=20))
    clock.now()
    silent.is_silent = True
    time.sleep(0.03)
    return clock


def test_a_silent_database_holds_up_one_who_wants_to_know_the_time_and_no_other(silent: Silent, clock: DatabaseClock):
    """F-15: with some seconds for each, one after the other, the last of forty would wait for minutes."""
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(clock.now)
        assert silent.is_asked.wait(20)
        others = [pool.submit(clock.now) for _ in range(3)]
        try:
            answers = [one.result(20) for one in others]
            was_done = first.done()
        finally:
            silent.is_given_up.set()
        answers.append(first.result(20))

    assert (False, 1) == (was_done, silent.questions)
    assert all(abs(answer - datetime.now(UTC)) < timedelta(seconds=60) for answer in answers)


def test_a_database_that_is_away_is_not_asked_again_at_once(
    silent: Silent, clock: DatabaseClock, monkeypatch: pytest.MonkeyPatch
):
    """Each question may take seconds."""
    monkeypatch.setattr("authsms.foundation.clock._AWAY_SECONDS", 60)
    silent.is_given_up.set()
    for _ in range(5):
        clock.now()

    assert 1 == silent.questions
