"""Work through what is due in a table, some rows at a time, until nothing is left or the time is up."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Row, Select

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database


def work_off(
    database: Database,
    clock: Clock,
    due: Select[Any],
    serve: Callable[[Row[Any], set[str]], int],
    *,
    patience: float,
) -> int:
    """Serve every row that *due* finds for ``w_now``; return the sum of what *serve* returns.

    No transaction is open while a row is served.

    Args:
        database: Where they are.
        clock: What time it is.
        due: Finds some of them; those that were served, or put off, no longer.
        serve: Takes a row, and the repositories that have been silent so far, to which it may add one.
        patience: Seconds after which no other row is begun.
    """
    deadline, done = time.monotonic() + patience, 0
    silent = set[str]()
    while time.monotonic() < deadline:
        with database.read() as session:
            rows = session.execute(due, {"w_now": clock.now()}).all()
        if not rows:
            break
        for row in rows:
            done += serve(row, silent)
            if time.monotonic() >= deadline:
                break
    return done
