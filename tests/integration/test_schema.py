"""Migrations make exactly the database the models describe, on both kinds."""

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import column, delete, insert, inspect, select, table, text, update
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

BEFORE = "0040"
MOMENT = "2026-03-01 08:00:00.000000"
ROWS: dict[str, dict[str, object]] = {
    "event": {"id": "e1", "name": "web", "title": "Web", "endpoints": '["a"]', "label": "north"},
    "chain": {"id": "c1", "name": "strong", "title": "Password and app", "is_supplement": 0},
    "event_chain": {"event_id": "e1", "position": 0, "chain_id": "c1"},
    "chain_method": {"chain_id": "c1", "position": 0, "method": "TOTP:1"},
    "chain_group": {"chain_id": "c1", "group_name": "Staff"},
    "enrollment": {
        "id": "n1",
        "person_key": "local:p1",
        "method": "HOTP:1",
        "state": "active",
        "seed": b"sealed",
        "last_step": 7,
        "label": "Token",
        "created_at": MOMENT,
        "confirmed_at": MOMENT,
    },
    "local_person": {
        "id": "p1",
        "repository": "LOCAL",
        "login": "Alice",
        "login_key": "alice",
        "display_name": "Alice",
        "mail": "alice@example.org",
        "phones": '["+4915112345642"]',
        "password_digest": "digest",
        "enabled": 1,
        "created_at": MOMENT,
        "changed_at": MOMENT,
    },
}
"""One row of each table that was changed since, and of those that hang on them."""


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


def test_an_upgrade_keeps_what_is_there(tmp_path):
    """Where a table is made anew, its rows and those that hang on them are still there; what is new has its default."""
    database = Database(f"sqlite:///{tmp_path}/before.db")
    with database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(migrations_folder()))
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
    with database.write() as session:
        for name, row in ROWS.items():
            session.execute(insert(table(name, *(column(one) for one in row))).values(row))
    upgrade_schema(database)
    with database.read() as session:
        found = {name: session.execute(select(text("*")).select_from(table(name))).mappings().all() for name in ROWS}
    database.dispose()

    assert ROWS == {name: {one: rows[0][one] for one in ROWS[name]} for name, rows in found.items() if rows}
    assert ("deny", "") == (found["event"][0]["overdue"], found["chain"][0]["required"])
    assert "optional" == found["event"][0]["selection"]
    assert (1, 0) == (found["enrollment"][0]["is_given"], found["local_person"][0]["must_change"])


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
