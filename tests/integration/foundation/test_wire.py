"""Statements share round trips, and errors come out and undo as if each had been sent by itself."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from sqlalchemy import Executable, bindparam, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, InternalError
from sqlalchemy.orm import Session

from authsms.foundation.db import Database, post
from authsms.foundation.errors import DatabaseUnavailableError
from authsms.foundation.wire import Wire
from authsms.otp.models import METHOD_FAILURE, SEND_BUDGET
from tests.integration.delivery.waiting import wait_until

_F = METHOD_FAILURE.c
_NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_INSERT = insert(METHOD_FAILURE)
_FIND = select(_F.failures).where(_F.person_key == bindparam("wanted"))
_ALL = select(_F.person_key).order_by(_F.person_key)
_RAISE = update(METHOD_FAILURE).where(_F.person_key == bindparam("wanted")).values(failures=_F.failures + 1)
_SLEEP = select(func.pg_sleep(bindparam("seconds")).label("slept"), _F.failures).select_from(METHOD_FAILURE)


def _row(person: str, failures: int = 1) -> dict[str, object]:
    fixed = {"method": "SMS_OTP:1", "held_until": None, "disabled": False, "failed_at": _NOW}
    return {"person_key": person, "failures": failures, **fixed}


def _people(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.execute(_ALL).scalars())


def _warm(database: Database) -> None:
    """Let the statements be known: the first time, SQLAlchemy has them."""
    for number in range(2):
        with database.write() as session:
            session.execute(_INSERT, _row(f"LOCAL:{number}"))
            session.execute(_FIND, {"wanted": "LOCAL:0"})
            session.execute(_RAISE, {"wanted": "LOCAL:nobody"})
            session.execute(_ALL)


@pytest.fixture
def narrow(postgresql_database_url: str) -> Iterator[Database]:
    """A database with one connection for whoever writes."""
    database = Database(postgresql_database_url, pool_size=1)
    _warm(database)
    yield database
    database.dispose()


def _pid(database: Database) -> int:
    with database.write() as session:
        pid: int = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return pid


def _seen(database: Database, pid: int, column: str) -> object:
    with database.read() as session:
        wish = text(f"SELECT {column} FROM pg_stat_activity WHERE pid = :pid")  # noqa: S608 - ours
        return session.execute(wish, {"pid": pid}).scalar_one_or_none()


def test_what_is_posted_is_there_for_the_next_statement_and_after_the_commit(database: Database):
    """Whatever comes next, and by whichever way."""
    _warm(database)
    with database.write() as session:
        post(session, _INSERT, _row("LOCAL:a", 5))
        post(session, _RAISE, {"wanted": "LOCAL:a"})
        by_wire = session.execute(_FIND, {"wanted": "LOCAL:a"}).scalar_one()
        post(session, _RAISE, {"wanted": "LOCAL:a"})
        by_cursor = session.execute(text("SELECT failures FROM method_failure WHERE person_key = 'LOCAL:a'")).scalar()
        post(session, _INSERT, [_row("LOCAL:b"), _row("LOCAL:c")])

    assert [6, 7] == [by_wire, by_cursor]
    assert ["LOCAL:0", "LOCAL:1", "LOCAL:a", "LOCAL:b", "LOCAL:c"] == _people(database)


def test_posting_holds_nothing_open_at_the_server(narrow: Database):
    """BEGIN travels with the first statement that somebody waits for, and COMMIT with the last that nobody does."""
    pid, states = _pid(narrow), list[object]()
    with narrow.write() as session:
        post(session, _INSERT, _row("LOCAL:a"))
        states.append(_seen(narrow, pid, "state"))
        session.execute(_FIND, {"wanted": "LOCAL:a"})
        states.append(_seen(narrow, pid, "state"))
        post(session, _RAISE, {"wanted": "LOCAL:a"})
    states += [_seen(narrow, pid, "state"), _seen(narrow, pid, "query")]

    assert ["idle", "idle in transaction", "idle", "COMMIT"] == states


def _ask(session: Session, statement: Executable, values: object) -> None:
    session.execute(statement, values)  # type: ignore[call-overload]  # as loose as `post`


@pytest.mark.parametrize("goes_on", [False, True], ids=["by-the-commit", "by-the-next-statement"])
@pytest.mark.parametrize("run", [post, _ask])
def test_an_error_undoes_all_and_the_connection_is_good_afterwards(database: Database, run, *, goes_on: bool):
    """Of what was posted as of anything else; several times, so that what the server keeps ready is right again."""
    _warm(database)
    for _ in range(3):
        with pytest.raises(IntegrityError), database.write() as session:
            run(session, _INSERT, _row("LOCAL:new"))
            run(session, _INSERT, _row("LOCAL:0"))
            run(session, _INSERT, _row("LOCAL:newer"))
            if goes_on:
                session.execute(_FIND, {"wanted": "LOCAL:0"})
        with database.write() as session:
            run(session, _RAISE, {"wanted": "LOCAL:0"})

    assert ["LOCAL:0", "LOCAL:1"] == _people(database)
    with database.read() as session:
        assert session.execute(_FIND, {"wanted": "LOCAL:0"}).scalar_one() == 1 + 3


def test_nothing_of_a_transaction_that_is_given_up_is_written(database: Database):
    """Whether it has gone out already or not."""
    _warm(database)
    for asks in (False, True):
        with pytest.raises(LookupError), database.write() as session:
            post(session, _INSERT, _row("LOCAL:new"))
            if asks:
                session.execute(_FIND, {"wanted": "LOCAL:new"}).one()
                post(session, _INSERT, _row("LOCAL:newer"))
            raise LookupError

    assert ["LOCAL:0", "LOCAL:1"] == _people(database)


def test_a_value_that_does_not_fit_is_refused_where_it_is_posted(narrow: Database):
    """Nothing of it reaches the server."""
    pid = _pid(narrow)
    with pytest.raises(DataError), narrow.write() as session:
        post(session, _INSERT, _row("LOCAL:new"))
        post(session, _INSERT, _row("LOCAL:\0"))

    assert ["LOCAL:0", "LOCAL:1"] == _people(narrow)
    assert pid == _pid(narrow)


def test_a_statement_that_takes_too_long_takes_the_others_with_it(narrow: Database):
    """The server's time-out counts for each statement of a trip, and the connection outlives it."""
    pid = _pid(narrow)
    for _ in range(2):
        with pytest.raises(DatabaseUnavailableError), narrow.write() as session:
            session.execute(text("SET LOCAL statement_timeout = 30"))
            post(session, _INSERT, _row("LOCAL:new"))
            session.execute(_SLEEP, {"seconds": 5.0})

    assert ["LOCAL:0", "LOCAL:1"] == _people(narrow)
    assert pid == _pid(narrow)


