"""Refuses floods from one address.

Each process counts for itself, in memory, minute by minute: a guard in front of everything else must cost nothing and
cannot fail. Limits that must hold exactly (guesses, texts) are rows in the database and do not depend on it.
"""

import threading
import time
from collections.abc import Callable

_WINDOW_SECONDS = 60
_MOST_ADDRESSES = 100_000


class FloodGate:
    """Counts requests by address.

    Args:
        per_minute: Most requests of one address in a minute; 0 admits any number.
        monotonic: Seconds from a clock that never goes back.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._window = -1
        self._counts: dict[str, int] = {}

    def admits(self, address: str) -> bool:
        """Count a request of *address* and return whether it may go on."""
        if not self._per_minute:
            return True
        window = int(self._monotonic() // _WINDOW_SECONDS)
        with self._lock:
            if window != self._window or len(self._counts) > _MOST_ADDRESSES:
                self._window, self._counts = window, {}
            count = self._counts[address] = self._counts.get(address, 0) + 1
        return count <= self._per_minute
