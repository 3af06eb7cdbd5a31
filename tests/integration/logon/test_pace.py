"""A refused password tells nothing by the time it takes."""

from collections.abc import Callable

import pytest
from typing_extensions import override

from authsms.foundation.errors import DirectoryUnavailableError, TooManyRequestsError
from authsms.logon.machine import MessageKey, Status
from tests.integration.logon.house import ALICE, HERE, NOPHONE, PASSWORD, House, ScriptedPeople


class SlowPeople(ScriptedPeople):
    """A directory that takes its time: 40 ms for somebody, 10 ms for nobody."""

    somebody_takes = 0.04
    wait: Callable[[float], None]

    @override
    def find(self, typed):
        person = super().find(typed)
        self.wait(self.somebody_takes if person else 0.01)
        return person


@pytest.fixture
def house(database, counting_vault, clock) -> House:
    """The time of day stands still; that of the pace goes on when the directory works."""
    people = SlowPeople(ALICE, NOPHONE)
    made = House(database, counting_vault, clock, people=people)

    def wait(seconds: float) -> None:
        made.seconds += seconds

    people.wait = wait
    return made


@pytest.mark.parametrize(("login", "pause"), [("alice", 0.11), ("nobody", 0.14)])
def test_a_refused_password_takes_the_same_time_for_everybody(house, login, pause):
    """ATK-18: what the directory did is no longer to be seen, on either page."""
    step = house.logon.begin("web", login, HERE, response={"password": "no"})
    first = list(house.pauses)
    house.pauses.clear()
    fresh = house.begin(login)
    again = house.logon.answer(fresh.ticket, {"password": "no"}, HERE)

    assert MessageKey.WRONG_PASSWORD is step.message_key is again.message_key
    assert [pytest.approx(pause)] * 2 == [*first, *house.pauses]


def test_a_password_that_passes_never_waits(house):
    """And neither does a code, right or wrong."""
    step = house.logon.begin("web", "alice", HERE, response={"password": PASSWORD})
    house.logon.answer(step.ticket, {"code": house.wrong_code()}, HERE)
    done = house.logon.answer(step.ticket, {"code": house.code()}, HERE)

    assert Status.OK is done.status
    assert [] == house.pauses


def test_nothing_is_held_while_a_refusal_waits(house):
    """A waiting call must not keep others from writing."""
    written = []

    def look():
        with house.database.write() as session:
            written.append(session.is_active)

    house.meanwhile = look
    house.logon.begin("web", "alice", HERE, response={"password": "no"})

    assert [True] == written


def test_a_reached_limit_takes_as_long_as_a_refusal(house):
    """The person is looked up for it, too."""
    ticket = house.begin().ticket
    for _ in range(10):
        house.logon.answer(ticket, {"password": "no"}, HERE)
    house.pauses.clear()
    with pytest.raises(TooManyRequestsError):
        house.logon.begin("web", "alice", HERE, response={"password": "no"})

    assert [pytest.approx(0.11)] == house.pauses


def test_a_directory_that_is_away_is_told_at_once(house):
    """That says nothing about anybody."""
    house.people.away = True
    with pytest.raises(DirectoryUnavailableError):
        house.logon.begin("web", "alice", HERE, response={"password": "no"})

    assert [] == house.pauses


def test_what_took_longer_is_not_held_up(house):
    """A slow directory is slow for everybody."""
    house.people.somebody_takes = 1
    house.logon.begin("web", "alice", HERE, response={"password": "no"})

    assert [] == house.pauses
