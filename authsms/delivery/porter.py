"""The porter: is brought the ids of messages by a broker, takes each from the table and hands it over.

What it does with a message is what an embedded worker does; only the way to it is another one. An id that comes for
the second time, or too late, finds nothing to take. The broker has done its part when the table says whose a message
is, so whatever happens then is no concern of the broker's.
"""

import threading
from collections import Counter
from types import TracebackType
from typing import Final, Self

from authsms.delivery import carriage
from authsms.delivery.endurance import report, reported, work_on
from authsms.delivery.heartbeat import Heartbeat, Pulse
from authsms.delivery.ledger import Lease
from authsms.delivery.liveness import Liveness
from authsms.delivery.pauses import Moment, Pauses
from authsms.delivery.worker import WorkerOptions, Workplace, lock_folder, open_dispatcher, open_sweeper
from authsms.foundation.logs import get_logger

_LOOK_SECONDS: Final = 1.0
_log = get_logger(__name__)


class Porter:
    """Hands over messages by their ids, in any number of threads; a context, in which it counts as alive."""

    def __init__(
        self, workplace: Workplace, options: WorkerOptions | None = None, pauses: Pauses | None = None
    ) -> None:
        options = options or WorkerOptions()
        self._lease = options.lease
        self._pauses = pauses or Pauses()
        self._database = workplace.database
        self._clock = workplace.clock
        self._liveness = Liveness(lock_folder(workplace.settings.instance))
        self._dispatcher = open_dispatcher(workplace, options, self._pauses)
        self._sweeper = open_sweeper(workplace, self._liveness)
        self._hold = self._liveness.hold()
        self._lock = threading.Lock()
        self._in_hand = Counter[str]()
        self._has_lost = False
        self._stop = threading.Event()
        self._pulse = Pulse(Heartbeat(self._database, self._clock, self._hold.owner), self._stop)
        self._thread = threading.Thread(target=self._look_until_stopped, name="porter", daemon=True)

    def __enter__(self) -> Self:
        self._pulse.start()
        self._thread.start()
        _log.info("porter.started", worker=self._hold.owner)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._pulse.join()
        self._hold.release()
        _log.info("porter.stopped", worker=self._hold.owner)

    def deliver(self, message_id: str) -> None:
        """Bring the message of that id as far as it goes now, if it is there to be taken; raises nothing."""
        with self._lock:
            self._in_hand[message_id] += 1  # it may be brought back before the thread that had it has let it go
        is_certain = False
        try:
            is_certain = self._deliver(message_id)
        except Exception as error:  # noqa: BLE001 - the message waits in the table
            report("porter.take_failed", error)
        finally:
            with self._lock:
                self._in_hand -= Counter([message_id])
                self._has_lost = self._has_lost or not is_certain

    def _deliver(self, message_id: str) -> bool:
        self._pauses.reached(Moment.BEFORE_CLAIM)
        now = self._clock.now()
        claimed = carriage.take(self._database, message_id, Lease(self._hold.owner, now, now + self._lease))
        if claimed is None:
            return True
        self._pauses.reached(Moment.CLAIMED)
        return work_on(self._dispatcher, claimed, self._hold.owner)

    def _look_until_stopped(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            with reported("porter.look_failed"):
                self._free_forgotten()

    def _free_forgotten(self) -> None:
        """Free what a broken connection to the database left as ours without our knowing."""
        with self._lock:
            has_lost, self._has_lost = self._has_lost, False
        if not has_lost:
            return
        try:
            self._sweeper.free_forgotten(self._hold.owner, in_hand=self._held)
        except Exception:
            self._has_lost = True
            raise

    def _held(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._in_hand)
