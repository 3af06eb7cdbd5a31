"""The administrators' portal over real services."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from authsms.foundation.db import Database, sqlite_url
from tests.fakes import ManualClock
from tests.functional.portals.admin.office import Clerk, Office, open_office

HOME = "http://127.0.0.1:8080"


@pytest.fixture(scope="session")
def _sqlite_template(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that has an administrator: its database, and beside it its keys."""
    folder = tmp_path_factory.mktemp("installed")
    database = Database(sqlite_url(Path(shutil.copy(_sqlite_template, folder / "authsms.db"))))
    with open_office(folder, database, ManualClock(), home=HOME) as opened:
        opened.administrator()
        database.dispose()
    return folder / "authsms.db"


@pytest.fixture
def instance(instance: Path, _sqlite_template: Path) -> Path:
    """The folder of an installation, with the keys of the one its database was copied from."""
    shutil.copy(_sqlite_template.with_name("keys.json"), instance)
    return instance


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