@pytest.mark.parametrize("goes_on", [False, True], ids=["at-the-commit", "at-a-statement"])
def test_a_connection_that_breaks_under_what_was_posted_is_given_up(narrow: Database, *, goes_on: bool):
    """Nothing was written, and the next transaction gets another connection."""
    pid = _pid(narrow)
    with pytest.raises(DatabaseUnavailableError), narrow.write() as session:
        session.execute(_FIND, {"wanted": "LOCAL:0"})
        with narrow.read() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        post(session, _INSERT, _row("LOCAL:new"))
        if goes_on:
            session.execute(_FIND, {"wanted": "LOCAL:0"})

    assert ["LOCAL:0", "LOCAL:1"] == _people(narrow)
    assert pid != _pid(narrow)


def test_a_connection_that_breaks_during_a_statement_is_given_up(narrow: Database):
    """The server says good-bye in the middle of a trip."""
    pid = _pid(narrow)
    last_words = select(func.pg_terminate_backend(bindparam("pid")).label("gone"), _F.failures)
    for _ in range(2):
        with narrow.write() as session:
            session.execute(last_words, {"pid": 0})  # nobody
    with pytest.raises(DatabaseUnavailableError), narrow.write() as session:
        post(session, _INSERT, _row("LOCAL:new"))
        session.execute(last_words, {"pid": pid})
        session.execute(_FIND, {"wanted": "LOCAL:0"})

    assert ["LOCAL:0", "LOCAL:1"] == _people(narrow)
    assert pid != _pid(narrow)


def test_a_transaction_that_has_failed_takes_nothing_more(narrow: Database):
    """Whoever swallows an error cannot go on in the same transaction, and does not commit half of it."""
    with pytest.raises(InternalError), narrow.write() as session:
        with pytest.raises(IntegrityError):
            session.execute(_INSERT, _row("LOCAL:0"))
        session.execute(_INSERT, _row("LOCAL:new"))

    assert ["LOCAL:0", "LOCAL:1"] == _people(narrow)


