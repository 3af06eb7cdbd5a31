"""The house that administrators look at."""

from collections.abc import Iterator

import pytest

from authsms.administration.senders import SenderDesk
from authsms.administration.senders_history import SenderHistory
from authsms.administration.senders_trials import TrialTools
from authsms.foundation.db import Database
from authsms.foundation.limits import Limits
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.senders.service import SenderPolicyService
from authsms.wiring import assemble
from tests.fakes import ManualClock
from tests.integration.administration.people_at_work import Work
from tests.integration.senders.drafts import make_senders


@pytest.fixture
def work(settings: Settings, database: Database, vault: Vault, clock: ManualClock) -> Iterator[Work]:
    """The whole house on a fresh database, on SQLite and on PostgreSQL."""
    services = assemble(settings, database, vault, clock)
    services.prepare()
    yield Work(services, clock)
    services.people.close()


@pytest.fixture
def senders(database: Database, vault: Vault, clock: ManualClock) -> SenderPolicyService:
    """A policy without services."""
    return make_senders(database, vault, clock)


@pytest.fixture
def desk(database: Database, vault: Vault, clock: ManualClock, senders: SenderPolicyService) -> SenderDesk:
    """The desk over it."""
    return SenderDesk(TrialTools(database, vault, clock, Limits(database, clock), senders, "DE"))


@pytest.fixture
def history(senders: SenderPolicyService) -> SenderHistory:
    """The history over it."""
    return SenderHistory(senders)
