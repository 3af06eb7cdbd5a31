"""Something small in the database that is asked for all the time: read at most once a second."""

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from authsms.foundation.errors import DatabaseUnavailableError

_SECONDS: Final = 1.0
_Seen = TypeVar("_Seen")


class Glance(Generic[_Seen]):
    """What *read* returned within the last second; safe to share between threads.

    While the database is away, what was seen last stays good.
    """

    def __init__(self, read: Callable[[], _Seen]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._seen: list[_Seen] = []
        self._look_again_at = 0.0

    def get(self, read: Callable[[], _Seen] | None = None) -> _Seen:
        """Return what was seen last, or look again when that is more than a second ago.

        Nobody waits for another thread's look as long as there is something to return: whoever holds a connection and
        waits for somebody who needs one could wait for ever.

        Args:
            read: How to look, for a caller that is within a transaction and has to look through its connection.

        Raises:
            DatabaseUnavailableError: It is away, and nothing has been seen yet.
        """
        if self._is_fresh():
            return self._seen[0]
        if self._lock.acquire(blocking=not self._seen):
            try:
                if not self._is_fresh():
                    self._look(read or self._read)
            finally:
                self._lock.release()
        return self._seen[0]

    def look_again(self) -> None:
        """Let the next question be answered from the database."""
        self._look_again_at = 0.0

    def refresh(self) -> None:
        """Look now, so that nobody has to wait for it within the next second."""
        if self._lock.acquire(blocking=False):
            try:
                self._look(self._read)
            finally:
                self._lock.release()

    def _is_fresh(self) -> bool:
        return bool(self._seen) and time.monotonic() < self._look_again_at

    def _look(self, read: Callable[[], _Seen]) -> None:
        # Taken before reading: what somebody writes meanwhile must not be overlooked.
        self._look_again_at = time.monotonic() + _SECONDS
        try:
            self._seen = [read()]
        except DatabaseUnavailableError:
            if not self._seen:
                raise
