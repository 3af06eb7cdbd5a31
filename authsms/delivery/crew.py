"""The sender threads of a worker, and how much work they can take."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from authsms.delivery.ledger import Claimed
from authsms.delivery.states import priority_of
from authsms.senders.submission import Purpose

_MOST_URGENT = priority_of(Purpose.AUTHENTICATION)


@dataclass(frozen=True, slots=True)
class Room:
    """How many messages may be taken now.

    Attributes:
        anything: Messages of any purpose.
        urgent: Messages for authentication, those of `anything` included.
    """

    anything: int
    urgent: int


class Crew:
    """Threads that work on messages side by side.

    Args:
        size: How many threads.
        reserved: How many of them are never busy with anything but authentication.
        work: What a thread does with a message; it raises nothing, and returns False when it cannot know what became
            of it.
        when_free: Called when as many threads have become free as somebody was told to wait for.
    """

    def __init__(
        self, size: int, reserved: int, work: Callable[[Claimed], bool], when_free: Callable[[], None]
    ) -> None:
        self._size = size
        self._reserved = reserved
        self._work = work
        self._when_free = when_free
        self._jobs: queue.SimpleQueue[Claimed | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._in_hand: dict[int, Claimed] = {}  # by object: a message may be back before its thread has let it go
        self._urgent = 0
        self._awaited = 0
        self._has_lost = False
        self._threads = [
            threading.Thread(target=self._run, name=f"sender-{number}", daemon=True) for number in range(size)
        ]
        for thread in self._threads:
            thread.start()

    def room(self) -> Room:
        """Return how much may be handed over now; when that is nothing, `when_free` will be called."""
        with self._lock:
            room = self._room()
            self._awaited = int(not room.anything)  # also one that only leaves room for what is urgent
        return room

    def has_room_for(self, number: int) -> bool:
        """Tell whether so many messages of any purpose may be taken; if not, `when_free` is called after the others."""
        with self._lock:
            missing = number - self._room().anything
            self._awaited = max(missing, 0)
        return missing <= 0

    def take(self, messages: Sequence[Claimed]) -> None:
        """Hand *messages* to the threads; never more than there is room for."""
        with self._lock:
            for message in messages:
                self._in_hand[id(message)] = message
                self._urgent += _is_urgent(message)
        for message in messages:
            self._jobs.put(message)

    def in_hand(self) -> frozenset[str]:
        """Return the ids of all messages that the threads have."""
        with self._lock:
            return frozenset(message.subject.id for message in self._in_hand.values())

    def has_lost(self) -> bool:
        """Tell whether a message has been let go since the last call of which nobody knows what became."""
        with self._lock:
            has_lost, self._has_lost = self._has_lost, False
        return has_lost

    def drain(self, patience: timedelta) -> bool:
        """Let the threads finish what they have and end; return False when some take longer than *patience*."""
        for _ in self._threads:
            self._jobs.put(None)
        deadline = time.monotonic() + patience.total_seconds()
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    def _room(self) -> Room:
        idle = self._size - len(self._in_hand)
        patient = len(self._in_hand) - self._urgent
        return Room(max(min(idle, self._size - self._reserved - patient), 0), idle)

    def _run(self) -> None:
        while (message := self._jobs.get()) is not None:
            is_certain = self._work(message)
            with self._lock:
                self._urgent -= _is_urgent(self._in_hand.pop(id(message)))
                self._has_lost = self._has_lost or not is_certain
                self._awaited -= 1
                is_awaited = not self._awaited
            if is_awaited:
                self._when_free()


def _is_urgent(message: Claimed) -> bool:
    return priority_of(message.subject.purpose) == _MOST_URGENT
