"""The database: one class over SQLite and PostgreSQL, and the rules both need.

SQLite runs in WAL mode with ``synchronous=FULL`` (a power cut must not revive a used code), and every writing
transaction starts with ``BEGIN IMMEDIATE``: a deferred one that reads first either loses updates or fails as
"locked". PostgreSQL runs at its default READ COMMITTED; rules that must hold under concurrency are conditional
UPDATEs whose row count is checked.

A `Database.write` block holds no network call and no password hashing: locks are held in it.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from sqlalchemy import Connection, CursorResult, DateTime, Dialect, Executable, MetaData, Result, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

from authsms.foundation.convoy import Convoy
from authsms.foundation.engines import BUSY_MILLISECONDS, READ_ONLY, light_engine, open_engine
from authsms.foundation.errors import DatabaseUnavailableError
from authsms.foundation.statements import PlainConnection, PlainResult, PlainSession

_BEFORE = "authsms_before_commit"
_AFTER = "authsms_after_commit"
_QUEUES = 2  # connections for taking from queues
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Opening: TypeAlias = Callable[[], AbstractContextManager[Connection]]


class Base(DeclarativeBase):
    """Parent of all tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; naive values are refused on the way in, aware ones come out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """Opens sessions on one database.

    Args:
        url: ``sqlite:////path/file.db`` or ``postgresql://user:password@host/name``.
        pool_size: Most connections kept open by this process (PostgreSQL).

    Raises:
        ConfigurationError: The address names another kind of database or cannot be read.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.engine = open_engine(url, pool_size)
        self.dialect: Literal["sqlite", "postgresql"] = (
            "sqlite" if self.engine.dialect.name == "sqlite" else "postgresql"
        )
        self._writing = threading.Lock()
        self._light_engine = light_engine(self.engine, url, pool_size)
        self._queue_engine = light_engine(self.engine, url, _QUEUES, in_order=True)
        self._jot_engine = self.engine
        self._single: _Opening = self.engine.execution_options(isolation_level="AUTOCOMMIT").connect
        self._light: _Opening = self._light_engine.connect
        self._queue: _Opening = self._queue_engine.connect
        self._reading: _Opening = self._light
        self._reading_at_once: _Opening = self._light_engine.execution_options(isolation_level="REPEATABLE READ").begin
        if self.dialect == "sqlite":
            self._jot_engine = self._light_engine
            self._single = self.engine.begin
            self._light = self._queue = self._light_engine.begin
            self._reading = self._reading_at_once = self.engine.execution_options(**{READ_ONLY: True}).begin

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Run one transaction that may write; it commits when the block ends without an error.

        Raises:
            DatabaseUnavailableError: Nothing was committed, or (rarely, when the connection broke during the commit)
                the outcome is unknown; the caller shows "temporarily unavailable".
        """
        with self._turn(), self._session(self.engine.begin) as session:
            yield session

    @contextmanager
    def write_one(self) -> Iterator[Session]:
        """Like `write`, for a single statement; on PostgreSQL it costs one round trip in place of three.

        Raises:
            DatabaseUnavailableError: As with `write`.
        """
        with self._turn(), self._session(self._single) as session:
            yield session

    def convoy(
        self, work: Callable[[Session, Sequence[_Item]], Sequence[_Result]], *, is_single: bool = False
    ) -> Convoy[_Item, _Result]:
        """Return what does *work*, one statement if *is_single*, for several threads, each with an item of its own."""
        return Convoy(self.write_one if is_single else self.write, work)

    @contextmanager
    def jot(self) -> Iterator[PlainConnection]:
        """Run one transaction on rows that nobody would miss after a power cut.

        It does not wait for the disk, which makes it many times cheaper than `write`. Every process sees it at once,
        and it outlives the end of a process; only the end of the machine may undo it.

        Raises:
            DatabaseUnavailableError: As with `write`.
        """
        with self._turn(), _told_apart(), self._jot_engine.begin() as connection:
            yield PlainConnection(connection)

    @contextmanager
    def jot_one(self) -> Iterator[PlainConnection]:
        """Like `jot`, for a single statement; on PostgreSQL it costs one round trip in place of three.

        Raises:
            DatabaseUnavailableError: As with `write`.
        """
        with self._turn(), _told_apart(), self._light() as connection:
            yield PlainConnection(connection)

    @contextmanager
    def jot_in_order(self) -> Iterator[PlainConnection]:
        """Like `jot_one`, for a statement that takes the first rows in the order of an index, however many there are.

        Raises:
            DatabaseUnavailableError: As with `write`.
        """
        with self._turn(), _told_apart(), self._queue() as connection:
            yield PlainConnection(connection)

    @contextmanager
    def read(self, *, at_one_moment: bool = False) -> Iterator[Session]:
        """Run statements that only read; they never wait for writers.

        SQLite reads one snapshot; on PostgreSQL each statement sees what is committed, and pays no transaction, unless
        all are to see what was committed *at_one_moment*.

        Raises:
            DatabaseUnavailableError: The database cannot be reached.
        """
        with self._session(self._reading_at_once if at_one_moment else self._reading) as session:
            yield session

    def insert(self, table: type[Base] | Table) -> postgresql.Insert | sqlite.Insert:
        """Return an INSERT into *table* that can say ``on_conflict_do_update`` and ``on_conflict_do_nothing``."""
        return sqlite.insert(table) if self.dialect == "sqlite" else postgresql.insert(table)

    def now(self) -> datetime:
        """Return the database's own time; on SQLite that is the machine's."""
        if self.dialect == "sqlite":
            return datetime.now(UTC)
        with self.read() as session:
            moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        return moment.astimezone(UTC)

    def ping(self) -> None:
        """Return when the database answers.

        Raises:
            DatabaseUnavailableError: It does not.
        """
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Close every connection; needed before a fork and at the end."""
        for engine in (self.engine, self._light_engine, self._queue_engine):
            engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let the writers of this process wait in a queue on SQLite.

        SQLite has one writer at a time and lets the others try again after longer and longer pauses: with many threads
        some starve, and all wait longer than they need to.
        """
        if self.dialect == "postgresql":
            yield
            return
        if not self._writing.acquire(timeout=BUSY_MILLISECONDS / 1000):
            raise DatabaseUnavailableError("The database is too busy.")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _session(self, opening: _Opening) -> Iterator[Session]:
        with _told_apart(), opening() as connection:
            session = PlainSession(connection)
            try:
                yield session
                for finish in session.info.pop(_BEFORE, ()):
                    finish()
                if session.is_ready and session.in_transaction():
                    session.commit()
            finally:
                if session.is_ready:
                    session.close()
        for callback in session.info.pop(_AFTER, ()):
            callback()


