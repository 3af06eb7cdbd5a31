"""Fixtures of the REST tests: the door over the engine; what is stored is tested on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from authsms.foundation.db import Database
from authsms.foundation.vault import HashingProfile
from tests.fakes import ManualClock
from tests.functional.protocols.rest.program import Program, open_program
from tests.integration.logon.house import CountingVault, House


@pytest.fixture
def counting_vault(instance: Path) -> CountingVault:
    """A vault that counts what it compares."""
    vault = CountingVault.open(instance / "keys.json", profile=HashingProfile.TESTS)
    assert isinstance(vault, CountingVault)
    return vault


@pytest.fixture
def house(sqlite_database_url: str, counting_vault: CountingVault, clock: ManualClock) -> Iterator[House]:
    """The engine on SQLite."""
    database = Database(sqlite_database_url)
    yield House(database, counting_vault, clock)
    database.dispose()


@pytest.fixture
def either_house(database: Database, counting_vault: CountingVault, clock: ManualClock) -> House:
    """The engine on the database that a test asks for."""
    return House(database, counting_vault, clock)


@pytest.fixture
def program(house: House) -> Program:
    """An endpoint that has proven who it is."""
    return open_program(house).open()


@pytest.fixture
def stranger(house: House, program: Program) -> Program:
    """Another endpoint that has done so."""
    return open_program(house, "Other").open()
