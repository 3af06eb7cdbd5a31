"""PostgreSQL without durability, and databases that are made once and emptied between tests.

Emptying takes 2 ms (on a connection that is kept, with statements that are planned once), a copy of a template 150 ms.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from tests.parts.connections import KEPT
from tests.parts.processes import (
    HOST,
    ME,
    PartError,
    Process,
    User,
    find_program,
    private_folder,
    start_on_free_ports,
)

_CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> %s
"""
_EMPTY = """
DO $make$
DECLARE work text;
BEGIN
  SELECT string_agg(format('IF pg_relation_size(%1$L) > 65536 THEN TRUNCATE %1$s CASCADE;
                            ELSIF pg_relation_size(%1$L) > 0 THEN DELETE FROM %1$s; END IF;', oid::regclass), ' ')
    INTO work FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version';
  SELECT work || coalesce(string_agg(format('PERFORM setval(%L, 1, false);', oid::regclass), ' '), '')
    INTO work FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S';
  EXECUTE format('CREATE FUNCTION pg_temp.empty() RETURNS void LANGUAGE plpgsql AS %L', 'BEGIN ' || work || ' END');
END $make$
"""
_OPTIONS = {
    "autovacuum": "off",
    "checkpoint_timeout": "1d",
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": HOST,
    "max_connections": "300",
    "max_wal_size": "4GB",
    "shared_buffers": "32MB",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_DURABLE = {"autovacuum": "on", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@dataclass(slots=True)
class PostgreSQL:
    """A running server; anybody on this machine may log in as ``postgres``."""

    port: int
    folder: Path
    process: Process
    _options: Mapping[str, str]
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _connection: psycopg.Connection | None = None
    _emptying: dict[str, psycopg.Connection] = field(default_factory=dict)

    def url(self, name: str) -> str:
        """Return the address of database *name*."""
        return f"postgresql://postgres@{HOST}:{self.port}/{name}"

    def create_database(self) -> str:
        """Create a database without tables and return its name."""
        name = f"test_{next(self._numbers)}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return name

    def empty(self, name: str) -> None:
        """Remove every row, cutting off whoever is still at work; tables stay and numbers start again at 1."""
        try:
            self._empty(name)
        except psycopg.OperationalError:
            kept = self._emptying.pop(name, None)
            if kept is None:
                raise
            kept.close()  # somebody has ended it
            self._empty(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, cutting off whoever is still connected."""
        if kept := self._emptying.pop(name, None):
            kept.close()
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """End the server; connections break."""
        for connection in (self._connection, *self._emptying.values()):
            if connection is not None:
                connection.close()
        self._connection = None
        self._emptying.clear()
        self.process.stop()

    def start(self) -> None:
        """Start it again after `stop` or `Process.kill`, on the same port."""
        self.process = _launch(self.folder, self.port, self._options)

    def _empty(self, name: str) -> None:
        connection = self._emptying.get(name)
        if connection is None:
            connection = self._emptying[name] = psycopg.connect(self.url(name), autocommit=True)
            connection.execute("SET session_replication_role = replica")  # no keys or triggers that refuse a DELETE
            connection.execute(_EMPTY)
        connection.execute(_CUT_OFF, (KEPT,))
        connection.execute("SELECT pg_temp.empty()")

    def _execute(self, statement: sql.Composed) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.url("postgres"), autocommit=True)
        self._connection.execute(statement)


@contextmanager
def run_postgresql(cluster: Path | None = None, *, durable: bool = False) -> Iterator[PostgreSQL]:
    """Run a server on a copy of *cluster* (see `make_cluster`), or on a new one; a durable one writes to the disk."""
    with private_folder("pg") as folder:
        data = folder / "data"
        if cluster is None:
            make_cluster(data)
        else:
            shutil.copytree(cluster, data)
        data.chmod(0o700)
        _user().give(folder)
        server = start_on_free_ports(1, partial(_start, folder, _DURABLE if durable else {}))
        try:
            yield server
        finally:
            server.stop()


def make_cluster(data: Path) -> None:
    """Make an empty cluster in *data*; about a second of work, so it is made once and copied."""
    with private_folder("initdb") as folder:
        _user().give(folder)
        command = [find_program("initdb", *_program_folders()), "-D", str(folder / "data")]
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        name = _user().name
        done = subprocess.run(
            [*command, *options],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=name,
            group=name,
            extra_groups=[] if name else None,
        )
        if done.returncode:
            raise PartError(f"initdb: {done.stderr}")
        shutil.copytree(folder / "data", data)


def _start(folder: Path, options: Mapping[str, str], port: int) -> PostgreSQL:
    return PostgreSQL(port, folder, _launch(folder, port, options), options)


def _launch(folder: Path, port: int, extra: Mapping[str, str]) -> Process:
    options = {**_OPTIONS, **extra, "port": str(port), "unix_socket_directories": str(folder)}
    command = [find_program("postgres", *_program_folders()), "-D", str(folder / "data")]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    log = folder / "server.log"
    log.touch()
    process = Process(command, log=log, user=_user(), stop_signal=signal.SIGINT)
    process.wait_until_ready(partial(_answers, port))
    return process


def _answers(port: int) -> bool:
    try:
        psycopg.connect(f"postgresql://postgres@{HOST}:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _program_folders() -> list[str]:
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    return [str(folder) for folder in sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)]


def _user() -> User:
    """Return who runs the server: it refuses root."""
    if os.geteuid() != 0:
        return ME
    try:
        return User(pwd.getpwnam("postgres").pw_name)
    except KeyError:
        raise PartError("PostgreSQL refuses root, and there is no user postgres on this machine") from None
