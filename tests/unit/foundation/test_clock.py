"""The database's clock, carried on by the machine's own."""

import time
from datetime import UTC, datetime, timedelta
from typing import cast

from authsms.foundation.clock import DatabaseClock
from authsms.foundation.db import Database


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
