"""One message, from claimed to recorded: choose a service, say so in the table, submit, write down the answer.

The order is what keeps the promises. "Attempting" is committed before the socket opens, so that a worker that dies
afterwards leaves a trace: such a message is repeated at most once. No transaction is open while the provider is waited
for. The answer is recorded under the condition that the message is still this worker's.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from authsms.delivery import ledger, repeats
from authsms.delivery.journal import Cause, Journal
from authsms.delivery.ledger import Claimed, Ended, Lease, Subject
from authsms.delivery.models import fit
from authsms.delivery.pauses import Moment, Pauses
from authsms.delivery.receipts import ReceiptService
from authsms.delivery.repeats import AttemptEnd, PastAttempt
from authsms.delivery.states import Failure, MessageState, Repeat, Settle, Verdict
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import DatabaseUnavailableError, SealBrokenError
from authsms.foundation.logs import get_logger
from authsms.foundation.metrics import DELIVERY_SECONDS
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.vault import Vault
from authsms.senders.routes import Consignment
from authsms.senders.submission import Accepted, NotTaken, Outcome, PerhapsTaken, Refused, Submission

LEASE: Final = timedelta(seconds=60)
"""Longer than any attempt with its recording; after it a message is taken from a worker that cannot be seen dead."""

_PATIENCE_SECONDS: Final = 25.0
_AFTER_A_BUG: Final = timedelta(seconds=5)
_CODE_LENGTH: Final = 64
_DETAIL_LENGTH: Final = 300
_ID_LENGTH: Final = 255
_log = get_logger(__name__)


class Sender(Protocol):
    """A configured sender service."""

    @property
    def name(self) -> str:
        """Its name in the policy."""

    @property
    def policy_version(self) -> int:
        """Version of the policy that offered it."""

    def submit(self, submission: Submission) -> Outcome:
        """Hand *submission* over once."""


class SenderPolicy(Protocol):
    """Says through whom a message goes."""

    def choose(self, consignment: Consignment) -> Sequence[Sender]:
        """Return the sender services for a message, best first."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A message in clear, on its way to a provider."""

    subject: Subject
    recipient: PhoneNumber
    text: str
    consignment: Consignment


@dataclass(frozen=True, slots=True)
class _Route:
    """What the policy offers for a message, and what has been tried."""

    services: Sequence[str]
    history: Sequence[PastAttempt]
    chosen: Sender


