"""Tests of sender services: one message to a phone of the administrator's choice, and all the provider said about it.

A provider may take ten seconds, so a test runs in a thread of its own and leaves its result in a row; the page looks
at the row. What was sent and answered is stored cleaned of secrets, text and number. Receipts of a test belong to no
message; they are found by the provider's id, for as long as unclaimed receipts are kept.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from authsms.administration.actors import Actor
from authsms.administration.rights import Right
from authsms.delivery.models import ReceiptRecord, fit
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import AuthsmsError, InvalidInputError, NotFoundError, OverloadedError
from authsms.foundation.limits import Limits, Rate
from authsms.foundation.logs import get_logger
from authsms.foundation.phone import PhoneNumber, mask, parse_phone
from authsms.foundation.vault import Vault
from authsms.senders.definitions import Author, ServiceDraft
from authsms.senders.models import SenderTestRecord
from authsms.senders.routes import sender_for
from authsms.senders.service import SenderPolicyService
from authsms.senders.submission import Accepted, Trial

OF_ONE = Rate(5, timedelta(hours=1))
OF_ALL = Rate(20, timedelta(hours=1))
_AT_ONCE = 4
_KEPT = timedelta(days=30)
_LOST_AFTER = timedelta(seconds=60)
_LONGEST_TEXT = 700
_MOST_RECEIPTS = 20
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TrialReceipt:
    """What the provider reported about a test."""

    state: str
    word: str
    code: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SenderTest:
    """A test as it is shown; what comes from the provider is foreign text.

    Attributes:
        is_typed: It used what was typed and not what is saved.
        is_running: The provider has not answered yet.
        is_lost: This server was restarted before the provider answered.
        outcome: ``Accepted``, ``NotTaken``, ``PerhapsTaken``, ``Refused``, or empty.
    """

    id: str
    service: str
    is_typed: bool
    masked: str
    author: str
    started_at: datetime
    is_running: bool
    is_lost: bool
    outcome: str
    code: str
    detail: str
    provider_id: str
    request: str
    status: int | None
    answer: str
    advice: str
    milliseconds: int
    receipts: Sequence[TrialReceipt] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether the provider has taken the message."""
        return self.outcome == Accepted.__name__


@dataclass(frozen=True, slots=True)
class TrialTools:
    """What tests need of the rest of the house."""

    database: Database
    vault: Vault
    clock: Clock
    limits: Limits
    senders: SenderPolicyService
    default_region: str


