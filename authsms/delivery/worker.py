"""The delivery process: one claimer, sender threads of which some are kept for authentication, and a sweeper.

Nothing waits in memory: the claimer takes only as many messages as there are idle sender threads, so that an urgent
message is never behind others that this process has claimed, and a killed process has few to give back. A quarter of
the threads takes only authentication: with all threads busy at a slow provider, priority in the queue alone would not
help.

Every loop survives the absence of the database. Whatever a lost commit leaves in doubt is freed as soon as it is back.
"""

import threading
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from authsms.audit import AuditTrail
from authsms.delivery import ledger
from authsms.delivery.caretaker import Caretaker
from authsms.delivery.crew import Crew
from authsms.delivery.dispatch import LEASE, Dispatcher, SenderPolicy
from authsms.delivery.doorbell import Doorbell, Listener
from authsms.delivery.endurance import report, work_on
from authsms.delivery.gate import Gate
from authsms.delivery.heartbeat import Heartbeat, Pulse
from authsms.delivery.journal import Journal
from authsms.delivery.ledger import Lease
from authsms.delivery.liveness import Liveness
from authsms.delivery.pauses import Moment, Pauses
from authsms.delivery.receipts import ReceiptService
from authsms.delivery.sweeper import Sweeper
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.engines import checkpoint
from authsms.foundation.logs import get_logger
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 2.0
_GATHERING: Final = timedelta(milliseconds=25)
"""How long a few free threads wait for others while many messages wait: to claim few costs as much as to claim many."""

_log = get_logger(__name__)


