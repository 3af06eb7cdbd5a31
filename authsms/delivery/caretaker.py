"""The caretaker of a delivery process: a thread that says "I am here", sweeps, and looks what messages will ask for."""

import math
import threading
import time
from collections.abc import Callable
from typing import Final

from authsms.delivery.endurance import reported
from authsms.delivery.gate import Gate
from authsms.delivery.heartbeat import Heartbeat
from authsms.delivery.sweeper import Sweeper

_ROUND_SECONDS: Final = 0.5
_SWEEP_SECONDS: Final = 1.0
_BEAT_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 2.0


class Caretaker:
    """At work until *stop* is set; calls *nudge* when a message waits again, and at the end.

    What the *gate* of a process that sends knows of services and limits is good for a second. Looked at twice as often,
    it is always at hand: a message that comes after a silence would wait for half a dozen statements otherwise.

    All this may take long where the database is slow, and whoever is not heard for a while passes for dead: whether to
    say "I am here" is asked before each piece of work, of the clock *now*.
    """

    def __init__(
        self,
        heartbeat: Heartbeat,
        sweeper: Sweeper,
        stop: threading.Event,
        nudge: Callable[[], None],
        gate: Gate | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._heartbeat = heartbeat
        self._sweeper = sweeper
        self._gate = gate
        self._stop = stop
        self._nudge = nudge
        self._is_time_to_beat = _Pace(_BEAT_SECONDS, now).is_due
        self._is_time_to_sweep = _Pace(_SWEEP_SECONDS, now).is_due
        self._thread = threading.Thread(target=self._sweep_until_stopped, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait a little until it has said good-bye."""
        self._thread.join(_PATIENCE_SECONDS)

    def _sweep_until_stopped(self) -> None:
        while True:
            with reported("worker.sweep_failed"):
                self._beat_if_due()
                if self._is_time_to_sweep() and self._sweeper.sweep().freed:
                    self._nudge()
                self._beat_if_due()
                if self._gate is not None:
                    self._gate.refresh()
            if self._stop.wait(_ROUND_SECONDS):
                break
        self._nudge()
        with reported("worker.farewell_failed"):
            self._heartbeat.end()

    def _beat_if_due(self) -> None:
        if self._is_time_to_beat():
            self._heartbeat.beat()


class _Pace:
    """Says when something that is done every so many seconds, as *now* counts them, is to be done again."""

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._seconds = seconds
        self._now = now
        self._due = -math.inf

    def is_due(self) -> bool:
        """Return whether it is time, and count from now if so."""
        moment = self._now()
        if moment < self._due:
            return False
        self._due = moment + self._seconds
        return True
