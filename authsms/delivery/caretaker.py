"""The caretaker of a delivery process: a thread that says "I am here" and sweeps, once a second."""

import threading
from collections.abc import Callable
from typing import Final

from authsms.delivery.endurance import reported
from authsms.delivery.heartbeat import Heartbeat
from authsms.delivery.sweeper import Sweeper

_SWEEP_SECONDS: Final = 1.0
_ROUNDS_PER_BEAT: Final = 2
_PATIENCE_SECONDS: Final = 2.0


class Caretaker:
    """Sweeps until *stop* is set, and calls *nudge* when a message waits again, and at the end."""

    def __init__(
        self, heartbeat: Heartbeat, sweeper: Sweeper, stop: threading.Event, nudge: Callable[[], None]
    ) -> None:
        self._heartbeat = heartbeat
        self._sweeper = sweeper
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
                if self._sweeper.sweep().freed:
                    self._nudge()
            rounds += 1
            if self._stop.wait(_SWEEP_SECONDS):
                break
        self._nudge()
        with reported("worker.farewell_failed"):
            self._heartbeat.end()
