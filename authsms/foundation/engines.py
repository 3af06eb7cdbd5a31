"""How connections to the two kinds of database are opened and kept.

SQLite runs in WAL mode with ``synchronous=FULL`` (a power cut must not revive a used code), and every writing
transaction starts with ``BEGIN IMMEDIATE``: a deferred one that reads first either loses updates or fails as
"locked". PostgreSQL runs at its default READ COMMITTED, with time-outs on every statement and lock.

SQLite's journal goes into its file bit by bit, and whoever makes it too long has to wait for that. `checkpoint` does it
beforehand, for a process that has the time: one in sixty texts had to wait for it otherwise.

The connection that came back last goes out first. So as few of them do the work as there are threads at work at the
same time: on each PostgreSQL keeps a plan of every statement that was run there, and taking turns would bring every
connection there is to keep all of them.
"""

import os
import select
import sqlite3
import time
from contextlib import closing, suppress
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from authsms.foundation.errors import ConfigurationError, DatabaseUnavailableError

READ_ONLY = "authsms_read_only"
PASSING = "authsms_passing"
BUSY_MILLISECONDS = 5000
_STATEMENT_MILLISECONDS = 5000
_LOCK_MILLISECONDS = 3000
_SILENT_SECONDS = 20  # as long as it takes to miss two signs of life
_IN_ORDER = " -c enable_seqscan=off -c enable_sort=off"
_WRITE = "BEGIN IMMEDIATE"
_LOOK_SECONDS = 0.0005
_PRIMARY = 0xFF  # of the codes of errors, which say more in their upper bits
_LONGEST_JOURNAL = 8000  # pages of 4 kB; `checkpoint` keeps it shorter, where there is a delivery process
_SQLITE_CONNECTIONS = 40  # as many as threads, or each use would open and prepare a connection anew


def open_engine(url: str, pool_size: int) -> Engine:
    """Return the engine for *url*; nothing is connected yet.

    Args:
        url: ``sqlite:////path/file.db`` or ``postgresql://user:password@host/name``.
        pool_size: PostgreSQL connections at most; those of `light_engine` come on top.

    Raises:
        ConfigurationError: The address names another kind of database or cannot be read.
    """
    address = _read(url)
    if address.get_backend_name() == "postgresql":
        return _postgresql(address, pool_size)
    engine = create_engine(
        address,
        pool_size=_SQLITE_CONNECTIONS,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={"timeout": BUSY_MILLISECONDS / 1000, "isolation_level": None},
    )
    event.listen(engine, "do_connect", _make_private)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def light_engine(engine: Engine, url: str, pool_size: int, *, in_order: bool = False) -> Engine:
    """Return an engine on the same database for single statements that need not wait for the disk.

    On PostgreSQL its connections commit by themselves, so that a statement is one round trip and not three, and there
    is no transaction to begin, or to end when they go back.

    Args:
        engine: The one of `open_engine`.
        url: Its address.
        pool_size: PostgreSQL connections at most.
        in_order: They take the first rows in the order of an index. PostgreSQL keeps the plan of a statement for long,
            and one that was made while the table was empty would read and sort all of it when it is full.
    """
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{PASSING: True})
    options = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    settings = " -c synchronous_commit=off" + (_IN_ORDER if in_order else "")
    return _postgresql(_read(url), pool_size, settings, **options)


def checkpoint(engine: Engine) -> None:
    """Take over into its file what SQLite's journal holds, while others go on writing; PostgreSQL sees to that itself.

    Raises:
        DatabaseUnavailableError: The file cannot be opened or written.
    """
    if engine.dialect.name != "sqlite":
        return
    try:
        with closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
    except (sqlite3.OperationalError, OperationalError) as error:
        raise DatabaseUnavailableError("The database is not available.") from error


def _read(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError("database.url cannot be read; write sqlite:////… or postgresql://…") from None
    if address.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ConfigurationError("database.url names an unknown kind of database; use sqlite or postgresql.")
    return address


def _postgresql(address: URL, pool_size: int, settings: str = "", **options: str | None) -> Engine:
    time_outs = f"-c statement_timeout={_STATEMENT_MILLISECONDS} -c lock_timeout={_LOCK_MILLISECONDS}"
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        pool_use_lifo=True,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,
        paramstyle="numeric_dollar",
        connect_args={
            "options": f"{time_outs} -c timezone=UTC{settings}",
            "connect_timeout": 3,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "tcp_user_timeout": 1000 * _SILENT_SECONDS,
            "application_name": "authsms",
        },
        **{"isolation_level": "READ COMMITTED", **options},
    )
    event.listen(engine, "do_connect", _take_wire)
    event.listen(engine, "checkout", _refuse_dead)
    return engine


def _take_wire(_dialect: Dialect, _record: ConnectionPoolEntry, _places: list[str], options: dict[str, Any]) -> Any:
    """Return a connection on which statements share round trips; SQLAlchemy writes their parameters as it wants them.

    The driver itself prepares nothing there: it would throw away what the connection has prepared with its own.
    """
    from authsms.foundation.wire import Wire, WireCursor  # noqa: PLC0415 - SQLite needs no driver of PostgreSQL

    return Wire.connect(**options, cursor_factory=WireCursor, prepare_threshold=None)


def _refuse_dead(connection: Any, _record: ConnectionPoolEntry, _proxy: object) -> None:
    """Let the pool open connections anew once the server has closed them; it costs no round trip.

    A server has nothing to say on an idle connection but good-bye, so one that can be read from is over.
    """
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if poll.poll(0):
        raise InvalidatePoolError


def _make_private(_dialect: Dialect, _record: ConnectionPoolEntry, places: list[str], _options: dict[str, Any]) -> None:
    """Make a missing file, for its owner only; journals take over its mode."""
    if places[0] == ":memory:":
        return
    with suppress(OSError):  # the connection that follows says what is the matter
        os.close(os.open(places[0], os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_MILLISECONDS}",
        "foreign_keys=ON",
        f"wal_autocheckpoint={_LONGEST_JOURNAL}",
        "journal_size_limit=67108864",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    synchronous = "NORMAL" if options.get(PASSING, False) else "FULL"
    if connection.info.get("synchronous", "FULL") != synchronous:
        connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
        connection.info["synchronous"] = synchronous
    if options.get(READ_ONLY, False):
        connection.exec_driver_sql("BEGIN")
    else:
        _begin_writing(connection)


def _begin_writing(connection: Connection) -> None:
    """Wait until no other process writes, and be the one who does.

    SQLite itself would look again after 1, 2, 5, 10 milliseconds and more, while most transactions last for one or two.
    """
    cursor: DBAPICursor = connection.connection.cursor()
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        while not _may_write(connection, cursor, is_last=time.monotonic() >= until):
            time.sleep(_LOOK_SECONDS)
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")


def _may_write(connection: Connection, cursor: DBAPICursor, *, is_last: bool) -> bool:
    """Begin a transaction that writes, or return False when another process is at it and one may try again."""
    try:
        cursor.execute(_WRITE)
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code & _PRIMARY == sqlite3.SQLITE_BUSY and not is_last:
            return False
        connection.exec_driver_sql(_WRITE)  # fails again, in the words of SQLAlchemy
    return True
