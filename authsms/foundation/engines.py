"""How connections to the two kinds of database are opened and kept.

SQLite runs in WAL mode with ``synchronous=FULL`` (a power cut must not revive a used code), and every writing
transaction starts with ``BEGIN IMMEDIATE``: a deferred one that reads first either loses updates or fails as
"locked". PostgreSQL runs at its default READ COMMITTED, with time-outs on every statement and lock.

The connection that came back last goes out first. So as few of them do the work as there are threads at work at the
same time: each keeps a cursor for every statement it has run, and PostgreSQL a plan, and taking turns would bring
every connection there is to keep all of them.
"""

import os
import select
from contextlib import suppress
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from authsms.foundation.errors import ConfigurationError

READ_ONLY = "authsms_read_only"
PASSING = "authsms_passing"
BUSY_MILLISECONDS = 5000
_STATEMENT_MILLISECONDS = 5000
_LOCK_MILLISECONDS = 3000
_IN_ORDER = " -c enable_seqscan=off -c enable_sort=off"
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
            "application_name": "authsms",
        },
        **{"isolation_level": "READ COMMITTED", **options},
    )
    event.listen(engine, "do_connect", _take_words)
    event.listen(engine, "checkout", _refuse_dead)
    return engine


def _take_words(dialect: Dialect, _record: ConnectionPoolEntry, _places: list[str], options: dict[str, Any]) -> None:
    """Let the driver hand statements on as they are: looking for parameters in long ones costs more than all the rest.

    SQLAlchemy writes the parameters as PostgreSQL wants them, ``$1``.
    """
    options["cursor_factory"] = dialect.loaded_dbapi.RawCursor


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
    connection.exec_driver_sql("BEGIN" if options.get(READ_ONLY, False) else "BEGIN IMMEDIATE")
