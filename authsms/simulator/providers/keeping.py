"""What providers share that keep their reports until they are fetched, and confirmed."""

import threading
import time
from abc import ABC
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from typing_extensions import override

from authsms.simulator.config import SimulatorConfig
from authsms.simulator.faults import Fault, FaultKind
from authsms.simulator.postman import Callback
from authsms.simulator.providers.contract import Network, SimulatedProvider


class Shelf:
    """Reports that wait, oldest first; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[float, bytes]] = []

    def put(self, report: bytes, wait: timedelta) -> None:
        """Lay *report* down; nobody sees it before *wait* is over."""
        with self._lock:
            self._waiting.append((time.monotonic() + wait.total_seconds(), report))

    def waiting(self) -> list[bytes]:
        """Return what may be fetched."""
        now = time.monotonic()
        with self._lock:
            return [report for due, report in self._waiting if due <= now]

    def confirm(self, handles: Collection[str], handle_of: Callable[[bytes], str]) -> int:
        """Forget the reports that *handles* name, as *handle_of* reads it; return how many those were."""
        with self._lock:
            kept = [one for one in self._waiting if handle_of(one[1]) not in handles]
            confirmed, self._waiting = len(self._waiting) - len(kept), kept
        return confirmed


class KeepingProvider(SimulatedProvider, ABC):
    """A provider that keeps a receipt without an address on its `shelf`."""

    def __init__(self, network: Network, config: SimulatorConfig) -> None:
        super().__init__(network, config)
        self.shelf = Shelf()

    @override
    def _report(self, receipts: Sequence[Callback], fault: Fault | None) -> None:
        if not receipts or receipts[0].url:
            super()._report(receipts, fault)
            return
        kind = fault.kind if fault else None
        if kind is FaultKind.MUTE:
            return
        if kind is FaultKind.SHUFFLE:
            receipts = [*receipts[::-1]]
        elif kind is FaultKind.REPEAT:
            receipts = [receipt for receipt in receipts for _ in range(2)]
        wait = timedelta(seconds=fault.seconds) if fault and kind is FaultKind.LATE else timedelta()
        for number, receipt in enumerate(receipts, 1):
            self.shelf.put(receipt.body, wait + number * self.pace)
