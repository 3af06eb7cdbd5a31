"""The pace of refusals: whether somebody exists must not show in how long the answer takes.

What a directory does for a known person takes longer than what it does for nobody, by a millisecond that many tries
make visible. A refusal therefore waits until a fixed time has passed since the call began. Equal work stays the first
rule; this levels what another server does. Nothing is held while it waits but the thread: no transaction, no hashing.
"""

import time
from collections.abc import Callable
from datetime import timedelta


class Pace:
    """Tells the time of a call, and waits; safe to share between threads.

    Args:
        monotonic: Seconds from a clock that never goes back.
        sleep: Waits that many seconds.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.now = monotonic
        self._sleep = sleep

    def hold(self, began: float, least: timedelta) -> None:
        """Return when *least* has passed since *began*, a value of `now`; at once when it has already."""
        remaining = began + least.total_seconds() - self.now()
        if remaining > 0:
            self._sleep(remaining)