class Workplace(Protocol):
    """What a delivery process works with."""

    @property
    def settings(self) -> Settings:
        """The settings; lock files lie in the instance folder."""

    @property
    def database(self) -> Database:
        """Where the messages are."""

    @property
    def vault(self) -> Vault:
        """Opens texts and recipients."""

    @property
    def clock(self) -> Clock:
        """Decides what has expired."""

    @property
    def audit(self) -> AuditTrail:
        """Takes the results."""

    @property
    def senders(self) -> SenderPolicy:
        """Names the sender services of a message."""

    @property
    def gate(self) -> Gate:
        """Knows which services may take a message now."""

    @property
    def receipts(self) -> ReceiptService:
        """Applies receipts."""

    @property
    def doorbell(self) -> Doorbell:
        """Wakes this process."""


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker works.

    Attributes:
        threads: Messages handed over at the same time; no more than a sender service has connections.
        poll: How often to look without having been called.
        lease: After which a message is taken from a worker that cannot be seen dead.
        patience: How long to wait for messages under way when asked to stop.
    """

    threads: int = 96
    poll: timedelta = timedelta(milliseconds=250)
    lease: timedelta = LEASE
    patience: timedelta = timedelta(seconds=28)

    @property
    def reserved(self) -> int:
        """Threads that only take messages for authentication: a quarter, but never all."""
        return min(max(self.threads // 4, 1), self.threads - 1)

    @property
    def portion(self) -> int:
        """How many messages are worth a claim while many wait."""
        return max(self.threads // 4, 1)


class Worker:
    """One delivery process; `run` does everything.

    Args:
        workplace: What it works with.
        options: How.
        pauses: Is told when a moment that matters is reached; tests stop the process there.
    """

    def __init__(
        self, workplace: Workplace, options: WorkerOptions | None = None, pauses: Pauses | None = None
    ) -> None:
        self._options = options or WorkerOptions()
        self._pauses = pauses or Pauses()
        self._database = workplace.database
        self._clock = workplace.clock
        self._doorbell = workplace.doorbell
        self._gate = workplace.gate
        self._senders = workplace.senders
        self._liveness = Liveness(lock_folder(workplace.settings.instance))
        self._dispatcher = open_dispatcher(workplace, self._options, self._pauses)
        self._sweeper = open_sweeper(workplace, self._liveness)

    def run(self, stop: threading.Event) -> None:
        """Send messages until *stop* is set; those under way are finished first."""
        with self._liveness.hold() as hold, self._doorbell.listen() as listener:
            options = self._options
            crew = Crew(
                options.threads,
                options.reserved,
                lambda message: work_on(self._dispatcher, message, hold.owner),
                listener.nudge,
            )
            pulse = Pulse(Heartbeat(self._database, self._clock, hold.owner), stop)
            chores = (self._gate.refresh, self._senders.refresh, partial(checkpoint, self._database.engine))
            caretaker = Caretaker(pulse, self._sweeper, stop, listener.nudge, chores)
            caretaker.start()
            _log.info("worker.started", worker=hold.owner, threads=options.threads)
            self._claim_until(stop, hold.owner, crew, listener)
            is_drained = crew.drain(options.patience)
            caretaker.join()
            _log.info("worker.stopped", worker=hold.owner, drained=is_drained)

    def _claim_until(self, stop: threading.Event, owner: str, crew: Crew, listener: Listener) -> None:
        pause = 0.0
        while not stop.wait(pause):
            try:
                # A commit may have succeeded although its answer was lost.
                if pause or crew.has_lost():
                    self._sweeper.free_forgotten(owner, in_hand=crew.in_hand)
                is_more_likely = self._claim(owner, crew)
            except Exception as error:  # noqa: BLE001 - the loop must go on
                report("worker.claim_failed", error)
                pause = min(max(pause * 2, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
            else:
                pause = 0.0
                if not is_more_likely:
                    listener.wait(self._options.poll)
                elif not crew.has_room_for(self._options.portion):
                    listener.wait(_GATHERING)

    def _claim(self, owner: str, crew: Crew) -> bool:
        """Hand due messages to the crew as far as there is room; return whether to look again at once."""
        room = crew.room()
        taken = self._claim_some(owner, crew, room.anything, urgent_only=False)
        is_full = taken == room.anything
        # What is urgent comes first in the queue: a claim that was not filled has taken all of it.
        if is_full and room.urgent > taken:
            self._claim_some(owner, crew, room.urgent - taken, urgent_only=True)
        return is_full and room.anything > 0

    def _claim_some(self, owner: str, crew: Crew, limit: int, *, urgent_only: bool) -> int:
        if not limit:
            return 0
        self._pauses.reached(Moment.BEFORE_CLAIM)
        now = self._clock.now()
        lease = Lease(owner, now, now + self._options.lease)
        # A claim that a power cut takes back is made again: nothing is sent before its attempt is on the disk.
        with self._database.jot_in_order() as connection:
            claimed = ledger.claim(connection, lease, limit=limit, urgent_only=urgent_only)
        if claimed:
            self._pauses.reached(Moment.CLAIMED)
            crew.take(claimed)
        return len(claimed)


def run_worker(workplace: Workplace, stop: threading.Event) -> None:
    """Run one delivery process until *stop* is set."""
    Worker(workplace).run(stop)


def open_dispatcher(workplace: Workplace, options: WorkerOptions, pauses: Pauses) -> Dispatcher:
    """Return what hands messages over at *workplace*."""
    return Dispatcher(
        workplace.database,
        workplace.vault,
        workplace.clock,
        workplace.senders,
        workplace.receipts,
        Journal(workplace.audit, workplace.gate.suppressions),
        lease=options.lease,
        pauses=pauses,
        gate=workplace.gate,
    )


def open_sweeper(workplace: Workplace, liveness: Liveness) -> Sweeper:
    """Return what moves on at *workplace* what nobody else will."""
    return Sweeper(
        workplace.database,
        workplace.clock,
        workplace.audit,
        workplace.receipts,
        liveness,
        retention=workplace.settings.retention.messages,
    )


def lock_folder(instance: Path) -> Path:
    """Return where the lock files of workers lie."""
    return instance / "workers"


def bell_folder(instance: Path) -> Path:
    """Return where the bells of workers hang; the outbox rings there."""
    return instance / "bells"
