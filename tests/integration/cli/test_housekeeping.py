"""What a delivery process does beside sending."""

import threading
from collections.abc import Iterator

import pytest

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.cli.housekeeping import Housekeeper
from authsms.foundation.settings import Settings
from authsms.wiring import Services, build
from tests.integration.delivery.waiting import wait_until


@pytest.fixture
def database_url(sqlite_database_url: str) -> str:
    """How records are chained on each kind of database is told elsewhere."""
    return sqlite_database_url


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """An installation."""
    services = build(settings)
    services.prepare()
    yield services
    services.database.dispose()


def test_audit_records_are_chained_in_passing_and_at_the_end(services: Services) -> None:
    """The chain grows without anybody waiting for it, and whoever stops leaves nothing behind."""
    stop = threading.Event()
    housekeeper = Housekeeper(services, stop)
    _note(services)
    housekeeper.start()
    wait_until(lambda: _waiting(services.audit) == 0)
    _note(services)
    stop.set()
    housekeeper.join()

    found = services.audit.verify()
    assert (0, None) == (found.waiting, found.broken_at)
    assert found.sealed > 1


def _note(services: Services) -> None:
    with services.database.write() as session:
        services.audit.record(session, AuditEntry(AuditTag.LOGON_LIMITED))


def _waiting(audit: AuditTrail) -> int:
    return audit.verify().waiting
