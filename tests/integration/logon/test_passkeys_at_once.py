"""Passkeys where the database decides: on SQLite and on PostgreSQL."""

import pytest

from authsms.audit import AuditTag
from authsms.delivery.account_notices import Notice
from authsms.foundation.clock import DatabaseClock
from authsms.foundation.errors import NotFoundError
from authsms.logon.machine import MOST_FAILURES, MessageKey, Status
from tests.integration.logon.house import House
from tests.integration.logon.keyring import answer, at_passkey, equipped, holder, own_passkeys, use
from tests.integration.otp.racing import at_once


def test_of_many_right_answers_at_once_one_is_taken(house):
    """ATK-05: the same answer on eight threads."""
    house = House(house.database, house.vault, DatabaseClock(house.database))
    device = equipped(house)
    step = at_passkey(house)
    brought = device.get(step.asks.ceremony)

    def attempt():
        try:
            return answer(house, step, brought).status
        except NotFoundError:
            return None

    assert 1 == at_once(8, attempt).count(Status.OK)
    assert AuditTag.PASSKEY_COPIED not in house.tags()


@pytest.mark.parametrize("back", [0, 1])
def test_a_counter_that_does_not_grow_is_refused_and_recorded(house, back):
    """Two devices hold what only one should."""
    device = equipped(house)
    use(house, at_passkey(house), device)
    device.count -= 1 + back
    step = use(house, at_passkey(house), device)

    assert (Status.MORE_DATA, MessageKey.PASSKEY_REFUSED) == (step.status, step.message_key)
    assert AuditTag.PASSKEY_COPIED in house.tags()


def test_wrong_answers_end_the_process_and_nothing_else(house):
    """ATK-04: a signature cannot be guessed; whoever sends wrong ones, even at once, does not shut the owner out."""
    device = equipped(house)
    step = at_passkey(house)
    brought = device.get(step.asks.ceremony, spoil=True)
    at_once(12, lambda: answer(house, step, brought))
    refused = [answer(house, step, brought).status for _ in range(MOST_FAILURES - 12)]

    assert Status.FAILED is refused[-1]
    assert Status.OK is use(house, at_passkey(house), device).status
    assert AuditTag.METHOD_HELD not in house.tags()


def test_several_keys_are_kept_renamed_and_removed_one_by_one(house):
    """With a notice of what lets somebody in, or no more; each device makes one key."""
    first, second = equipped(house), equipped(house)
    keys = own_passkeys(house).keys(holder())
    known = own_passkeys(house).invite(holder()).options
    renamed = own_passkeys(house).rename(holder(), keys[0].id, "  Old \u202e\n laptop " + "x" * 99)
    strangers = own_passkeys(house).remove(holder("corp:id-nina"), keys[1].id)
    removed = own_passkeys(house).remove(holder(), keys[0].id)
    refused = use(house, at_passkey(house), first)

    assert (True, False, True) == (renamed, strangers, removed)
    assert all(one.known.credential in known for one in keys)
    assert MessageKey.PASSKEY_REFUSED is refused.message_key
    assert Status.OK is use(house, at_passkey(house), second).status
    told = [draft.reference for draft in house.sent if draft.reference.startswith("account:")]
    assert [Notice.PASSKEY_ADDED, Notice.PASSKEY_ADDED, Notice.PASSKEY_REMOVED] == [
        one.removeprefix("account:") for one in told
    ]
    assert {AuditTag.PASSKEY_ADDED, AuditTag.PASSKEY_RENAMED, AuditTag.PASSKEY_REMOVED} <= set(house.tags())
