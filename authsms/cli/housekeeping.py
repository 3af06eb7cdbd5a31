"""What a delivery process does beside sending: it chains the audit trail, and runs the periodic tasks."""

import threading

from authsms.delivery.schedule import Scheduler
from authsms.foundation.errors import AuthsmsError
from authsms.foundation.logs import get_logger
from authsms.wiring import Services

_SEAL_SECONDS = 1.0
_BATCH = 1000
_log = get_logger(__name__)


class Housekeeper:
    """Threads that survive whatever their work runs into."""

    def __init__(self, services: Services, stop: threading.Event) -> None:
        self._services = services
        self._stop = stop
        self._scheduler = Scheduler(services.database, services.clock, services.periodic_tasks(), stop)
        self._thread = threading.Thread(target=self._seal_until_stopped, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._scheduler.start()

    def join(self) -> None:
        """Wait until all have stopped; the last records are chained first."""
        self._scheduler.join()
        self._thread.join()

    def _seal_until_stopped(self) -> None:
        while not self._stop.wait(_SEAL_SECONDS):
            self._seal()
        self._seal()

    def _seal(self) -> None:
        try:
            while self._services.audit.seal(_BATCH) == _BATCH:
                pass
        except AuthsmsError as error:
            _log.warning("audit.not_sealed", error=type(error).__name__)
        except Exception:  # noqa: BLE001 - the loop must go on
            _log.exception("audit.not_sealed")
