"""The administrators' portal over real services."""

from collections.abc import Iterator

import pytest

from authsms.foundation.db import Database
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Clerk, Office, open_office

HOME = "http://127.0.0.1:8080"


@pytest.fixture
def office(instance, sqlite_database_url: str, clock: ManualClock) -> Iterator[Office]:
    """An installation whose clock moves only when told to."""
    database = Database(sqlite_database_url)
    with open_office(instance, database, clock, home=HOME) as opened:
        yield opened
    database.dispose()


@pytest.fixture
def admin(office: Office) -> Clerk:
    """A full administrator who has just signed in."""
    return office.clerk()
