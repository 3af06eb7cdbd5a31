"""The database's revision: which one it has, and how it gets to the one this version needs."""

from enum import Enum, auto
from typing import Any

from sqlalchemy import Connection, inspect, text

from authsms.foundation.db import Base, Database
from authsms.foundation.errors import ConfigurationError
from authsms.foundation.resources import migrations_folder
from authsms.migrations import HEAD

_MIGRATION_LOCK = 0x61757468


class SchemaState(Enum):
    """How a database stands to this version."""

    EMPTY = auto()
    CURRENT = auto()
    OTHER = auto()


def schema_state(database: Database) -> SchemaState:
    """Return how the database stands to this version.

    Raises:
        DatabaseUnavailableError: It cannot be reached.
    """
    with database.read() as session:
        tables = inspect(session.connection()).get_table_names()
        if "alembic_version" not in tables:
            return SchemaState.OTHER if tables else SchemaState.EMPTY
        revision = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if revision is None:
        return SchemaState.EMPTY
    return SchemaState.CURRENT if revision == HEAD else SchemaState.OTHER


def upgrade_schema(database: Database) -> None:
    """Bring the database to the revision this version works with; one process does it, others wait."""
    _migrate(database, "upgrade", "head")


def downgrade_schema(database: Database) -> None:
    """Take every table away, and what is in it."""
    _migrate(database, "downgrade", "base")


def _migrate(database: Database, command_name: str, revision: str) -> None:
    with database.engine.connect() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("SET lock_timeout = 0"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        _run(connection, command_name, revision)
        connection.commit()
        connection.invalidate()


def require_schema(database: Database) -> None:
    """Return when the database is at the right revision; an empty one is filled.

    Raises:
        ConfigurationError: It is at another revision; the text says what to do.
    """
    state = schema_state(database)
    if state is SchemaState.EMPTY:
        upgrade_schema(database)
    elif state is SchemaState.OTHER:
        raise ConfigurationError(
            f"The database is not at revision {HEAD}. Make a backup, then run: authsms db upgrade "
            "(or start the version of authsms that belongs to the database)."
        )


def schema_differences(database: Database) -> list[Any]:
    """Return what the models have and the database has not, or the other way round; empty when they agree."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - Alembic costs 0.1 s that no server start should pay
    from alembic.migration import MigrationContext  # noqa: PLC0415

    with database.engine.connect() as connection:
        return list(
            compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)
        )


def _run(connection: Connection, command_name: str, *arguments: str) -> None:
    from alembic import command  # noqa: PLC0415 - as above
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.attributes["connection"] = connection
    getattr(command, command_name)(config, *arguments)
