"""Fixtures of the plug-ins' interface: the door on SQLite, with the real engine behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from authsms.foundation.db import Database
from authsms.foundation.vault import HashingProfile
from authsms.logon.catalog import Chain
from tests.fakes import ManualClock
from tests.functional.protocols.validate.plug_in import PlugIn, open_app
from tests.integration.logon.house import CountingVault, House


@pytest.fixture
def house(sqlite_database_url: str, instance: Path, clock: ManualClock) -> Iterator[House]:
    """The engine on a fresh database; the event ``code`` begins with a code."""
    database = Database(sqlite_database_url)
    vault = CountingVault.open(instance / "keys.json", profile=HashingProfile.TESTS)
    assert isinstance(vault, CountingVault)
    made = House(database, vault, clock)
    made.catalog.save_chain(Chain("sms", "Code alone", ("SMS_OTP:1",)))
    made.catalog.save_event("code", "Code", ["sms"])
    yield made
    database.dispose()


@pytest.fixture
def plug_in(house: House) -> PlugIn:
    """A plug-in that shows its secret."""
    return PlugIn.register(house, open_app(house), "Gateway")
