"""What tests of faults run on; each installation starts with the first test that wants it."""

from collections.abc import Iterator

import pytest

from tests.functional.provided import Provider, run_provider


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
