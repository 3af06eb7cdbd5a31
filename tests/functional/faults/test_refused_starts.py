"""Starts that are refused: one sentence that says what to do, and exit status 1."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy import text

from authsms.cli import commands, supervisor
from authsms.foundation.db import Database, sqlite_url
from authsms.foundation.metrics_folder import FOLDER_VARIABLE
from authsms.foundation.schema import upgrade_schema
from authsms.foundation.vault import Vault
from tests.parts.postgresql import PostgreSQL
from tests.parts.processes import free_port

_SECONDS = 60
Refuse = Callable[..., str]


@pytest.fixture
def refused(
    logged: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], instance: Path
) -> Refuse:
    """Start a server that must not start, in this process, and return its one sentence."""

    def refuse(**settings: str) -> str:
        for name, value in _environment(instance, settings).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            commands.main(["serve"], prog_name="authsms")
        told = capsys.readouterr().err
        assert ended.value.code == 1, told
        assert told.startswith("authsms: ")
        return told

    monkeypatch.setenv(FOLDER_VARIABLE, "")  # so that it is put back
    monkeypatch.setattr(supervisor, "_web_server", _start_after_all)
    return refuse


@pytest.fixture
def refused_outside(instance: Path) -> Refuse:
    """Do the same in a process of its own; most tests do without, because it must load the whole server first."""

    def refuse(**settings: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "authsms", "serve"],
            env={**os.environ, **_environment(instance, settings)},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("authsms: ")
        return done.stderr

    return refuse


def _environment(instance: Path, settings: Mapping[str, str]) -> dict[str, str]:
    usual = {"INSTANCE": str(instance), "ENVIRONMENT": "development", "SERVER__PORT": str(free_port())}
    return {f"AUTHSMS_{name}": value for name, value in {**usual, **settings}.items()}


def _start_after_all(_settings: object) -> NoReturn:
    raise AssertionError("the start was not refused")


def test_keys_that_others_can_read_are_refused(instance: Path, refused: Refuse) -> None:
    """The sentence is the command that mends it."""
    Vault.open(instance / "keys.json")
    (instance / "keys.json").chmod(0o644)

    assert f"chmod 600 {instance / 'keys.json'}" in refused()


def test_the_debug_flag_is_refused_in_production(refused: Refuse) -> None:
    """It shows innards to strangers."""
    told = refused(ENVIRONMENT="production", PUBLIC_URL="https://login.example.test", DEBUG="true")

    assert "debug" in told
    assert "production" in told


def test_plain_http_is_refused_in_production(refused: Refuse) -> None:
    """Passwords would go over the line in the clear."""
    assert "https://" in refused(ENVIRONMENT="production", PUBLIC_URL="http://login.example.test")


def test_a_database_at_another_revision_is_refused(instance: Path, refused_outside: Refuse) -> None:
    """The sentence names the command that upgrades it, and the backup before that."""
    database = Database(sqlite_url(instance / "authsms.db"))
    upgrade_schema(database)
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.dispose()

    told = refused_outside()

    assert "authsms db upgrade" in told
    assert "backup" in told


def test_settings_nobody_knows_are_refused_by_their_names(instance: Path, refused: Refuse) -> None:
    """A setting that silently does nothing is worse than none."""
    (instance / "config.toml").write_text('[otp]\nlenght = 8\npublic_ulr = "x"\n')
    told = refused(SERVER__PROT="1", OPT__LENGTH="6", DATABSE__URL="x", OTP__LIFETIME="60")

    for name in ("server.prot", "opt", "databse", "otp.lifetime", "otp.lenght", "otp.public_ulr"):
        assert f"Unknown setting {name}: check the spelling." in told


def test_values_out_of_range_are_refused(refused_outside: Refuse) -> None:
    """Limits of the standards are not a matter of configuration (NIST SP 800-63B-4, 3.1.3.2 and 3.2.2)."""
    wrong = {"OTP__LENGTH": "5", "OTP__LIFETIME_SECONDS": "601", "OTP__FAILURE_CAP": "101", "OTP__ATTEMPTS": "6"}
    told = refused_outside(**wrong)

    for name in ("otp.length", "otp.lifetime_seconds", "otp.failure_cap", "otp.attempts"):
        assert name in told


def test_a_proxy_is_not_trusted_by_half(refused: Refuse) -> None:
    """The embedded server takes X_Forwarded_For for X-Forwarded-For, so the proxy must drop such names."""
    assert "proxy_drops_underscores" in refused(SERVER__TRUSTED_PROXIES="127.0.0.1")


def test_a_database_that_is_away_is_told_without_its_password(refused: Refuse) -> None:
    """The address of a database holds a password."""
    told = refused(DATABASE__URL="postgresql://authsms:MARK-DATABASE@127.0.0.1:9/authsms")

    assert "database" in told
    assert "MARK" not in told


def test_the_revision_is_looked_at_on_postgresql_too(refused: Refuse, postgresql: PostgreSQL) -> None:
    """A database with tables of somebody else is left alone."""
    name = postgresql.create_database()
    with psycopg.connect(postgresql.url(name), autocommit=True) as connection:
        connection.execute("CREATE TABLE somebody_elses (id integer)")
    told = refused(DATABASE__URL=postgresql.url(name))
    with psycopg.connect(postgresql.url(name)) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()

    assert "authsms db upgrade" in told
    assert [("somebody_elses",)] == tables


def test_a_port_that_is_taken_is_refused(refused: Refuse) -> None:
    """Two servers on one port would answer in turn."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refused(SERVER__PORT=str(port))

    assert str(port) in told
