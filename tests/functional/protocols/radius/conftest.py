"""Fixtures of the RADIUS tests: the door on SQLite; what is stored is tested on both databases elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from authsms.foundation.db import Database
from authsms.foundation.vault import HashingProfile
from tests.fakes import ManualClock
from tests.functional.protocols.radius.device import Gateway, open_gateway
from tests.integration.logon.house import CountingVault, House


@pytest.fixture
def house(sqlite_database_url: str, instance: Path, clock: ManualClock) -> Iterator[House]:
    """The engine on a fresh database."""
    database = Database(sqlite_database_url)
    vault = CountingVault.open(instance / "keys.json", profile=HashingProfile.TESTS)
    assert isinstance(vault, CountingVault)
    yield House(database, vault, clock)
    database.dispose()


@pytest.fixture
def gateway(house: House) -> Iterator[Gateway]:
    """A device that signs and can show a second question."""
    with open_gateway(house) as opened:
        yield opened
