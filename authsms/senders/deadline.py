"""A hard end for outgoing calls.

Time-outs of HTTP clients count from one received byte to the next; a peer that sends one byte now and then holds a
thread for minutes. Here one thread watches all calls of a process and shuts the connection of a late one down. What
was read until then may look like a short but complete answer, so a `Journey` must be asked whether it expired
before its answer is trusted.
"""

import contextlib
import heapq
import itertools
import socket
import threading
import time

_FOREVER = 3600.0


class Journey:
    """One request on its way: whether anything was sent, and whether time ran out.

    Attributes:
        may_have_arrived: The first byte of the request was handed to the operating system.
        is_expired: A deadline passed and the connection was shut down.
    """

    def __init__(self, *, connect_seconds: float, total_seconds: float) -> None:
        started = time.monotonic()
        self.connect_until = started + connect_seconds
        self.until = started + total_seconds
        self.may_have_arrived = False
        self.is_expired = False
        self._lever: socket.socket | None = None
        self._lock = threading.Lock()

    @property
    def connect_seconds_left(self) -> float:
        """Seconds until the connection must stand; never negative."""
        return max(self.connect_until - time.monotonic(), 0.0)

    def depart(self) -> bool:
        """Note that the request is about to be sent; return False when it is too late for that."""
        with self._lock:
            self.may_have_arrived = self.may_have_arrived or not self.is_expired
            return not self.is_expired

    def hold(self, lever: socket.socket) -> None:
        """Say which socket ends the connection; shut it down at once when time has run out already."""
        with self._lock:
            self._lever = lever
            if self.is_expired:
                _shut_down(lever)

    def arrive(self) -> None:
        """Let go of the connection, which may be closed then or serve another journey."""
        with self._lock:
            self._lever = None

    def next_deadline(self) -> float:
        """Return the moment, on the monotonic clock, at which to look again."""
        return self.until if self.may_have_arrived else min(self.connect_until, self.until)

    def expire(self) -> None:
        """Shut the connection down."""
        with self._lock:
            self.is_expired = True
            if self._lever is not None:
                _shut_down(self._lever)


class Watchdog:
    """Ends every `Journey` that is late; one thread, started with the first of them."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Journey]] = []
        self._numbers = itertools.count()
        self._active: set[Journey] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def watch(self, journey: Journey) -> None:
        """Begin to watch *journey*."""
        with self._changed:
            self._active.add(journey)
            heapq.heappush(self._due, (journey.next_deadline(), next(self._numbers), journey))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="provider-deadlines", daemon=True)
                self._thread.start()
            elif self._due[0][2] is journey:
                self._changed.notify()

    def release(self, journey: Journey) -> None:
        """Stop watching *journey*."""
        with self._changed:
            self._active.discard(journey)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._wait()
                late = self._take_late()
            for journey in late:
                journey.expire()

    def _wait(self) -> None:
        while self._due and self._due[0][2] not in self._active:
            heapq.heappop(self._due)
        wait = self._due[0][0] - time.monotonic() if self._due else _FOREVER
        if wait > 0:
            self._changed.wait(wait)

    def _take_late(self) -> list[Journey]:
        late = []
        moment = time.monotonic()
        while self._due and self._due[0][0] <= moment:
            journey = heapq.heappop(self._due)[2]
            if journey not in self._active:
                continue
            again = journey.next_deadline()
            if again > moment:
                heapq.heappush(self._due, (again, next(self._numbers), journey))
            else:
                late.append(journey)
        return late


def _shut_down(lever: socket.socket) -> None:
    with contextlib.suppress(OSError):
        lever.shutdown(socket.SHUT_RDWR)
