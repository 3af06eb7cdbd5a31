"""Threads that want to write the same at the same moment share one transaction, and its statements.

A transaction costs more than the statements in it: it has a beginning, an end, and a wait for the disk; and a statement
costs more than the rows that it writes. Whoever comes while nobody writes starts at once, as if alone; whoever comes
meanwhile waits, and the first of those takes all of them along. Nobody returns before what he wrote is committed.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Generic, TypeVar

from sqlalchemy.orm import Session

from authsms.foundation.errors import DatabaseUnavailableError

MOST: Final = 32
"""Threads that share a transaction at the most; a statement takes what all of them write."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class _Ride:
    """What one thread wants to have written."""

    def __init__(self, item: Any) -> None:
        self.item = item
        self.sleep = threading.Lock()  # an event is three of them, and many lines of Python
        self.sleep.acquire()
        self.leads = False
        self.result: Any = None
        self.error: BaseException | None = None


class Convoy(Generic[_Item, _Result]):
    """Gathers what several threads write.

    Args:
        write: Opens a transaction that commits when its block ends without an error.
        work: Writes several items through a session, and nothing else; returns what came of each, in their order.
    """

    def __init__(
        self,
        write: Callable[[], AbstractContextManager[Session]],
        work: Callable[[Session, Sequence[_Item]], Sequence[_Result]],
    ) -> None:
        self._write = write
        self._work = work
        self._lock = threading.Lock()
        self._waiting: deque[_Ride] = deque()
        self._is_moving = False

    def write(self, item: _Item) -> _Result:
        """Write *item*, perhaps together with those of others, and return what came of it once that is committed.

        When an error is raised, all is taken back, and each item is written again in a transaction of its own.

        Raises:
            DatabaseUnavailableError: As with `Database.write`; what the work itself raises comes out as it is.
        """
        ride = _Ride(item)
        with self._lock:
            self._waiting.append(ride)
            ride.leads, self._is_moving = not self._is_moving, True
        if not ride.leads:
            ride.sleep.acquire()
        if ride.leads:
            self._lead()
        if ride.error is not None:
            raise ride.error
        result: _Result = ride.result
        return result

    def _lead(self) -> None:
        """Run the first that wait, oneself among them, and pass the lead on."""
        with self._lock:
            rides = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))]
        try:
            self._run(rides)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._is_moving = following is not None
            if following is not None:
                following.leads = True
                following.sleep.release()
            for ride in rides[1:]:
                ride.sleep.release()

    def _run(self, rides: list[_Ride]) -> None:
        try:
            with self._write() as session:
                results = self._work(session, [ride.item for ride in rides])
            for ride, result in zip(rides, results, strict=True):
                ride.result = result
        except BaseException as error:  # noqa: BLE001 - it is raised in the threads that it belongs to
            if len(rides) == 1 or isinstance(error, DatabaseUnavailableError):
                for ride in rides:
                    ride.error = error
                return
            for ride in rides:
                self._run([ride])