class Dispatcher:
    """Hands claimed messages to sender services; used by all sender threads at once.

    Args:
        database: Where the messages are.
        vault: Opens recipients and texts.
        clock: Decides what has expired.
        policy: Names the sender services for a message.
        receipts: Applies receipts that were faster than the answer.
        journal: Is told what a message has come to.
        lease: After which an attempt under way may be taken for lost.
        pauses: Is told when a moment that matters is reached.
    """

    def __init__(  # noqa: PLR0913 - it stands where all of these meet
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        policy: SenderPolicy,
        receipts: ReceiptService,
        journal: Journal,
        *,
        lease: timedelta,
        pauses: Pauses,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._policy = policy
        self._receipts = receipts
        self._journal = journal
        self._lease = lease
        self._pauses = pauses

    def dispatch(self, claimed: Claimed, owner: str) -> None:
        """Bring one message as far as it goes now.

        Raises:
            DatabaseUnavailableError: The message is still this worker's; it has to be freed once the database is back.
        """
        subject = claimed.subject
        parcel = self._open(claimed)
        if parcel is None:
            self._give_back(subject, owner, Settle(MessageState.FAILED, Failure.UNREADABLE))
            return
        route = self._route(parcel, owner)
        if route is None:
            return
        number = self._begin(subject, owner, route.chosen)
        if number is None:
            _log.info("message.lost_before_attempt", message=subject.id)
            return
        self._pauses.reached(Moment.ATTEMPTING)
        outcome = self._submit(parcel, route.chosen)
        self._pauses.reached(Moment.ANSWERED)
        self._record(subject, owner, self._ended(number, route.chosen.name, outcome), outcome, route)
        self._pauses.reached(Moment.RECORDED)

    def postpone(self, claimed: Claimed, owner: str) -> None:
        """Put a message back for a while whose dispatch broke on an error of ours before its attempt."""
        now = self._clock.now()
        with self._database.write() as session:
            ledger.give_back(session, claimed.subject, owner, Repeat(now + _AFTER_A_BUG), now)

    def _open(self, claimed: Claimed) -> _Parcel | None:
        subject = claimed.subject
        if claimed.recipient is None or claimed.text is None:
            return None
        try:
            recipient = self._vault.unseal(claimed.recipient, context=f"message.recipient:{subject.id}")
            text = self._vault.unseal(claimed.text, context=f"message.text:{subject.id}")
        except SealBrokenError:
            _log.error("message.unreadable", message=subject.id)
            return None
        number = PhoneNumber(recipient.decode())
        consignment = Consignment(subject.purpose, number, subject.id, claimed.label, claimed.groups)
        return _Parcel(subject, number, text.decode(), consignment)

    def _route(self, parcel: _Parcel, owner: str) -> _Route | None:
        subject = parcel.subject
        services = {one.name: one for one in self._policy.choose(parcel.consignment)}
        history: Sequence[PastAttempt] = ()
        if subject.attempts:
            with self._database.read() as session:
                history = ledger.history_of(session, subject.id)
        now = self._clock.now()
        names = list(services)
        onward = repeats.next_service(names, history, now=now, spread=_spread(subject))
        if onward is None:
            self._give_back(subject, owner, repeats.when_given_up(history))
            return None
        name, due_at = onward
        if due_at > now:
            self._give_back(subject, owner, Repeat(due_at))
            return None
        return _Route(names, history, services[name])

    def _begin(self, subject: Subject, owner: str, service: Sender) -> int | None:
        now = self._clock.now()
        with self._database.write() as session:
            return ledger.begin_attempt(
                session,
                subject,
                Lease(owner, now, now + self._lease),
                service=service.name,
                policy_version=service.policy_version,
            )

    def _submit(self, parcel: _Parcel, service: Sender) -> Outcome | None:
        """Return the provider's answer, or None when the time was over before the socket opened."""
        left = parcel.subject.expires_at - self._clock.now()
        if left <= timedelta(0):
            return None
        submission = Submission(
            message_id=parcel.subject.id,
            recipient=parcel.recipient,
            text=parcel.text,
            lifetime=left,
        )
        try:
            return service.submit(submission)
        except Exception as error:  # noqa: BLE001 - a plugin is foreign code
            # It may have sent before it broke. Its words may hold the text, so only the kind of error is kept.
            _log.error("sender.broken", service=service.name, message=parcel.subject.id, kind=type(error).__name__)
            return PerhapsTaken(code="plugin-error", detail=type(error).__name__)

    def _ended(self, number: int, service: str, outcome: Outcome | None) -> Ended:
        now = self._clock.now()
        match outcome:
            case None:
                return Ended(number, PastAttempt(service, AttemptEnd.TOO_LATE, now))
            case Accepted(provider_id=provider_id, state=word, segments=segments):
                past = PastAttempt(service, AttemptEnd.ACCEPTED, now)
                return Ended(number, past, "", fit(word, _DETAIL_LENGTH), fit(provider_id, _ID_LENGTH), segments)
            case NotTaken(code=code, detail=detail, retry_after=retry_after):
                wait = None if retry_after is None else now + min(max(retry_after, timedelta(0)), timedelta(days=1))
                past = PastAttempt(service, AttemptEnd.NOT_TAKEN, now, wait)
            case PerhapsTaken(code=code, detail=detail) | Refused(code=code, detail=detail):
                past = PastAttempt(service, repeats.end_of(outcome), now)
        return Ended(number, past, fit(code, _CODE_LENGTH), fit(detail, _DETAIL_LENGTH))

    def _record(self, subject: Subject, owner: str, ended: Ended, outcome: Outcome | None, route: _Route) -> None:
        history = [*route.history, ended.past]
        limits = {"now": ended.past.ended_at, "expires_at": subject.expires_at}
        if outcome is None:
            verdict: Verdict = repeats.after_attempt(route.services, history, **limits, spread=0.0)
        else:
            verdict = repeats.after_outcome(outcome, route.services, history, **limits, spread=_spread(subject))
        _persistently(lambda: self._write_down(subject, owner, ended, verdict))
        DELIVERY_SECONDS.labels(ended.past.service).observe((ended.past.ended_at - subject.created_at).total_seconds())
        _log.info(
            "message.attempted",
            message=subject.id,
            service=ended.past.service,
            attempt=ended.number,
            end=ended.past.end.value,
            provider_code=ended.code,
        )

    def _write_down(self, subject: Subject, owner: str, ended: Ended, verdict: Verdict) -> None:
        with self._database.write() as session:
            changed = ledger.end_attempt(session, subject, owner, ended, verdict)
            if not changed and ended.past.end is AttemptEnd.ACCEPTED:
                changed = ledger.take_late_answer(session, subject, ended)
            if changed:
                cause = Cause(ended.past.service, code=ended.code, attempts=ended.number)
                self._journal.note(session, subject, verdict, cause)
            self._receipts.absorb(session, subject, ended.past.service, ended.provider_id)

    def _give_back(self, subject: Subject, owner: str, verdict: Verdict) -> None:
        now = self._clock.now()
        with self._database.write() as session:
            if ledger.give_back(session, subject, owner, verdict, now):
                self._journal.note(session, subject, verdict, Cause(attempts=subject.attempts))


def _persistently(write: Callable[[], None]) -> None:
    """Run *write* until the database takes it: an answer that is forgotten may cost a second copy.

    Raises:
        DatabaseUnavailableError: It was away for too long.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    pause = 0.05
    while True:
        try:
            write()
        except DatabaseUnavailableError:
            if time.monotonic() + pause > deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 1.0)
        else:
            return


def _spread(subject: Subject) -> float:
    return int(subject.id[-4:], 16) / 0x10000
