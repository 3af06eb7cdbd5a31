"""The house that administrators look at."""

from collections.abc import Iterator

import pytest

from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.wiring import assemble
from tests.fakes import ManualClock
from tests.integration.administration.people_at_work import Work


@pytest.fixture
def work(settings: Settings, database: Database, vault: Vault, clock: ManualClock) -> Iterator[Work]:
    """The whole house on a fresh database, on SQLite and on PostgreSQL."""
    services = assemble(settings, database, vault, clock)
    services.prepare()
    yield Work(services, clock)
    services.people.close()
