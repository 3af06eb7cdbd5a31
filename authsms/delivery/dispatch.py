"""One message, from claimed to recorded: choose a service, say so in the table, submit, write down the answer.

The order is what keeps the promises. "Attempting" is committed before the socket opens, so that a worker that dies
afterwards leaves a trace: such a message is repeated at most once. No transaction is open while the provider is waited
for. The answer is recorded under the condition that the message is still this worker's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from authsms.delivery import answers, ledger, repeats
from authsms.delivery.batches import Ending
from authsms.delivery.gate import Barred, Gate
from authsms.delivery.journal import Cause, Journal
from authsms.delivery.ledger import Claimed, Ended, Lease, Subject
from authsms.delivery.parcel import Parcel, open_parcel
from authsms.delivery.pauses import Moment, Pauses
from authsms.delivery.receipts import ReceiptService
from authsms.delivery.recorder import Recorder
from authsms.delivery.repeats import PastAttempt
from authsms.delivery.states import Failure, MessageState, Repeat, Settle, Verdict
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import DatabaseUnavailableError
from authsms.foundation.logs import get_logger
from authsms.foundation.metrics import ATTEMPTS, DELIVERY_SECONDS
from authsms.foundation.vault import Vault
from authsms.senders.routes import Consignment
from authsms.senders.submission import CODES, Outcome, PerhapsTaken, Submission

LEASE: Final = timedelta(seconds=60)
"""Longer than any attempt with its recording; after it a message is taken from a worker that cannot be seen dead."""

_PATIENCE: Final = timedelta(seconds=4)
"""For a code's answer while another service may be asked: somebody waits at a page."""

_AFTER_A_BUG: Final = timedelta(seconds=5)
_AFTER_A_CROWD: Final = timedelta(milliseconds=500)
_MOST_LOOKS: Final = 8
"""Times that a message looks for a service before it is put back for a moment: others may always be faster."""

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

    def refresh(self) -> None:
        """Look at the policy now, so that no message has to wait for that within the next second."""