class SenderTests:
    """Runs tests and shows them."""

    def __init__(self, tools: TrialTools) -> None:
        self._tools = tools
        self._slots = threading.BoundedSemaphore(_AT_ONCE)

    def start(self, actor: Actor, name: str, phone: str, text: str, *, typed: ServiceDraft | None = None) -> str:
        """Begin to send *text* to *phone* and return the id of the test.

        Args:
            actor: Who tests.
            name: A saved service.
            phone: A number in any spelling.
            text: What to send.
            typed: Test these settings instead of the saved ones; no stored secret is used with them.

        Raises:
            InvalidInputError: Number, text or settings cannot be used.
            NotFoundError: There is no usable service of that name.
            TooManyRequestsError: He, or all administrators together, have tested a lot within the hour.
            OverloadedError: Other tests are still waiting for their providers.
        """
        actor.require(Right.SENDERS_EDIT)
        recipient = self._checked(phone, text)
        instead = self._tools.senders.unsaved(typed) if typed else None
        if typed and instead:
            instead = replace(instead, sender=sender_for(typed.rule, recipient))
        if instead is None:
            self._tools.senders.service(name)
        self._tools.limits.take_all(("sender-test:all", OF_ALL), (f"sender-test:{actor.person_key}", OF_ONE))
        if not self._slots.acquire(blocking=False):
            raise OverloadedError("Other tests are still waiting for their providers; try again in a few seconds.")
        author = Author(actor.login, actor.person_key, actor.address)

        def run() -> Trial:
            try:
                return self._tools.senders.try_out(name, recipient, text, author=author, instead=instead)
            finally:
                if instead is not None:
                    instead.service.close()

        try:
            test_id = self._begin(actor, name, recipient, is_typed=instead is not None)
            threading.Thread(target=self._run, args=(test_id, run), name="sender-test", daemon=True).start()
        except BaseException:
            self._slots.release()
            raise
        return test_id

    def find(self, actor: Actor, name: str, test_id: str) -> SenderTest:
        """Return a test of a service with what was reported about it.

        Raises:
            NotFoundError: There is none of that id for this service.
        """
        actor.require(Right.SENDERS_EDIT)
        with self._tools.database.read() as session:
            row = session.get(SenderTestRecord, test_id)
            if row is None or row.service != name:
                raise NotFoundError("There is no such test.")
            found = (
                session.scalars(
                    select(ReceiptRecord)
                    .where(ReceiptRecord.provider_id == row.provider_id, ReceiptRecord.service == name)
                    .order_by(ReceiptRecord.received_at)
                    .limit(_MOST_RECEIPTS)
                ).all()
                if row.provider_id
                else ()
            )
        receipts = tuple(TrialReceipt(one.state, one.word, one.code, one.received_at) for one in found)
        return self._shown(row, receipts)

    def last(self, actor: Actor, name: str) -> SenderTest | None:
        """Return the newest test of a service, or None."""
        actor.require(Right.SENDERS_SEE)
        query = (
            select(SenderTestRecord)
            .where(SenderTestRecord.service == name)
            .order_by(SenderTestRecord.started_at.desc())
            .limit(1)
        )
        with self._tools.database.read() as session:
            row = session.scalars(query).one_or_none()
        return self._shown(row, ()) if row else None

    def purge(self) -> int:
        """Delete tests of long ago; return how many."""
        old = SenderTestRecord.started_at < self._tools.clock.now() - _KEPT
        with self._tools.database.write() as session:
            return rowcount(session.execute(delete(SenderTestRecord).where(old)))

    def _checked(self, phone: str, text: str) -> PhoneNumber:
        if not text.strip() or len(text) > _LONGEST_TEXT:
            raise InvalidInputError(
                "Write a message of 1 to %(longest_text)s characters.", longest_text=_LONGEST_TEXT, field="text"
            )
        return parse_phone(phone, default_region=self._tools.default_region)

    def _begin(self, actor: Actor, name: str, recipient: PhoneNumber, *, is_typed: bool) -> str:
        test_id = self._tools.vault.new_id()
        row = SenderTestRecord(
            id=test_id,
            service=name,
            is_typed=is_typed,
            masked=mask(recipient),
            author=actor.login,
            started_at=self._tools.clock.now(),
            outcome="",
            code="",
            detail="",
            provider_id="",
            request="",
            answer="",
            advice="",
            milliseconds=0,
        )
        with self._tools.database.write() as session:
            session.add(row)
        return test_id

    def _run(self, test_id: str, send: Callable[[], Trial]) -> None:
        """Send, and leave the result in the row; without a result the page says that it was lost."""
        try:
            try:
                trial = send()
            finally:
                self._slots.release()  # whoever sees the result finds room for the next
            self._finish(test_id, trial)
        except AuthsmsError as error:
            _log.warning("sender.test_lost", reason=type(error).__name__)

    def _finish(self, test_id: str, trial: Trial) -> None:
        outcome = trial.outcome
        is_accepted = isinstance(outcome, Accepted)
        values = {
            "finished_at": self._tools.clock.now(),
            "outcome": type(outcome).__name__,
            "code": "" if isinstance(outcome, Accepted) else fit(outcome.code, 64),
            "detail": outcome.state if isinstance(outcome, Accepted) else fit(outcome.detail, 400),
            "provider_id": fit(outcome.provider_id, 255) if isinstance(outcome, Accepted) else "",
            "request": trial.request,
            "status": trial.status,
            "answer": trial.answer,
            "advice": "" if is_accepted else trial.advice,
            "milliseconds": int(trial.seconds * 1000),
        }
        with self._tools.database.write() as session:
            session.execute(update(SenderTestRecord).where(SenderTestRecord.id == test_id).values(values))

    def _shown(self, row: SenderTestRecord, receipts: Sequence[TrialReceipt]) -> SenderTest:
        is_open = row.finished_at is None
        is_lost = is_open and self._tools.clock.now() - row.started_at > _LOST_AFTER
        return SenderTest(
            row.id,
            row.service,
            row.is_typed,
            row.masked,
            row.author,
            row.started_at,
            is_open and not is_lost,
            is_lost,
            row.outcome,
            row.code,
            row.detail,
            row.provider_id,
            row.request,
            row.status,
            row.answer,
            row.advice,
            row.milliseconds,
            receipts,
        )