@contextmanager
def _told_apart() -> Iterator[None]:
    """Tell a database that is away from a statement that is wrong."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise DatabaseUnavailableError("The database is not available.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseUnavailableError("The connection to the database broke.") from error
        raise


def post(session: Session, statement: Executable, values: Any) -> None:
    """Run a statement on tables whose answer nobody waits for: it shares a round trip with what comes after it.

    Its error is that of the next statement, or of the commit. What is wrong with it undoes the transaction all the
    same.
    """
    if isinstance(session, PlainSession):
        session.post(statement, values)
    else:
        session.execute(statement, values)


def before_commit(session: Session, finish: Callable[[], None]) -> None:
    """Run *finish* as the last of the session's transaction, right before it is committed; never after an error."""
    session.info.setdefault(_BEFORE, []).append(finish)


def after_commit(session: Session, callback: Callable[[], None]) -> None:
    """Run *callback* once the session's transaction is committed; never after a rollback."""
    session.info.setdefault(_AFTER, []).append(callback)


def rowcount(result: Result[Any]) -> int:
    """Return how many rows an UPDATE or DELETE changed (an INSERT does not tell; ask it for RETURNING)."""
    if not isinstance(result, CursorResult | PlainResult) or result.rowcount < 0:
        raise TypeError("only an UPDATE or DELETE has a row count")
    return result.rowcount


def sqlite_url(file: Path) -> str:
    """Return the address of the SQLite database in *file*."""
    return f"sqlite:///{file.absolute()}"
