"""The doors for machines, served on a loopback socket."""

import socket
from collections.abc import Iterator

import pytest

from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.logon.kinds import EndpointKind
from tests.fakes import ManualClock
from tests.functional.protocols.house import CALLBACK, Application, Browser, House, serve
from tests.functional.protocols.sites import SITE, Visit


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of a fresh database with all tables: SQLite, or also PostgreSQL for tests `on_each_database`."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_database_url")
    return url


@pytest.fixture
def house(instance, database: Database, vault: Vault, clock: ManualClock) -> Iterator[House]:
    """Real services behind a running server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = Settings.model_validate(
            {
                "instance": instance,
                "environment": "development",
                "public_url": f"http://127.0.0.1:{listener.getsockname()[1]}",
            }
        )
        made = House(settings, database, vault, clock)
        with serve(made, listener):
            yield made


@pytest.fixture
def browser(house: House) -> Iterator[Browser]:
    """A browser without a login session."""
    opened = Browser(house)
    yield opened
    opened.http.close()


@pytest.fixture
def application(house: House, browser: Browser) -> Application:
    """A registered application whose people come from `browser`."""
    endpoint, secret = house.endpoints.create(
        "Sample", event="web", redirect_uris=(CALLBACK,), logout_uris=("https://app.example.test/bye",)
    )
    return Application(browser, endpoint, secret)


@pytest.fixture
def visit(house: House, browser: Browser) -> Visit:
    """A browser at a protected site where nobody knows it yet."""
    endpoint, _ = house.endpoints.create("Wiki", event="web", redirect_uris=(SITE,), kind=EndpointKind.FORWARD_AUTH)
    return Visit(house, endpoint, browser)
