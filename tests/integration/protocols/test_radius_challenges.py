"""Open questions of the RADIUS door, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from authsms.logon.steps import Ticket
from authsms.protocols.radius.challenges import LIFETIME, Caller, Challenges, Open

ALICE = Caller("gateway", "alice")


@pytest.fixture
def challenges(database, vault, clock):
    return Challenges(database, vault, clock)


def _waiting(challenges: Challenges) -> Open:
    return Open(Ticket("process", "secret"), challenges.proof(ALICE, "password"))


def test_a_state_is_taken_once(challenges):
    """B-06: of many that come at once, one goes on."""
    found = _waiting(challenges)
    state = challenges.ask(ALICE, found, with_state=True)
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: challenges.take(ALICE, state), range(4)))

    assert [found] == [one for one in taken if one is not None]
    assert len(state) == 32


def test_a_state_belongs_to_one_person_at_one_client(challenges):
    """B-06: seen at one device it is worth nothing at another."""
    state = challenges.ask(ALICE, _waiting(challenges), with_state=True)

    for caller in (Caller("gateway", "bob"), Caller("other", "alice")):
        assert challenges.take(caller, state) is None
    assert challenges.take(ALICE, state) is not None


def test_each_question_has_a_state_of_its_own(challenges):
    """The old one stays what it was: good for one answer to the same logon, which counts by itself."""
    states = {challenges.ask(ALICE, _waiting(challenges), with_state=True) for _ in range(20)}

    assert 20 == len(states)


def test_a_state_that_was_put_back_is_good_again(challenges):
    """Nothing was decided."""
    state = challenges.ask(ALICE, _waiting(challenges), with_state=True)
    found = challenges.take(ALICE, state)
    challenges.put_back(ALICE, state, found)

    assert found == challenges.take(ALICE, state)


def test_a_logon_is_resumed_with_its_own_password_only(challenges):
    """Whoever lacks the password does not even learn that somebody logs in."""
    found = _waiting(challenges)
    challenges.ask(ALICE, found, with_state=False)

    assert found == challenges.resume(ALICE, "password")
    assert challenges.resume(ALICE, "Password") is None
    assert challenges.resume(Caller("gateway", "bob"), "password") is None
    assert challenges.resume(Caller("other", "alice"), "password") is None


def test_what_is_over_is_neither_taken_nor_kept(challenges, clock):
    """As long as a logon, and no longer."""
    state = challenges.ask(ALICE, _waiting(challenges), with_state=True)
    kept = challenges.purge()
    clock.advance(LIFETIME + timedelta(seconds=1))

    assert challenges.take(ALICE, state) is None
    assert challenges.resume(ALICE, "password") is None
    assert (0, 2) == (kept, challenges.purge())
