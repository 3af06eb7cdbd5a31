"""The caretaker of a delivery process: a thread that says "I am here", sweeps, and looks what messages will ask for."""

import threading
from collections.abc import Callable
from typing import Final

from authsms.delivery.endurance import reported
from authsms.delivery.gate import Gate
from authsms.delivery.heartbeat import Heartbeat
from authsms.delivery.sweeper import Sweeper

_ROUND_SECONDS: Final = 0.5
_ROUNDS_PER_SWEEP: Final = 2
_ROUNDS_PER_BEAT: Final = 4
_PATIENCE_SECONDS: Final = 2.0


class Caretaker:
    """At work until *stop* is set; calls *nudge* when a message waits again, and at the end.

    What the *gate* of a process that sends knows of services and limits is good for a second. Looked at twice as often,
    it is always at hand: a message that comes after a silence would wait for half a dozen statements otherwise.
    """

    def __init__(
        self,
        heartbeat: Heartbeat,
        sweeper: Sweeper,
        stop: threading.Event,
        nudge: Callable[[], None],
        gate: Gate | None = None,
    ) -> None:
        self._heartbeat = heartbeat
        self._sweeper = sweeper
        self._gate = gate
        self._stop = stop
        self._nudge = nudge
        self._thread = threading.Thread(target=self._sweep_until_stopped, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait a little until it has said good-bye."""
        self._thread.join(_PATIENCE_SECONDS)

    def _sweep_until_stopped(self) -> None:
        rounds = 0
        while True:
            with reported("worker.sweep_failed"):
                if rounds % _ROUNDS_PER_BEAT == 0:
                    self._heartbeat.beat()
                if rounds % _ROUNDS_PER_SWEEP == 0 and self._sweeper.sweep().freed:
                    self._nudge()
                if self._gate is not None:
                    self._gate.refresh()
            rounds += 1
            if self._stop.wait(_ROUND_SECONDS):
                break
        self._nudge()
        with reported("worker.farewell_failed"):
            self._heartbeat.end()
