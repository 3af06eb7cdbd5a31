"""Several rows in one statement, on both databases."""

from functools import cache
from typing import cast

import pytest
from sqlalchemy import Executable, String, Table, select, update
from sqlalchemy.orm import Session

from authsms.delivery.models import WorkerRecord
from authsms.foundation import portions
from authsms.foundation.clock import SystemClock
from authsms.foundation.db import Database

_WORKER = cast("Table", WorkerRecord.__table__)
_COLUMNS = ("id", "host", "pid", "started_at", "seen_at")


@cache
def _insert(count: int) -> Executable:
    return portions.insert_given(_WORKER, count, _COLUMNS)


@cache
def _move(count: int) -> Executable:
    new = portions.given(count, {"id": String(), "host": String()}).c
    return (
        update(_WORKER).where(_WORKER.c.id == new.id).values(host=new.host).returning(_WORKER.c.id, _WORKER.c.seen_at)
    )


def _rows(count: int) -> list[dict[str, object]]:
    now = SystemClock().now()
    return [
        {"id": f"w{number}", "host": "here", "pid": number, "started_at": now, "seen_at": now}
        for number in range(count)
    ]


def _hosts(session: Session) -> dict[str, str]:
    return {row.id: row.host for row in session.execute(select(_WORKER.c.id, _WORKER.c.host))}


@pytest.mark.parametrize("count", [0, 1, 3, 16, 39])
def test_each_row_gets_its_own_values_however_many_there_are(database: Database, count: int):
    """Also the third time, when the statements have been prepared."""
    rows = _rows(count)
    with database.write() as session:
        portions.run(session, _insert, rows)
        for place in ("there", "elsewhere", "home"):
            moved = portions.ask(session, _move, [{"id": row["id"], "host": f"{place} {row['pid']}"} for row in rows])
        found = _hosts(session)

    assert {row["id"]: f"home {row['pid']}" for row in rows} == found
    assert {row["id"]: row["seen_at"] for row in rows} == {row.id: row.seen_at for row in moved}


def test_a_row_that_fits_nothing_is_missing_in_what_comes_back(database: Database):
    """And keeps nobody else from anything."""
    with database.write() as session:
        portions.run(session, _insert, _rows(2))
        moved = portions.ask(session, _move, [{"id": name, "host": "there"} for name in ("w0", "nobody", "w1", "no")])
        found = _hosts(session)

    assert {"w0", "w1"} == {row.id for row in moved}
    assert {"w0": "there", "w1": "there"} == found
