"""An installation whose people have contacts."""

from collections.abc import Iterator

import pytest

from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.senders.submission import Purpose
from authsms.wiring import assemble
from tests.fakes import ManualClock
from tests.integration.contacts.post import CODES, OFFERS, Post
from tests.integration.messaging.asking import Phones
from tests.integration.messaging.crowd import Crowd
from tests.integration.messaging.owner import Own


@pytest.fixture
def post(settings: Settings, database: Database, vault: Vault, clock: ManualClock) -> Iterator[Post]:
    """An installation; on SQLite and on PostgreSQL."""
    services = assemble(settings, database, vault, clock)
    services.prepare()
    post = Post(services, clock)
    post.add("codes", CODES, Purpose.AUTHENTICATION, Purpose.VERIFICATION)
    post.add("offers", OFFERS, Purpose.OFFER, Purpose.NOTICE)
    services.senders.template(Purpose.AUTHENTICATION, "en")
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
