"""Migrations make exactly the database the models describe, on both kinds."""

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import delete, inspect, text, update
from sqlalchemy.exc import DBAPIError

from authsms import app
from authsms.audit import AuditEntry, AuditRecord, AuditTag, AuditTrail
from authsms.foundation.clock import SystemClock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConfigurationError
from authsms.foundation.resources import migrations_folder
from authsms.foundation.schema import (
    SchemaState,
    downgrade_schema,
    require_schema,
    schema_differences,
    schema_state,
    upgrade_schema,
)
from authsms.migrations import HEAD

assert callable(app.create_app)  # every model is imported


@pytest.fixture
def empty(bare_database_url):
    database = Database(bare_database_url)
    yield database
    database.dispose()


def test_migrations_make_what_the_models_describe(empty):
    """A column that one of them lacks would fail in production only."""
    upgrade_schema(empty)

    assert schema_differences(empty) == []
    assert schema_state(empty) is SchemaState.CURRENT


def test_the_head_is_the_newest_migration():
    """Servers compare with this constant, so that they need not read the files."""
    assert ScriptDirectory(str(migrations_folder())).get_heads() == [HEAD]


def test_an_upgrade_can_be_taken_back(empty):
    """Nothing is left behind, and it can be made again."""
    upgrade_schema(empty)
    downgrade_schema(empty)
    left = set(inspect(empty.engine).get_table_names()) - {"alembic_version"}
    upgrade_schema(empty)

    assert left == set()
    assert schema_differences(empty) == []


def test_an_empty_database_is_filled_and_another_revision_is_refused(empty):
    """The sentence says what to do; nothing is changed."""
    require_schema(empty)
    with empty.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigurationError, match="authsms db upgrade"):
        require_schema(empty)


def test_a_database_of_something_else_is_refused(empty):
    """Never fill a database that holds other tables."""
    with empty.write() as session:
        session.execute(text("CREATE TABLE somebody_elses (id INTEGER)"))

    with pytest.raises(ConfigurationError):
        require_schema(empty)


@pytest.mark.parametrize("statement", [update(AuditRecord).values(login="eve"), delete(AuditRecord)])
def test_the_database_itself_refuses_to_change_audit_records(empty, vault, statement):
    """Also to somebody who has the server's own account."""
    upgrade_schema(empty)
    with empty.write() as session:
        AuditTrail(empty, vault, SystemClock()).record(session, AuditEntry(AuditTag.LOGON_STARTED))

    with pytest.raises(DBAPIError, match="append only"), empty.write() as session:
        session.execute(statement)
