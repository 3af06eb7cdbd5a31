"""A provider that only remembers, and everything else a worker needs, on a database of the test."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import ClassVar

from sqlalchemy import select
from typing_extensions import override

from authsms.audit import AuditTrail
from authsms.delivery import ledger
from authsms.delivery.dispatch import LEASE, Dispatcher
from authsms.delivery.doorbell import SocketDoorbell
from authsms.delivery.gate import open_gate
from authsms.delivery.journal import Journal
from authsms.delivery.ledger import Claimed, Lease
from authsms.delivery.liveness import Liveness
from authsms.delivery.models import Message
from authsms.delivery.outbox import Draft, MessageView, Outbox
from authsms.delivery.pauses import Pauses
from authsms.delivery.receipts import ReceiptService
from authsms.delivery.sweeper import Sweeper
from authsms.delivery.worker import Worker, WorkerOptions, bell_folder, lock_folder
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.limits import Limits
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.senders.contract import SenderService
from authsms.senders.exchange import ProviderAnswer, ProviderRequest, Reply
from authsms.senders.routes import Consignment
from authsms.senders.settings import Setting, SettingValues
from authsms.senders.submission import Accepted, Outcome, Purpose, Submission
from tests.fakes import ManualClock
from tests.integration.delivery.waiting import wait_until

PHONE = PhoneNumber("+491711234567")


class NullTransport:
    """Answers 200 to everything and opens no socket."""

    def send(self, request: ProviderRequest, patience: timedelta | None = None) -> Reply:  # noqa: ARG002 - the contract
        """Return an empty success."""
        return ProviderAnswer(200, {}, b"{}")

    def close(self) -> None:
        """There is nothing to close."""


class RecordingService(SenderService):
    """Remembers what it was given, and ends the way it is told to."""

    key: ClassVar = "recording"
    title: ClassVar = "Recording"
    settings: ClassVar[tuple[Setting, ...]] = ()

    def __init__(self, name: str = "first", answer: Callable[[Submission], Outcome] | None = None) -> None:
        super().__init__(SettingValues.read(self.all_settings(), {}), NullTransport())
        self.name = name
        self.policy_version = 1
        self.answer = answer or self._accept
        self.submissions: list[Submission] = []
        self._numbers = count(1)

    @override
    def build_request(self, submission: Submission) -> ProviderRequest:
        self.submissions.append(submission)
        return ProviderRequest.json("https://recording.example/", {"text": submission.text})

    @override
    def read_answer(self, answer: ProviderAnswer, submission: Submission) -> Outcome:
        return self.answer(submission)

    def _accept(self, _submission: Submission) -> Outcome:
        return Accepted(f"{self.name}-{next(self._numbers)}")


@dataclass
class FixedPolicy:
    """A sender policy that always offers the same services."""

    services: Sequence[RecordingService] = field(default_factory=lambda: [RecordingService()])

    def choose(self, consignment: Consignment) -> Sequence[RecordingService]:  # noqa: ARG002
        """Return them all."""
        return list(self.services)

    def refresh(self) -> None:
        """Find nothing new."""


@dataclass
class Office:
    """What a worker works with, and the outbox in front of it."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock
    senders: FixedPolicy = field(default_factory=FixedPolicy)

    def __post_init__(self) -> None:
        self.audit = AuditTrail(self.database, self.vault, self.clock)
        self.doorbell = SocketDoorbell(bell_folder(self.settings.instance))
        self.receipts = ReceiptService(self.database, self.vault, self.clock, self.audit)
        limits = Limits(self.database, self.clock)
        self.gate = open_gate(self.database, self.vault, self.clock, self.audit, limits)
        self.outbox = Outbox(
            self.database, self.vault, self.clock, self.audit, self.doorbell, spending=self.gate.spending
        )

    @classmethod
    def open(cls, instance: Path, url: str, vault: Vault, clock: Clock, senders: FixedPolicy | None = None) -> "Office":
        """Return an office on *url*."""
        values = {"instance": instance, "environment": "development", "database": {"url": url}}
        return cls(Settings.model_validate(values), Database(url), vault, clock, senders or FixedPolicy())

    @property
    def first(self) -> RecordingService:
        """The best sender service."""
        return self.senders.services[0]

    def draft(self, text: str = "Your code is 123456", **changes) -> Draft:
        """Return a message for authentication with two minutes to live."""
        draft = Draft(self.vault.new_id(), Purpose.AUTHENTICATION, PHONE, text, self.clock.now() + timedelta(minutes=2))
        return replace(draft, **changes)

    def post(self, text: str = "Your code is 123456", **changes) -> str:
        """Commit a message and return its id."""
        draft = self.draft(text, **changes)
        with self.database.write() as session:
            self.outbox.enqueue(session, draft)
        return draft.id

    def view(self, message_id: str) -> MessageView:
        """Return what is known of a message."""
        return self.outbox.view(message_id)

    def advance(self, step: timedelta) -> None:
        """Move the clock, which stands still otherwise."""
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(step)

    def claim(self, owner: str = "me", *, limit: int = 10, urgent_only: bool = False) -> list[Claimed]:
        """Claim messages as a worker called *owner* would."""
        now = self.clock.now()
        with self.database.jot_one() as connection:
            return ledger.claim(connection, Lease(owner, now, now + LEASE), limit=limit, urgent_only=urgent_only)

    def dispatcher(self, pauses: Pauses | None = None) -> Dispatcher:
        """Return what hands messages over."""
        return Dispatcher(
            self.database,
            self.vault,
            self.clock,
            self.senders,
            self.receipts,
            Journal(self.audit),
            lease=LEASE,
            pauses=pauses or Pauses(),
            gate=self.gate,
        )

    def sweeper(self) -> Sweeper:
        """Return what moves on the messages of dead workers."""
        liveness = Liveness(lock_folder(self.settings.instance))
        return Sweeper(self.database, self.clock, self.audit, self.receipts, liveness, retention=timedelta(days=90))

    def deliver(self, owner: str = "me") -> int:
        """Claim what is due and bring it as far as it goes; return how many messages that were."""
        claimed = self.claim(owner)
        for message in claimed:
            self.dispatcher().dispatch(message, owner)
        return len(claimed)

    def tags(self) -> list[str]:
        """Return the audit tags recorded so far, oldest first."""
        return [record.entry.tag.value for record in reversed(self.audit.search())]

    def secrets_of(self, message_id: str) -> tuple[bytes | None, bytes | None]:
        """Return recipient and text as they stand in the table."""
        with self.database.read() as session:
            row = session.execute(select(Message.recipient, Message.text).where(Message.id == message_id)).one()
        return row.recipient, row.text

    def wait_for(self, message_id: str, *states: str, seconds: float = 30) -> MessageView:
        """Wait until a message is in one of *states*."""
        wait_until(lambda: self.view(message_id).state in states, seconds, lambda: str(self.view(message_id)))
        return self.view(message_id)

    @contextmanager
    def worker(self, options: WorkerOptions | None = None, pauses: Pauses | None = None) -> Iterator[threading.Thread]:
        """Run a worker in a thread while the block lasts."""
        stop = threading.Event()
        thread = threading.Thread(target=Worker(self, options, pauses).run, args=(stop,))
        thread.start()
        try:
            yield thread
        finally:
            stop.set()
            thread.join(60)
            assert not thread.is_alive()
