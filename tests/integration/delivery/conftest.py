"""Fixtures of the delivery tests."""

import pytest

from authsms.foundation.clock import SystemClock
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from tests.fakes import ManualClock
from tests.integration.delivery.twins import Office


@pytest.fixture
def office(settings: Settings, database: Database, vault: Vault) -> Office:
    """An office on the machine's clock; on SQLite and on PostgreSQL."""
    return Office(settings, database, vault, SystemClock())


@pytest.fixture
def still_office(settings: Settings, database: Database, vault: Vault, clock: ManualClock) -> Office:
    """An office whose clock stands still; on SQLite and on PostgreSQL."""
    return Office(settings, database, vault, clock)
