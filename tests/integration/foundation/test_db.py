"""Transactions: what is seen, what is undone, what a missing database looks like."""

import os
import shutil
import sqlite3
import stat
import threading
import time
from contextlib import closing
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from authsms.foundation import engines
from authsms.foundation.db import Database, sqlite_url
from authsms.foundation.engines import checkpoint
from authsms.foundation.errors import DatabaseUnavailableError
from tests.parts.thrift import wait_for_the_disk

_INSERT = text("INSERT INTO form_answer (key, answer, expires_at) VALUES ('k', NULL, '2026-01-01 00:00:00')")


def _count(database: Database) -> int:
    with database.read() as session:
        return int(session.execute(text("SELECT count(*) FROM form_answer")).scalar_one())


_WHO_SAID_SO = "SELECT source FROM pg_settings WHERE name = 'synchronous_commit'"


def test_what_is_jotted_down_is_seen_by_everybody_at_once(database: Database):
    """It waits for no disk, but it is a transaction like any other."""
    with database.jot() as connection:
        connection.execute(_INSERT)
        assert _count(database) == 0

    assert _count(database) == 1


def test_what_fails_in_between_is_undone(database: Database):
    """Nothing is half jotted down."""
    with pytest.raises(IntegrityError), database.jot() as connection:
        connection.execute(_INSERT)
        connection.execute(_INSERT)

    assert _count(database) == 0


def test_on_sqlite_only_what_is_jotted_down_does_not_wait_for_the_disk(sqlite_database_url: str):
    """2 is FULL, 1 is NORMAL; connections are used again, so each transaction must set its own."""
    with wait_for_the_disk():
        database = Database(sqlite_database_url)
    seen = []
    for _ in range(2):
        with database.write() as session:
            seen.append(session.execute(text("PRAGMA synchronous")).scalar_one())
        with database.jot() as connection:
            seen.append(connection.execute(text("PRAGMA synchronous")).scalar_one())
    database.dispose()

    assert seen == [2, 1, 2, 1]


@pytest.fixture
def _careless():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_careless")
def test_a_single_statement_is_committed_when_it_returns(database: Database):
    """Like a transaction of several, and without the round trips of one where that is possible."""
    with database.write_one() as session:
        session.execute(_INSERT)
        is_seen = _count(database) == 1
    with pytest.raises(IntegrityError), database.write_one() as session:
        session.execute(_INSERT)

    assert _count(database) == 1
    assert is_seen == (database.dialect == "postgresql")


def test_on_postgresql_only_what_is_jotted_down_does_not_wait_for_the_disk(postgresql_database_url: str):
    """The server's own setting holds for everything else, the single statement included."""
    database, wish = Database(postgresql_database_url), text(_WHO_SAID_SO)
    with database.write_one() as session:
        single = session.execute(wish).scalar_one()
    with database.jot_one() as connection:
        jotted = connection.execute(wish).scalar_one()
    database.dispose()

    assert [True, False] == [single != "client", jotted != "client"]


def test_what_is_seen_at_one_moment_needs_no_connection_of_those_who_write(postgresql_database_url: str):
    """Somebody who writes may come to it, and hold the last of them."""
    database = Database(postgresql_database_url, pool_size=1)
    with database.write(), database.read(at_one_moment=True) as session:
        during = session.execute(text("SHOW transaction_isolation")).scalar_one()
    with database.read() as session:
        afterwards = session.execute(text("SHOW transaction_isolation")).scalar_one()
    database.dispose()

    assert ["repeatable read", "read committed"] == [during, afterwards]


def test_the_plan_of_a_queue_is_good_for_a_full_one_though_it_was_made_for_an_empty_one(postgresql_database_url: str):
    """PostgreSQL would read and sort so small a table; the plan would be kept when it has become large."""
    database = Database(postgresql_database_url)
    first = (
        "SELECT id FROM message WHERE due_at <= now() ORDER BY priority, turn, due_at LIMIT 9 FOR UPDATE SKIP LOCKED"
    )
    with database.jot_in_order() as connection:
        plan = "\n".join(connection.execute(text(f"EXPLAIN {first}")).scalars())
    database.dispose()

    assert "ix_message_waiting " in plan
    assert "Sort" not in plan


def test_the_file_and_its_journals_are_for_the_owner_only(tmp_path):
    """Whoever may enter the folder must not read names, numbers' hashes and sealed texts."""
    database = Database(sqlite_url(tmp_path / "new.db"))
    with database.write() as session:
        session.execute(text("CREATE TABLE t (x INTEGER)"))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    database.dispose()

    assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}


def test_what_sqlites_journal_holds_is_taken_over_beforehand(tmp_path):
    """Whoever makes it too long has to do that otherwise, while a text waits."""
    database = Database(sqlite_url(tmp_path / "new.db"))
    with database.write() as session:
        session.execute(text("CREATE TABLE t (x INTEGER)"))
    found = []
    for take_over in (bool, partial(checkpoint, database.engine)):
        take_over()
        shutil.copy(tmp_path / "new.db", tmp_path / "alone.db")
        with closing(sqlite3.connect(tmp_path / "alone.db")) as alone:
            found.append(alone.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    database.dispose()

    assert found == [0, 1]


def test_who_waits_for_another_process_writes_when_that_is_done(tmp_path, monkeypatch):
    """Soon after, or is told that the database is too busy."""
    with wait_for_the_disk():
        database = Database(sqlite_url(tmp_path / "new.db"))
    with database.write() as session:
        session.execute(text("CREATE TABLE t (x INTEGER)"))
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(engines, "BUSY_MILLISECONDS", 20)
        with pytest.raises(DatabaseUnavailableError), database.write():
            pass
        monkeypatch.setattr(engines, "BUSY_MILLISECONDS", 20_000)
        threading.Timer(0.02, other.rollback).start()
        with database.write() as session:
            session.execute(text("INSERT INTO t VALUES (1)"))
    with database.read() as session:
        found = session.execute(text("SELECT x FROM t")).scalar_one()
    database.dispose()

    assert found == 1


def test_a_database_that_is_away_is_told_as_such(tmp_path):
    """Whichever kind of transaction was wanted."""
    database = Database(sqlite_url(tmp_path / "missing" / "folder" / "a.db"))
    for kind in (database.write, database.jot, database.read):
        with pytest.raises(DatabaseUnavailableError), kind() as opened:
            opened.execute(text("SELECT 1"))
    with pytest.raises(DatabaseUnavailableError):
        checkpoint(database.engine)
    database.dispose()


def test_connections_that_the_server_has_closed_are_not_used_again(postgresql_database_url: str):
    """After a restart of the database nobody shall see an error that is no longer true."""
    database, administrator = Database(postgresql_database_url), Database(postgresql_database_url)
    pid = text("SELECT pg_backend_pid()")
    for use in (database.read, database.write):
        with use() as session:
            before = session.execute(pid).scalar_one()
        with administrator.read() as session:
            session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
        while _is_connected(administrator, before):
            time.sleep(0.01)
        with use() as session:
            assert session.execute(pid).scalar_one() != before
    database.dispose()
    administrator.dispose()


def _is_connected(administrator: Database, pid: int) -> bool:
    with administrator.read() as session:
        query = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        return bool(session.execute(query, {"pid": pid}).scalar_one())
