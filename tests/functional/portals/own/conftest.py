"""One's own account over real services."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from authsms.foundation.db import Database, sqlite_url
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Office, open_office
from tests.functional.portals.own.owner import HOME, Owner, owner


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Office]:
    """One installation for all tests, whose clock moves only when told to; each test brings a person of its own."""
    folder = tmp_path_factory.mktemp("own")
    database = Database(sqlite_url(Path(shutil.copy(_sqlite_template, folder / "authsms.db"))))
    with open_office(folder, database, ManualClock(), home=HOME) as opened:
        yield opened
    database.dispose()


@pytest.fixture
def clock(office: Office) -> ManualClock:
    """The clock of the installation."""
    assert isinstance(office.services.clock, ManualClock)
    return office.services.clock


@pytest.fixture
def alice(office: Office, clock: ManualClock) -> Owner:
    """Somebody who has just signed in."""
    return owner(office, clock)
