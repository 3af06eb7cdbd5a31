"""Remembers answers for devices that repeat a request (RFC 5080 section 2.2.2): the same bytes, and no second text.

A repetition comes from the same address and port with the same identifier and authenticator. While its request is
being worked on it is passed over; the answer reaches the device all the same.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_KEPT_SECONDS: Final = 30.0
_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What a request has in common with its repetitions."""

    address: str
    port: int
    identifier: int
    authenticator: bytes


@dataclass(slots=True)
class _Seen:
    until: float
    answer: bytes = b""


class Duplicates:
    """Requests of the last seconds; safe to share between threads.

    Args:
        monotonic: Seconds from a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: OrderedDict[RequestKey, _Seen] = OrderedDict()

    def meet(self, key: RequestKey) -> bytes | None:
        """Return the answer to give again, empty while there is none yet; None for a request that is new."""
        now = self._monotonic()
        with self._lock:
            while self._seen and (next(iter(self._seen.values())).until <= now or len(self._seen) >= _MOST):
                self._seen.popitem(last=False)
            if key in self._seen:
                return self._seen[key].answer
            self._seen[key] = _Seen(now + _KEPT_SECONDS)
            return None

    def keep(self, key: RequestKey, answer: bytes) -> None:
        """Remember the answer to a request."""
        with self._lock:
            if key in self._seen:
                self._seen[key].answer = answer

    def forget(self, key: RequestKey) -> None:
        """Treat the next repetition like a new request: there was no answer to this one."""
        with self._lock:
            self._seen.pop(key, None)
