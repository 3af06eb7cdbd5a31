"""Somebody whom an administrator keeps out is treated like anybody who is refused."""

from datetime import timedelta

import pytest

from authsms.delivery.states import Withheld
from authsms.foundation.errors import DatabaseUnavailableError
from authsms.logon.blocks import Blocks
from authsms.logon.machine import MessageKey, Status
from tests.integration.logon.house import ALICE, HERE, PASSWORD


@pytest.fixture
def block(house):
    def keep_out(person=ALICE):
        with house.database.write() as session:
            assert house.blocks.add(session, person.key, person.login, reason="left", by="anna")

    return keep_out


def test_a_right_password_is_refused_like_a_wrong_one(house, block):
    wrong = house.logon.answer(house.begin().ticket, {"password": "no"}, HERE)
    block()
    right = house.logon.answer(house.begin().ticket, {"password": PASSWORD}, HERE)

    assert (wrong.status, wrong.message_key) == (right.status, right.message_key)
    assert right.message_key is MessageKey.WRONG_PASSWORD
    assert len(house.pauses) == 2  # both refusals take the same time
    assert house.audit.search()[0].entry.details["reason"] == "blocked"


def test_a_wrong_password_does_not_tell_that_somebody_is_blocked(house, block):
    block()
    house.logon.answer(house.begin().ticket, {"password": "no"}, HERE)

    assert house.audit.search()[0].entry.details["reason"] == "wrong"


def test_a_code_that_is_on_its_way_passes_no_more(house, block):
    step = house.at_code()
    block()
    refused = house.logon.answer(step.ticket, {"code": house.code()}, HERE)

    assert (refused.status, refused.message_key) == (Status.MORE_DATA, MessageKey.CODE_REFUSED)
    assert refused.session_token is None
    assert house.sessions.list(ALICE.key) == []


def test_no_text_goes_to_somebody_who_is_blocked(house, block):
    step = house.at_code()
    block()
    house.wait(60)
    house.logon.resend(step.ticket, HERE)

    assert house.outbox.drafts[-1].withheld is Withheld.ACCOUNT_UNUSABLE


def test_others_come_in(house, block):
    block(ALICE)

    assert house.at_code("nina").status is Status.NEXT


def test_whoever_is_let_in_again_comes_in(house, block):
    block()
    with house.database.write() as session:
        assert house.blocks.remove(session, ALICE.key)

    assert house.log_in().status is Status.OK
    assert house.blocks.of(ALICE.key) is None


def test_a_block_says_who_when_and_why(house, block):
    block()
    found = house.blocks.of(ALICE.key)

    assert (found.login, found.reason, found.by, found.at) == ("alice", "left", "anna", house.clock.now())


def test_nobody_is_blocked_twice_or_let_in_twice(house, block):
    block()
    with house.database.write() as session:
        again = house.blocks.add(session, ALICE.key, "alice", reason="other", by="bert")
        removed = [house.blocks.remove(session, ALICE.key) for _ in range(2)]

    assert (again, removed) == (False, [True, False])


def test_another_process_learns_of_it(house, block):
    other = Blocks(house.database, house.clock, freshness=timedelta(0))
    before = other.holds(ALICE.key)
    block()

    assert (before, other.holds(ALICE.key)) == (False, True)


def test_what_is_known_stays_good_while_the_database_is_away(house, block, monkeypatch):
    """Nobody is let in, and nobody kept out, because of a question that was not answered."""
    block()
    other = Blocks(house.database, house.clock, freshness=timedelta(0))
    assert other.holds(ALICE.key)

    def away():
        raise DatabaseUnavailableError("away")

    monkeypatch.setattr(house.database, "read", away)
    assert other.holds(ALICE.key)
    with pytest.raises(DatabaseUnavailableError):
        Blocks(house.database, house.clock).holds(ALICE.key)
