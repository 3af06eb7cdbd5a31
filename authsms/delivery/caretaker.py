"""The caretaker of a delivery process: says "I am here", sweeps, and does beforehand what messages would wait for."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from authsms.delivery.endurance import reported
from authsms.delivery.heartbeat import Pulse
from authsms.delivery.sweeper import Sweeper

_ROUND_SECONDS: Final = 0.5
_SWEEP_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 2.0


class Caretaker:
    """At work until *stop* is set; calls *nudge* when a message waits again, and at the end.

    What a process that sends knows of services and limits is good for a second. With *chores* that look at it twice as
    often, it is always at hand: a message that comes after a silence would wait for half a dozen statements otherwise.

    The *pulse* has a thread of its own, for all this may take long where the database is slow.
    """

    def __init__(
        self,
        pulse: Pulse,
        sweeper: Sweeper,
        stop: threading.Event,
        nudge: Callable[[], None],
        chores: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._pulse = pulse
        self._sweeper = sweeper
        self._chores = chores
        self._stop = stop
        self._nudge = nudge
        self._thread = threading.Thread(target=self._sweep_until_stopped, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._pulse.start()
        self._thread.start()

    def join(self) -> None:
        """Wait a little until all is done and good-bye is said."""
        self._thread.join(_PATIENCE_SECONDS)
        self._pulse.join()

    def _sweep_until_stopped(self) -> None:
        next_sweep = 0.0
        while True:
            with reported("worker.sweep_failed"):
                if time.monotonic() >= next_sweep:
                    next_sweep = time.monotonic() + _SWEEP_SECONDS
                    if self._sweeper.sweep().freed:
                        self._nudge()
                for chore in self._chores:
                    chore()
            if self._stop.wait(_ROUND_SECONDS):
                break
        self._nudge()
