"""What attacks run against; each installation starts with the first test that wants it, and is searched in the end."""

from collections.abc import Iterator

import pytest

from tests.functional.attacks.time_machine import TimeMachine
from tests.functional.line import Line, run_line
from tests.functional.provided import Provider, run_provider
from tests.functional.running import Installation, run_installation
from tests.parts.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def _provider_of_all() -> Iterator[Provider]:
    with run_provider() as provider:
        yield provider


@pytest.fixture
def provider(_provider_of_all: Provider) -> Iterator[Provider]:
    """The simulated providers, with no faults set."""
    _provider_of_all.mend()
    yield _provider_of_all
    _provider_of_all.mend()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, _provider_of_all: Provider) -> Iterator[Installation]:
    """One server with two web processes on SQLite; after 20 wrong codes in a row, not earlier, the method is off."""
    settings = {"OTP__HOLD_AFTER": "20", "OTP__FAILURE_CAP": "20"}
    with run_installation(tmp_path_factory.mktemp("house"), _provider_of_all, settings) as installation:
        yield installation
        assert [] == secrets_in(installation, installation.logs())


@pytest.fixture(scope="session")
def database_line(postgresql: PostgreSQL) -> Iterator[Line]:
    """What lies between the pair and its database."""
    with run_line(postgresql.port) as line:
        yield line


@pytest.fixture(scope="session")
def time_of_the_pair(postgresql: PostgreSQL) -> TimeMachine:
    """The clock of the pair."""
    return TimeMachine.make(postgresql)


@pytest.fixture(scope="session")
def pair(
    tmp_path_factory: pytest.TempPathFactory,
    _provider_of_all: Provider,
    postgresql: PostgreSQL,
    database_line: Line,
    time_of_the_pair: TimeMachine,
) -> Iterator[Installation]:
    """Two servers that share keys and a PostgreSQL database at its usual READ COMMITTED."""
    settings = {"DATABASE__URL": time_of_the_pair.url.replace(f":{postgresql.port}/", f":{database_line.port}/")}
    with run_installation(tmp_path_factory.mktemp("pair"), _provider_of_all, settings, nodes=2) as installation:
        yield installation
        assert [] == secrets_in(installation, installation.logs())


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory, _provider_of_all: Provider) -> Iterator[Installation]:
    """A server in production, as a proxy that ends https at 127.9.9.9 would call it."""
    settings = {
        "ENVIRONMENT": "production",
        "PUBLIC_URL": "https://login.example.test",
        "SERVER__WORKERS": "1",
        "SERVER__TRUSTED_PROXIES": "127.9.9.9/32",
        "SERVER__PROXY_DROPS_UNDERSCORES": "true",
    }
    with run_installation(tmp_path_factory.mktemp("public"), _provider_of_all, settings) as installation:
        yield installation
        assert [] == secrets_in(installation, installation.logs())


def secrets_in(installation: Installation, text: str) -> list[str]:
    """Return the secrets of an installation that *text* holds; codes of six digits are too common to look for."""
    cookies = {value for browser in installation.browsers for value in browser.seen if value}
    return [secret for secret in installation.secrets | cookies if len(secret) > 6 and secret in text]
