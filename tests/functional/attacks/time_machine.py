"""A database whose clock can be moved, so that no test has to wait, or to be quick enough."""

from dataclasses import dataclass
from datetime import timedelta

import psycopg

from tests.functional.running import Installation
from tests.parts.postgresql import PostgreSQL
from tests.parts.tables import create_tables

_MACHINE = """
CREATE TABLE travelled (distance interval);
INSERT INTO travelled VALUES ('0');
CREATE FUNCTION clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql
  AS 'SELECT pg_catalog.clock_timestamp() + distance FROM public.travelled';
"""


@dataclass(frozen=True, slots=True)
class TimeMachine:
    """The database at *url*; servers read its clock when they start."""

    url: str

    @classmethod
    def make(cls, server: PostgreSQL) -> "TimeMachine":
        """Return one over a new database with all tables."""
        name = server.create_database()
        create_tables(server.url(name))
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" SET search_path = public, pg_catalog')
            connection.execute(_MACHINE)
        return cls(server.url(name))

    def travel(self, installation: Installation, step: timedelta) -> None:
        """Move the clock on by *step* while the servers are away."""
        installation.stop()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("UPDATE travelled SET distance = distance + %s", [step])
        installation.start()