def test_what_is_seen_at_one_moment_comes_right_after_an_error(narrow: Database):
    """Whatever has to be prepared anew, a transaction begins before it."""
    broken = select((1 / (_F.failures - 1)).label("none"))
    for _ in range(3):
        with pytest.raises(DataError), narrow.read() as session:
            session.execute(broken, {})
        with narrow.read(at_one_moment=True) as session:
            assert session.execute(_FIND, {"wanted": "LOCAL:0"}).scalar_one() == 1
            assert session.execute(text("SHOW transaction_isolation")).scalar_one() == "repeatable read"


def test_a_server_keeps_only_so_many_statements_ready(narrow: Database):
    """Each takes memory on each connection; those that are thrown away are prepared again when they come by."""
    many = [select(_F.failures + number).where(_F.person_key == bindparam("wanted")) for number in range(230)]
    for _ in range(2):
        with narrow.write() as session:
            found = [session.execute(one, {"wanted": "LOCAL:0"}).scalar_one() for one in many]
            kept = session.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one()

        assert list(range(1, 231)) == found
    assert 0 < kept <= 201
    with narrow.write() as session:
        session.execute(insert(SEND_BUDGET), {"key": "one", "sent": [1.5], "sent_at": _NOW})
        assert session.execute(select(SEND_BUDGET.c.sent)).scalar_one() == [1.5]


def test_a_commit_that_the_server_made_a_rollback_is_no_success(narrow: Database):
    """PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK, and calls that no error."""
    with pytest.raises(InternalError), narrow.write() as session:
        session.execute(_INSERT, _row("LOCAL:new"))
        with pytest.raises(IntegrityError):
            session.execute(text("INSERT INTO method_failure SELECT * FROM method_failure"))

    assert ["LOCAL:0", "LOCAL:1"] == _people(narrow)


@pytest.mark.parametrize("opened", [Database.write, Database.write_one, Database.read])
def test_whoever_is_interrupted_hears_of_just_that(narrow: Database, opened):
    """Not of a database that is away, for which many would wait; and whoever comes next has a good connection."""
    for _ in range(2):
        with opened(narrow) as session:
            pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            session.execute(_SLEEP, {"seconds": 0.0})
    watcher, me = Database(narrow.engine.url.render_as_string(), pool_size=1), threading.get_ident()

    def interrupt() -> None:
        wait_until(lambda: _seen(watcher, pid, "wait_event") == "PgSleep")
        signal.pthread_kill(me, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, lambda *_: sys.exit())
    interrupter = threading.Thread(target=interrupt)
    try:
        interrupter.start()
        with pytest.raises(SystemExit), opened(narrow) as session:
            session.execute(_SLEEP, {"seconds": 40.0})
    finally:
        interrupter.join()
        signal.signal(signal.SIGUSR1, before)
        with watcher.read() as session:
            session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        watcher.dispose()

    with opened(narrow) as session:
        assert session.execute(_FIND, {"wanted": "LOCAL:0"}).scalar_one() == 1


def _driver(session: Session) -> Wire:
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, Wire)
    return driver


@pytest.mark.parametrize("asks", [False, True], ids=["commit", "statement"])
def test_nobody_waits_for_ever_for_a_server_that_says_nothing(narrow: Database, *, asks: bool):
    """Its own time-outs are of no use to whom it cannot tell, and do not count while a commit waits for the disk."""
    pid = _pid(narrow)
    with pytest.raises(DatabaseUnavailableError), ExitStack() as at_the_end, narrow.write() as session:
        session.execute(_FIND, {"wanted": "LOCAL:0"})
        _driver(session).patience = 0.2
        os.kill(pid, signal.SIGSTOP)
        at_the_end.callback(os.kill, pid, signal.SIGCONT)
        post(session, _INSERT, _row("LOCAL:new"))
        if asks:
            session.execute(_FIND, {"wanted": "LOCAL:0"})

    assert pid != _pid(narrow)


def test_a_network_that_swallows_what_is_sent_is_given_up_soon(narrow: Database):
    """Else the system sends it again for a quarter of an hour; what keeps an idle connection alive does not help."""
    with narrow.write() as session, socket.socket(fileno=os.dup(_driver(session).fileno())) as line:
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
