"""Contacts of one's own, by many at once and again and again; on SQLite and on PostgreSQL."""

from datetime import timedelta
from itertools import count

import pytest

from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import MOST_CONTACTS, ContactKind
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, TooManyRequestsError
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.logon.holder import Holder
from authsms.logon.own_contacts import ADDITIONS
from authsms.wiring import Services, assemble
from tests.fakes import ManualClock
from tests.integration.otp.racing import at_once

ALICE = Holder("LOCAL:1", "alice", "web", "192.0.2.7", timedelta(0), is_two_factors=True)
NUMBERS = (PhoneNumber(f"+4915112345{number}") for number in count(100))


@pytest.fixture
def services(settings: Settings, database: Database, vault: Vault, clock: ManualClock) -> Services:
    """An installation."""
    return assemble(settings, database, vault, clock)


def add(services: Services, number: PhoneNumber | None = None) -> str:
    """Add a contact; return its id, or what was said against it."""
    try:
        return services.own_contacts.add(ALICE, ContactKind.MOBILE, number or next(NUMBERS))
    except ConflictError:
        return "conflict"


def test_of_many_numbers_added_at_once_no_more_are_taken_than_anybody_may_have(services: Services):
    """They are counted one after the other."""
    for _ in range(MOST_CONTACTS - 2):
        add(services)
    numbers = iter([next(NUMBERS) for _ in range(6)])

    assert 4 == at_once(6, lambda: add(services, next(numbers))).count("conflict")
    assert MOST_CONTACTS == len(services.contacts.of(ALICE.person_key))


def test_adding_and_removing_has_an_end(services: Services, clock: ManualClock):
    """A thief in a session, or a script, fills no trail; an hour later it goes on."""
    for _ in range(ADDITIONS.count):
        services.contacts.remove(Author(ALICE.login, ALICE.person_key, ALICE.address), add(services))

    with pytest.raises(TooManyRequestsError):
        add(services)
    clock.advance(timedelta(hours=1))
    assert "conflict" != add(services)
