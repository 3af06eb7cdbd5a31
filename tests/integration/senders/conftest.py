"""Fixtures of the sender tests."""

import pytest

from authsms.senders.service import SenderPolicyService
from tests.integration.senders.drafts import make_senders


@pytest.fixture
def senders(database, vault, clock) -> SenderPolicyService:
    """A policy without services."""
    return make_senders(database, vault, clock)
