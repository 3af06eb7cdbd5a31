"""Connections to the PostgreSQL server of a test process, kept from one test to the next.

A new one costs both sides 10 ms: the server makes a process, which learns all tables anew and plans every statement.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from select import POLLIN, poll
from typing import Any, cast
from weakref import WeakKeyDictionary

import psycopg
import pytest
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

KEPT = "kept for the next test"
"""What a connection that nobody uses says of itself to the server."""

_MOST = 12
_PUT = f"RESET ALL; SET application_name = '{KEPT}'".encode()
_TAKE = b"RESET application_name"


class KeptConnections:
    """What engines have closed, for others that ask for just the same.

    Only connections to databases that were named to `keep` are kept: others may be dropped, or reached by a detour.
    """

    def __init__(self) -> None:
        self._places: set[tuple[int, str]] = set()
        self._idle: dict[str, list[psycopg.Connection]] = defaultdict(list)
        self._asked_for: WeakKeyDictionary[psycopg.Connection, str] = WeakKeyDictionary()

    def keep(self, port: int, name: str) -> None:
        """Keep connections to database *name* from now on."""
        self._places.add((port, name))

    @contextmanager
    def working(self) -> Iterator[None]:
        """Stand between SQLAlchemy and its driver."""
        connect, close = PGDialect_psycopg.connect, PGDialect_psycopg.do_close

        def take_or_connect(dialect: PGDialect_psycopg, **options: Any) -> psycopg.Connection:
            wanted = repr(sorted((name, value) for name, value in options.items() if name != "context"))
            connection = self._take(self._idle[wanted]) or cast(psycopg.Connection, connect(dialect, **options))
            self._asked_for[connection] = wanted
            return connection

        def put_or_close(dialect: PGDialect_psycopg, connection: psycopg.Connection) -> None:
            if not self._put(connection):
                close(dialect, connection)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PGDialect_psycopg, "connect", take_or_connect)
            patch.setattr(PGDialect_psycopg, "do_close", put_or_close)
            patch.setattr(PGDialect_psycopg, "do_terminate", close)
            yield
        for connection in (connection for idle in self._idle.values() for connection in idle):
            connection.close()

    @staticmethod
    def _take(idle: list[psycopg.Connection]) -> psycopg.Connection | None:
        """Return one that the server has not closed meanwhile."""
        with suppress(IndexError):  # there is none, or another thread was faster
            while True:
                connection = idle.pop()
                if _is_open(connection) and _does(connection, _TAKE):
                    return connection
                connection.close()
        return None

    def _put(self, connection: psycopg.Connection) -> bool:
        """Return whether it is kept: nothing is under way on it, and the server agrees."""
        idle = self._idle[self._asked_for.get(connection, "")]
        if len(idle) >= _MOST or not _is_open(connection):
            return False
        if (connection.info.port, connection.info.dbname) not in self._places or not _does(connection, _PUT):
            return False
        connection._notice_handlers.clear()  # every engine brings its own
        idle.append(connection)
        return True


def _is_open(connection: psycopg.Connection) -> bool:
    if connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
        return False
    waiting = poll()
    waiting.register(connection, POLLIN)
    return not waiting.poll(0)


def _does(connection: psycopg.Connection, command: bytes) -> bool:
    return connection.pgconn.exec_(command).status == ExecStatus.COMMAND_OK
