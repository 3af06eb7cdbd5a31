"""The sender threads and the reserve for authentication."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from authsms.delivery.crew import Crew, Room
from authsms.delivery.ledger import Claimed, Subject
from authsms.senders.submission import Purpose
from tests.integration.delivery.waiting import wait_until

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = count()


def _claimed(purpose: Purpose) -> Claimed:
    subject = Subject(str(next(_numbers)), purpose, "", "", "", "", "", NOW, NOW, 0, 0)
    return Claimed(subject, b"", b"")


class Gate:
    """Work that lasts until the gate opens."""

    def __init__(self, *, certain: bool = True) -> None:
        self.freed = 0
        self._open = threading.Event()
        self._certain = certain

    def work(self, _message: Claimed) -> bool:
        """Wait for the gate."""
        self._open.wait(60)
        return self._certain

    def note(self) -> None:
        """Count that somebody became free."""
        self.freed += 1

    def open(self) -> None:
        """Let everybody finish."""
        self._open.set()


@pytest.fixture
def gate():
    """A gate that is opened at the end, so that no thread stays behind."""
    gate = Gate()
    yield gate
    gate.open()


def test_a_quarter_is_kept_for_authentication(gate: Gate):
    """Notices behind a slow provider must not hold up a login."""
    crew = Crew(8, 2, gate.work, gate.note)
    before = crew.room()
    crew.take([_claimed(Purpose.NOTICE) for _ in range(6)])

    assert [Room(6, 8), Room(0, 2)] == [before, crew.room()]
    gate.open()
    assert crew.drain(timedelta(seconds=30))


def test_authentication_may_take_all_threads(gate: Gate):
    """The reserve is no limit for what it is kept for."""
    crew = Crew(8, 2, gate.work, gate.note)
    crew.take([_claimed(Purpose.AUTHENTICATION) for _ in range(7)])

    assert Room(1, 1) == crew.room()
    gate.open()
    assert crew.drain(timedelta(seconds=30))


def test_somebody_who_found_no_room_is_called_back(gate: Gate):
    """The claimer sleeps meanwhile."""
    crew = Crew(2, 1, gate.work, gate.note)
    crew.take([_claimed(Purpose.NOTICE)])
    crew.room()
    gate.open()
    crew.drain(timedelta(seconds=30))

    assert gate.freed == 1


def test_somebody_who_waits_for_several_is_called_back_once(gate: Gate):
    """To claim few messages costs as much as to claim many."""
    crew = Crew(8, 2, gate.work, gate.note)
    crew.take([_claimed(Purpose.NOTICE) for _ in range(4)])
    answers = [crew.has_room_for(2), crew.has_room_for(5)]
    gate.open()
    crew.drain(timedelta(seconds=30))

    assert [True, False] == answers
    assert gate.freed == 1


def test_draining_tells_when_somebody_takes_too_long(gate: Gate):
    """The process ends anyway; what is unfinished is freed by the next one."""
    crew = Crew(2, 1, gate.work, gate.note)
    crew.take([_claimed(Purpose.NOTICE)])

    assert not crew.drain(timedelta(milliseconds=10))


def test_a_message_of_uncertain_fate_is_reported_once():
    """The claimer frees it as soon as the database is back."""
    gate = Gate(certain=False)
    crew = Crew(2, 1, gate.work, gate.note)
    crew.take([_claimed(Purpose.NOTICE)])
    in_hand = len(crew.in_hand())
    gate.open()
    crew.drain(timedelta(seconds=30))

    assert [1, 0] == [in_hand, len(crew.in_hand())]
    assert [True, False] == [crew.has_lost(), crew.has_lost()]


def test_a_message_may_come_back_before_its_thread_has_let_it_go():
    """It waits for its repeat from the moment that its answer is committed, and may be claimed in the very next one."""
    first, second = Gate(), Gate()
    gates = iter((first, second))
    crew = Crew(2, 0, lambda message: next(gates).work(message), lambda: None)
    message = _claimed(Purpose.NOTICE)
    crew.take([message])
    crew.take([replace(message, subject=replace(message.subject, attempts=1))])
    rooms = [crew.room()]
    first.open()
    wait_until(lambda: crew.room() != Room(0, 0))
    rooms.append(crew.room())
    in_hand = crew.in_hand()
    second.open()

    assert [Room(0, 0), Room(1, 1)] == rooms
    assert {message.subject.id} == in_hand
    assert crew.drain(timedelta(seconds=30))
    assert Room(2, 2) == crew.room()
