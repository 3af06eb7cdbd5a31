"""An installation whose people have contacts."""

from collections.abc import Iterator

import pytest

from authsms.administration import notices, offers
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.messaging import offers_ending, program_notices, program_offers
from authsms.senders.submission import Purpose
from authsms.wiring import assemble
from tests.fakes import ManualClock
from tests.integration.contacts.post import CODES, OFFERS, Post
from tests.integration.messaging.asking import Phones
from tests.integration.messaging.crowd import Crowd
from tests.integration.messaging.hearing import Case, Listener, listening, open_case
from tests.integration.messaging.owner import Own


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is done at once that people and programs wait for, however busy the machine is."""
    for module in (notices, offers, program_notices, program_offers, offers_ending):
        monkeypatch.setattr(module, "_PATIENCE_SECONDS", 3600)


@pytest.fixture
def post(settings: Settings, database: Database, vault: Vault, clock: ManualClock) -> Iterator[Post]:
    """An installation; on SQLite and on PostgreSQL."""
    services = assemble(settings, database, vault, clock)
    services.prepare()
    post = Post(services, clock)
    post.add("codes", CODES, Purpose.AUTHENTICATION, Purpose.VERIFICATION)
    post.add("offers", OFFERS, Purpose.OFFER, Purpose.NOTICE)
    services.senders.templates(Purpose.AUTHENTICATION)
    yield post
    services.people.close()


@pytest.fixture
def own(post: Post) -> Own:
    """Somebody with contacts."""
    return Own(post)


@pytest.fixture
def crowd(post: Post) -> Crowd:
    """People with contacts."""
    return Crowd(post)


@pytest.fixture
def phones(own: Own) -> Phones:
    """The same, for offers."""
    return Phones(own.post)


@pytest.fixture(scope="module")
def _server() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def listener(_server: Listener) -> Listener:
    """A program's own server that has not been called yet."""
    _server.status, _server.ponder = 204, dict
    _server.calls.clear()
    _server.paths.clear()
    return _server


@pytest.fixture
def case(settings: Settings, database, vault: Vault, clock: ManualClock, listener: Listener) -> Iterator[Case]:
    """An installation that may call this machine; on SQLite and on PostgreSQL."""
    allowed = {"network": {"allowed": ["127.0.0.1"]}}
    services = assemble(Settings.model_validate({**settings.model_dump(), **allowed}), database, vault, clock)
    yield open_case(services, clock, listener.address)
    services.people.close()
