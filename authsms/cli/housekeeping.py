"""What a delivery process does beside sending: it chains the audit trail and deletes what is over."""

import threading
import time
from collections.abc import Callable

from authsms.foundation.errors import AuthsmsError
from authsms.foundation.logs import get_logger
from authsms.wiring import Services

_SEAL_SECONDS = 1.0
_PURGE_SECONDS = 60.0
_BATCH = 1000
_log = get_logger(__name__)


class Housekeeper:
    """A thread that survives whatever its work runs into."""

    def __init__(self, services: Services, stop: threading.Event) -> None:
        self._services = services
        self._stop = stop
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until it has stopped; the last records are chained first."""
        self._thread.join()

    def _run(self) -> None:
        purge_at = time.monotonic() + _PURGE_SECONDS
        while not self._stop.wait(_SEAL_SECONDS):
            self._guarded(self._seal)
            if time.monotonic() >= purge_at:
                purge_at = time.monotonic() + _PURGE_SECONDS
                self._guarded(self._purge)
        self._guarded(self._seal)

    def _seal(self) -> None:
        while self._services.audit.seal(_BATCH) == _BATCH:
            pass

    def _purge(self) -> None:
        for purge in self._services.housekeeping():
            purge()

    @staticmethod
    def _guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except AuthsmsError as error:
            _log.warning("housekeeping.postponed", error=type(error).__name__)
        except Exception:  # noqa: BLE001 - the loop must go on
            _log.exception("housekeeping.failed")
