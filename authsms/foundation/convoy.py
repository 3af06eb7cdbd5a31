"""Threads that want to write at the same moment share one transaction.

A transaction costs more than the statements in it: it has a beginning, an end, and a wait for the disk. Whoever comes
while nobody writes starts at once, as if alone; whoever comes meanwhile waits, and the first of those takes all of them
along. Nobody returns before what he wrote is committed.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

from sqlalchemy.orm import Session

from authsms.foundation.errors import DatabaseUnavailableError

_MOST: Final = 16
_Result = TypeVar("_Result")


class _Ride:
    """What one thread wants to have written."""

    def __init__(self, work: Callable[[Session], Any]) -> None:
        self.work = work
        self.woken = threading.Event()
        self.leads = False
        self.result: Any = None
        self.error: BaseException | None = None


class Convoy:
    """Gathers what several threads write.

    Args:
        write: Opens a transaction that commits when its block ends without an error.
    """

    def __init__(self, write: Callable[[], AbstractContextManager[Session]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: deque[_Ride] = deque()
        self._is_moving = False

    def write(self, work: Callable[[Session], _Result]) -> _Result:
        """Run *work* in a transaction, perhaps with that of others, and return its result once that is committed.

        When one of those in a transaction raises an error, all is taken back and each is run again in a transaction of
        its own: *work* must do nothing but write through its session.

        Raises:
            DatabaseUnavailableError: As with `Database.write`; what *work* itself raises comes out as it is.
        """
        ride = _Ride(work)
        with self._lock:
            self._waiting.append(ride)
            ride.leads, self._is_moving = not self._is_moving, True
        if not ride.leads:
            ride.woken.wait()
        if ride.leads:
            self._lead()
        if ride.error is not None:
            raise ride.error
        result: _Result = ride.result
        return result

    def _lead(self) -> None:
        """Run the first that wait, oneself among them, and pass the lead on."""
        with self._lock:
            rides = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST))]
        try:
            self._run(rides)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._is_moving = following is not None
            if following is not None:
                following.leads = True
                following.woken.set()
            for ride in rides[1:]:
                ride.woken.set()

    def _run(self, rides: list[_Ride]) -> None:
        try:
            with self._write() as session:
                for ride in rides:
                    ride.result = ride.work(session)
        except BaseException as error:  # noqa: BLE001 - it is raised in the threads that it belongs to
            if len(rides) == 1 or isinstance(error, DatabaseUnavailableError):
                for ride in rides:
                    ride.error = error
                return
            for ride in rides:
                self._run([ride])
