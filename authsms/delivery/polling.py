"""Fetches the reports of sender services that do not send them.

What is fetched is stored in transactions of its own, and only then confirmed at the provider; no call waits inside a
transaction. Each service has its own few pages a round, and what goes wrong with one is logged and concerns no other.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final, Protocol

from authsms.delivery.receipts import ReceiptService
from authsms.delivery.schedule import PeriodicTask
from authsms.foundation.errors import AuthsmsError
from authsms.foundation.logs import get_logger
from authsms.senders.definitions import ConfiguredService, SavedService
from authsms.senders.polling import PollingService

_EVERY: Final = timedelta(seconds=30)
_PAGES: Final = 20
_log = get_logger(__name__)


class Sources(Protocol):
    """Knows the sender services."""

    def services(self) -> Sequence[SavedService]:
        """Return every stored service."""

    def service(self, name: str) -> ConfiguredService:
        """Return one that can be used; raises `NotFoundError` otherwise."""


class ReportPoller:
    """Looks what became of texts whose providers do not call us."""

    def __init__(self, sources: Sources, receipts: ReceiptService) -> None:
        self._sources = sources
        self._receipts = receipts

    def task(self) -> PeriodicTask:
        """Return what is to be done again and again, by one process at a time."""
        return PeriodicTask("poll-reports", _EVERY, self.poll)

    def poll(self) -> int:
        """Fetch and store the reports of every service that is on; return how many were new."""
        names = [saved.rule.name for saved in self._sources.services() if saved.rule.is_enabled and not saved.problem]
        return sum(self._take_all(name) for name in names)

    def _take_all(self, name: str) -> int:
        try:
            return sum(self._pages(name))
        except AuthsmsError as error:
            _log.warning("poll.failed", service=name, reason=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one plugin's mistake must not keep the others' reports
            _log.error("poll.failed", service=name, reason=type(error).__name__, exc_info=error)
        return 0

    def _pages(self, name: str) -> Iterator[int]:
        """Yield how many new reports each page brought."""
        service = self._sources.service(name).service
        if not isinstance(service, PollingService) or not service.is_polled:
            return
        for _ in range(_PAGES):
            polled = service.poll()
            if polled is None or not polled.handles:
                return
            yield self._receipts.apply(name, polled.reports) if polled.reports else 0
            if not service.confirm(polled) or not polled.has_more:
                return