@dataclass(frozen=True, slots=True)
class _Route:
    """What the policy offers for a message, what has been tried, and what to try now."""

    services: Mapping[str, Sender]
    names: Sequence[str]
    history: Sequence[PastAttempt]
    chosen: Sender

    @property
    def has_another(self) -> bool:
        """Whether a service is left that has not been asked."""
        return bool(set(self.names) - {self.chosen.name, *(past.service for past in self.history)})


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
        gate: Knows which services may take a message now.
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
        gate: Gate,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._policy = policy
        self._journal = journal
        self._recorder = Recorder(database, receipts, journal)
        self._lease = lease
        self._pauses = pauses
        self._gate = gate

    def dispatch(self, claimed: Claimed, owner: str) -> None:
        """Bring one message as far as it goes now.

        Raises:
            DatabaseUnavailableError: The message is still this worker's; it has to be freed once the database is back.
        """
        subject = claimed.subject
        parcel = open_parcel(self._vault, claimed)
        if parcel is None:
            self._give_back(subject, owner, Settle(MessageState.FAILED, Failure.UNREADABLE))
            return
        if self._gate.is_unwelcome(parcel.consignment):
            self._give_back(subject, owner, Settle(MessageState.FAILED, Failure.OPTED_OUT))
            return
        waits_until = self._gate.waits_until(subject, parcel.consignment)
        begun = self._begin(parcel, owner) if waits_until is None else None
        if waits_until is not None:
            self._give_back(subject, owner, Repeat(waits_until))
        if begun is None:
            return
        number, route = begun
        self._pauses.reached(Moment.ATTEMPTING)
        outcome = self._submit(parcel, route)
        self._pauses.reached(Moment.ANSWERED)
        ended = answers.ended(number, route.chosen.name, outcome, self._clock.now())
        self._learn(subject, number, route.chosen, outcome)
        self._record(subject, owner, ended, outcome, route)
        self._pauses.reached(Moment.RECORDED)

    def postpone(self, claimed: Claimed, owner: str) -> None:
        """Put a message back for a while whose dispatch broke on an error of ours before its attempt."""
        now = self._clock.now()
        with self._database.write() as session:
            ledger.give_back(session, claimed.subject, owner, Repeat(now + _AFTER_A_BUG), now)

    def _begin(self, parcel: Parcel, owner: str) -> tuple[int, _Route] | None:
        """Begin an attempt through the best service that takes the message; None when it is out of our hands."""
        subject = parcel.subject
        barred: dict[str, datetime] = {}
        for _ in range(_MOST_LOOKS):
            route = self._route(parcel, owner, barred)
            if route is None:
                return None
            now = self._clock.now()
            lease = Lease(owner, now, now + self._lease)
            entry = self._gate.begin(subject, lease, route.chosen, country=parcel.country, text=parcel.text)
            match entry:
                case int():
                    return entry, route
                case None:
                    _log.info("message.lost_before_attempt", message=subject.id)
                    self._give_back(subject, owner, Repeat(now))
                    return None
                case Barred(until=until, is_worth_waiting=True):
                    self._give_back(subject, owner, Repeat(until))
                    return None
                case Barred(until=until):
                    barred[route.chosen.name] = until
        self._give_back(subject, owner, Repeat(self._clock.now() + _AFTER_A_CROWD))
        return None

    def _route(self, parcel: Parcel, owner: str, barred: Mapping[str, datetime]) -> _Route | None:
        """Return the way to take, *barred* left out; None after the message was put back, or has ended."""
        subject = parcel.subject
        services = {one.name: one for one in self._policy.choose(parcel.consignment)}
        names = self._gate.in_order(list(services), parcel.country)
        history: Sequence[PastAttempt] = ()
        if subject.attempts:
            with self._database.read() as session:
                history = ledger.history_of(session, subject.id)
        now, spread = self._clock.now(), _spread(subject)
        known = self._gate.barred(list(services.values()), subject.purpose, now, spread=spread)
        onward = repeats.next_service(names, history, now=now, spread=spread, barred={**known, **barred})
        if onward is None or onward[1] >= subject.expires_at:
            self._give_back(subject, owner, repeats.when_given_up(history, is_offered=onward is not None))
            return None
        name, due_at = onward
        if due_at > now:
            self._give_back(subject, owner, Repeat(due_at))
            return None
        return _Route(services, names, history, services[name])

    def _submit(self, parcel: Parcel, route: _Route) -> Outcome | None:
        """Return the provider's answer, or None when the time was over before the socket opened."""
        service = route.chosen
        left = parcel.subject.expires_at - self._clock.now()
        if left <= timedelta(0):
            return None
        submission = Submission(
            message_id=parcel.subject.id,
            recipient=parcel.recipient,
            text=parcel.text,
            lifetime=left,
            patience=_PATIENCE if parcel.subject.purpose in CODES and route.has_another else None,
        )
        try:
            return service.submit(submission)
        except Exception as error:  # noqa: BLE001 - a plugin is foreign code
            # It may have sent before it broke. Its words may hold the text, so only the kind of error is kept.
            _log.error("sender.broken", service=service.name, message=parcel.subject.id, kind=type(error).__name__)
            return PerhapsTaken(code="plugin-error", detail=type(error).__name__)

    def _record(self, subject: Subject, owner: str, ended: Ended, outcome: Outcome | None, route: _Route) -> None:
        verdict = self._verdict(subject, [*route.history, ended.past], outcome, route)
        answers.persistently(lambda: self._recorder.write(Ending(subject, owner, ended, verdict)))
        ATTEMPTS.labels(ended.past.service, ended.past.end.value).inc()
        DELIVERY_SECONDS.labels(ended.past.service).observe((ended.past.ended_at - subject.created_at).total_seconds())
        _log.info(
            "message.attempted",
            message=subject.id,
            service=ended.past.service,
            attempt=ended.number,
            end=ended.past.end.value,
            provider_code=ended.code,
        )

    def _verdict(
        self, subject: Subject, history: Sequence[PastAttempt], outcome: Outcome | None, route: _Route
    ) -> Verdict:
        now, expires_at, spread = history[-1].ended_at, subject.expires_at, _spread(subject)
        if outcome is None:
            return repeats.after_attempt(route.names, history, now=now, expires_at=expires_at, spread=0.0)
        barred = self._gate.barred(list(route.services.values()), subject.purpose, now, spread=spread)
        return repeats.after_outcome(
            outcome, route.names, history, now=now, expires_at=expires_at, spread=spread, barred=barred
        )

    def _learn(self, subject: Subject, number: int, service: Sender, outcome: Outcome | None) -> None:
        """Take in what the answer says about the service; the answer itself is recorded whether or not that works."""
        try:
            self._gate.learn(service.name, outcome, subject, number, version=service.policy_version)
        except DatabaseUnavailableError:
            _log.warning("breaker.not_told", service=service.name)

    def _give_back(self, subject: Subject, owner: str, verdict: Verdict) -> None:
        now = self._clock.now()
        with self._database.write() as session:
            if ledger.give_back(session, subject, owner, verdict, now):
                self._journal.note(session, subject, verdict, Cause(attempts=subject.attempts))


def _spread(subject: Subject) -> float:
    return int(subject.id[-4:], 16) / 0x10000
