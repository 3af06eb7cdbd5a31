"""The house the logon tests live in."""

from pathlib import Path

import pytest

from authsms.foundation.db import Database
from authsms.foundation.vault import HashingProfile
from tests.fakes import ManualClock
from tests.integration.logon.house import CountingVault, House


@pytest.fixture
def counting_vault(instance: Path) -> CountingVault:
    """A vault that counts what it compares."""
    vault = CountingVault.open(instance / "keys.json", profile=HashingProfile.TESTS)
    assert isinstance(vault, CountingVault)
    return vault


@pytest.fixture
def house(database: Database, counting_vault: CountingVault, clock: ManualClock) -> House:
    """The engine on a fresh database, on SQLite and on PostgreSQL."""
    return House(database, counting_vault, clock)
