"""Fixtures every test may ask for; the servers behind them are started when the first test wants one."""

import fcntl
import gc
import ipaddress
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from multiprocessing.util import get_temp_dir
from pathlib import Path

import pytest
import structlog

from authsms.foundation.db import Database, sqlite_url
from authsms.foundation.logs import configure_logging
from authsms.foundation.settings import Settings
from authsms.foundation.vault import HashingProfile, Vault
from tests.fakes import ManualClock
from tests.parts.connections import KeptConnections
from tests.parts.examples import draw_at_once
from tests.parts.postgresql import PostgreSQL, make_cluster, run_postgresql
from tests.parts.rabbitmq import RabbitMQ, run_rabbitmq
from tests.parts.redis_server import Redis, run_redis
from tests.parts.slapd import Slapd, run_slapd
from tests.parts.tables import create_tables, sqlite_template
from tests.parts.thrift import share_what_is_dear

_GARBAGE = 20_000
"""Objects made before the youngest are looked through; Python's own 700 are for small programs."""


def pytest_configure() -> None:
    """Let no test reach beyond this machine, and garbage be looked for seldom."""
    gc.set_threshold(_GARBAGE)
    sys.addaudithook(_refuse_distant_peers)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run two processes more than there are cores: tests also wait, for servers, browsers and time-outs."""
    return len(os.sched_getaffinity(0)) + 2


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Let the tests of a group run in one process: pytest 9.2 does not read the field that pytest-xdist 3.8 writes.

    What takes long begins first, and then the other groups, so that no process is left alone with one of them.
    """
    draw_at_once()  # before Hypothesis has a look at the tests
    yield
    for item in items:
        grouped = getattr(item, "_nodeid", item.nodeid)
        if grouped != item.nodeid:
            item._id = type(item._id).parse(grouped)
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in ("slow", "xdist_group")])


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays to the end anyway: thousands of tests, and every module they import."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _kept_connections() -> Iterator[KeptConnections]:
    with share_what_is_dear() as connections:
        yield connections


@pytest.fixture(autouse=True, scope="session")
def _temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Take away in the end what installations leave in the temporary folder, such as the doorbells of killed ones."""
    tmp_path_factory.getbasetemp()
    get_temp_dir()  # of multiprocessing, which takes it away itself, later
    left = tempfile.TemporaryDirectory(prefix="t", ignore_cleanup_errors=True)  # what is just ending may still write
    with left as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o711)  # the user of a server may pass
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AUTHSMS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves only when told to."""
    return ManualClock()


@pytest.fixture
def rare_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process knows stays good for an hour, for tests that count: seconds may pass between two statements."""
    monkeypatch.setattr("authsms.foundation.glance._SECONDS", 3600)
    monkeypatch.setattr("authsms.logon.catalog._FRESH_SECONDS", 3600)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that is logged, before it is redacted; logging is configured as the product does it, and put back."""
    root, own = logging.getLogger(), structlog.get_config()
    handlers, level, is_loud = root.handlers[:], root.level, logging.raiseExceptions
    configure_logging("DEBUG")
    root.addHandler(caplog.handler)
    yield caplog
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = is_loud
    structlog.configure(**own)


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """The folder of an installation of its own."""
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def vault(instance: Path) -> Vault:
    """A vault on the keys of `instance`, with hashing made cheap."""
    return Vault.open(instance / "keys.json", profile=HashingProfile.TESTS)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of a fresh database with all tables; a test that asks for it runs on both kinds."""
    url: str = request.getfixturevalue(f"{request.param}_database_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with all tables, on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def settings(instance: Path, database_url: str) -> Settings:
    """Settings of an installation on loopback with a fresh database, on SQLite and on PostgreSQL."""
    return Settings.model_validate(
        {"instance": instance, "environment": "development", "database": {"url": database_url}}
    )


@pytest.fixture
def sqlite_database_url(tmp_path: Path, _sqlite_template: Path) -> str:
    """Address of a fresh SQLite database with all tables."""
    return sqlite_url(shutil.copyfile(_sqlite_template, tmp_path / "authsms.db"))


@pytest.fixture
def postgresql_database_url(postgresql: PostgreSQL, _postgresql_tables: str) -> str:
    """Address of a PostgreSQL database with all tables and no rows; a test must leave the tables as they are."""
    postgresql.empty(_postgresql_tables)
    return postgresql.url(_postgresql_tables)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database without tables, for what makes or changes them; on both kinds."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "bare.db")
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[PostgreSQL]:
    """A PostgreSQL server of this test process; the cluster under it is made once for all of them."""
    with run_postgresql(_shared_cluster(tmp_path_factory, worker_id)) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A Redis server of this test process."""
    with run_redis() as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitMQ]:
    """A RabbitMQ server of this test process; tests that ask for it belong to the group ``broker``."""
    with run_rabbitmq() as server:
        yield server


@pytest.fixture(scope="session")
def slapd_server() -> Iterator[Slapd]:
    """An OpenLDAP server of this test process; what is in it stays from test to test, so ask for `slapd`."""
    with run_slapd() as server:
        yield server


@pytest.fixture
def slapd(slapd_server: Slapd) -> Slapd:
    """An OpenLDAP server without people and groups."""
    slapd_server.clear_people()
    return slapd_server


@pytest.fixture(scope="session")
def _sqlite_template(_kept_connections: KeptConnections) -> Path:
    return sqlite_template()


@pytest.fixture(scope="session")
def _postgresql_tables(postgresql: PostgreSQL, _kept_connections: KeptConnections) -> str:
    name = postgresql.create_database()
    _kept_connections.keep(postgresql.port, name)
    create_tables(postgresql.url(name))
    return name


def _shared_cluster(factory: pytest.TempPathFactory, worker_id: str) -> Path:
    shared = factory.getbasetemp() if worker_id == "master" else factory.getbasetemp().parent
    cluster = shared / "postgresql-cluster"
    with (shared / "postgresql-cluster.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cluster.exists():
            make_cluster(cluster)
    return cluster


def _refuse_distant_peers(event: str, arguments: tuple[object, ...]) -> None:
    """Stop a socket from connecting anywhere but to this machine; the audit hook sees every connection of Python."""
    if event != "socket.connect":
        return
    peer = arguments[1]
    if isinstance(peer, tuple) and not _is_near(str(peer[0])):
        raise AssertionError(f"a test tried to reach {peer[0]}")


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
