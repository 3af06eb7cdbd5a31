"""The gate before sender services: who may take a message now, and until when the others cannot.

It asks the snapshot of conditions first, which costs nothing, and makes sure in the transaction that begins an attempt:
there a pause, a breaker that opened a moment ago, the rate of a service and its caps are conditions of statements, so
that what holds for one process holds for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy.orm import Session

from authsms.audit import AuditTrail
from authsms.contacts.suppression import SuppressionList
from authsms.delivery.batches import Beginning, begin_attempts, begin_attempts_at_once
from authsms.delivery.breaker import Breaker, Trouble
from authsms.delivery.breakers import Breakers
from authsms.delivery.conditions import Conditions, ServiceCondition
from authsms.delivery.demotions import SLOT, Demotions
from authsms.delivery.ledger import Lease, Subject
from authsms.delivery.quiet import QuietHours
from authsms.delivery.rates import ServiceRate, ServiceRates
from authsms.delivery.schedule import PeriodicTask
from authsms.delivery.spending import Bill, Spending
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.limits import Limits
from authsms.foundation.vault import Vault
from authsms.senders.routes import Consignment
from authsms.senders.submission import Outcome, Purpose

PAUSED_LOOK: Final = timedelta(seconds=5)
"""How often a message looks again whose way is paused: nobody knows until when."""

_HELD_AT_NIGHT: Final = frozenset({Purpose.NOTICE, Purpose.OFFER})
_PATIENCE: Final = timedelta(seconds=1)
"""How long an urgent message waits for the rate of its best service, rather than take the next one."""

_LARGEST_SPREAD: Final = timedelta(seconds=3)


class Candidate(Protocol):
    """A service that is offered for a message."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def policy_version(self) -> int:
        """Version of the policy that offers it."""


@dataclass(frozen=True, slots=True)
class Barred:
    """A service does not take this message now.

    Attributes:
        until: When to ask again.
        is_worth_waiting: The message waits for just this service, instead of taking another one.
    """

    until: datetime
    is_worth_waiting: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the transaction of an attempt has to see to.

    Attributes:
        is_probe: The service's breaker is not closed; one message is let through.
        rate: The rate of the service, or None.
        bill: What the message counts for, or None.
    """

    is_probe: bool
    rate: ServiceRate | None
    bill: Bill | None

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked but that the message is ours; its transaction may then be shared."""
        return not self.is_probe and self.rate is None and self.bill is None


class _RefusedError(Exception):
    """Ends the transaction of an attempt that does not begin."""

    def __init__(self, barred: Barred | None = None) -> None:
        super().__init__()
        self.barred = barred


class Gate:
    """Lets messages through to services; used by all sender threads at once.

    Attributes:
        conditions: What the services are like.
        rates: How many texts a second they may be given.
        spending: How much may be sent in all.
        suppressions: Who wants no texts; None where nobody is asked.
        quiet: When what an operator sends to many waits; None for never.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        conditions: Conditions,
        rates: ServiceRates,
        spending: Spending,
        *,
        suppressions: SuppressionList | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self.conditions = conditions
        self.rates = rates
        self.spending = spending
        self.suppressions = suppressions
        self.quiet: QuietHours | None = None
        self._breakers = Breakers(database, clock, conditions)
        if database.dialect == "postgresql":
            self._begin_many = database.convoy(begin_attempts_at_once, is_single=True)
        else:
            self._begin_many = database.convoy(begin_attempts)

    def tasks(self) -> Sequence[PeriodicTask]:
        """Return what has to be done again and again so that the gate knows what it should."""
        demotions = Demotions(self._database, self._clock, self.conditions)
        return [
            PeriodicTask("judge-deliveries", SLOT, demotions.look),
            PeriodicTask("purge-spending", timedelta(hours=1), self.spending.purge),
        ]

    def refresh(self) -> None:
        """Look at everything that messages are asked about, so that the next one need not wait for that."""
        self.conditions.glance.refresh()
        self.rates.glance.refresh()
        self.spending.glance.refresh()
        if self.suppressions is not None:
            self.suppressions.glance.refresh()

    def waits_until(self, subject: Subject, consignment: Consignment) -> datetime | None:
        """Return when to look again after a message whose purpose is paused, or whose recipient is not to be woken.

        Quiet hours are for what an operator sends to many: it has a reference, and is no answer.
        """
        now = self._clock.now()
        if subject.purpose in self.conditions.paused_purposes():
            return now + PAUSED_LOOK
        is_for_many = subject.purpose in _HELD_AT_NIGHT and subject.reference and consignment.through is None
        if self.quiet is None or not is_for_many:
            return None
        return self.quiet.wait(consignment.recipient, now, subject.expires_at)

    def is_unwelcome(self, consignment: Consignment) -> bool:
        """Return whether the recipient has opted out of what the policy offers, perhaps since the text was queued."""
        return self.suppressions is not None and self.suppressions.forbids_now(consignment)

    def in_order(self, names: Sequence[str], country: str) -> list[str]:
        """Return *names* with those last that are demoted for texts to *country*."""
        conditions = self.conditions.all()
        return sorted(names, key=lambda name: name in conditions and country in conditions[name].demoted)

    def barred(
        self, services: Sequence[Candidate], purpose: Purpose, now: datetime, *, spread: float
    ) -> dict[str, datetime]:
        """Return the services that take no message now, with the moment from which they may.

        One whose pause is over may: the message is then the one that is let through, or finds at `begin` that another
        was faster. *spread*, 0 to 1, differs from message to message, so that those that can wait do not all come back
        at once.
        """
        conditions = self.conditions.all()
        delay = timedelta(0) if purpose is Purpose.AUTHENTICATION else _LARGEST_SPREAD * spread
        barred = {}
        for service in services:
            condition = conditions.get(service.name)
            until = _closed_until(condition, service.policy_version, now) if condition else None
            if until is not None and until > now:
                barred[service.name] = until + delay
        return barred

    def begin(
        self, subject: Subject, lease: Lease, service: Candidate, *, country: str, text: str
    ) -> int | Barred | None:
        """Write that an attempt through *service* is about to start.

        Returns:
            Its number; or until when the service is barred; or None when the message is not ours to send any more.
        """
        condition = self.conditions.all().get(service.name)
        bill = self.spending.bill(subject.purpose, country, text, is_proven=subject.is_proven)
        entry = _Entry(
            is_probe=condition is not None and condition.breaker is not Breaker.CLOSED,
            rate=_slower(self.rates.all().get(service.name), condition.pace if condition else 0.0),
            bill=bill.through(service.name) if bill else None,
        )
        beginning = Beginning(subject, lease, service.name, service.policy_version, entry.is_probe)
        # What is looked up has been looked up: a transaction that asks for a second connection may wait for itself.
        begun = self._begin_many.write(beginning) if entry.is_plain else self._begin(beginning, entry)
        if isinstance(begun, int):
            return begun
        if begun is None:
            return self._looked_at_again(service, lease.now)
        if begun.is_worth_waiting:
            is_urgent = subject.purpose is Purpose.AUTHENTICATION
            return replace(begun, until=self.rates.place(service.name, entry.rate, is_urgent=is_urgent))
        return begun

    def learn(self, service: str, outcome: Outcome | None, subject: Subject, number: int, *, version: int) -> None:
        """Take in what attempt *number* of a message says about its service; None when nothing was submitted."""
        self._breakers.learn(service, outcome, attempt=_attempt(subject, number), version=version)

    def _begin(self, one: Beginning, entry: _Entry) -> int | Barred | None:
        """Begin an attempt that has to ask for more than that the message is ours; take nothing when it may not."""
        try:
            with self._database.write() as session:
                self._ask(session, one, entry)
                return self._begun(session, one)
        except _RefusedError as refusal:
            return refusal.barred

    @staticmethod
    def _begun(session: Session, one: Beginning) -> int:
        [number] = begin_attempts(session, [one])
        if number is None:
            raise _RefusedError
        return number

    def _ask(self, session: Session, one: Beginning, entry: _Entry) -> None:
        subject, now = one.subject, one.lease.now
        attempt = _attempt(subject, subject.attempts + 1)
        if entry.is_probe and not self._breakers.probe(
            session, one.service, attempt=attempt, version=one.policy_version
        ):
            raise _RefusedError
        free_at = self.rates.take(session, one.service, entry.rate) if entry.rate else None
        if free_at is not None:
            waits = subject.purpose is not Purpose.AUTHENTICATION or free_at - now <= _PATIENCE
            raise _RefusedError(Barred(free_at, is_worth_waiting=waits and free_at < subject.expires_at))
        renewed_at = self.spending.take(session, entry.bill) if entry.bill else None
        if renewed_at is not None:
            raise _RefusedError(Barred(renewed_at))

    def _looked_at_again(self, service: Candidate, now: datetime) -> Barred | None:
        """Return what a service is barred for that was not barred a moment ago, or None: the message is lost."""
        before = self.conditions.all().get(service.name)
        self.conditions.look_again()
        condition = self.conditions.all().get(service.name)
        if condition is not None and condition.is_barred:
            return Barred(_closed_until(condition, service.policy_version, now) or now)
        # A breaker that was open when the message came to it, and has closed meanwhile.
        return Barred(now) if before is not None and before.is_barred else None


def _closed_until(condition: ServiceCondition, version: int, now: datetime) -> datetime | None:
    """Return from when on a message may go through a service; None when it may at any time."""
    if condition.paused_at is not None:
        return now + PAUSED_LOOK
    if condition.breaker is Breaker.CLOSED:
        return None
    is_mended = condition.breaker is Breaker.OPEN and condition.policy_version < version
    if is_mended and condition.reason != Trouble.THROTTLED.value:
        return now
    return condition.retry_at


def _slower(rate: ServiceRate | None, pace: float) -> ServiceRate | None:
    """Return the rate that an administrator has set, or the pace that was learned when that is slower."""
    if not pace or (rate is not None and rate.per_second <= pace):
        return rate
    return ServiceRate(pace)


def _attempt(subject: Subject, number: int) -> str:
    return f"{subject.id}/{number}"


def open_gate(
    database: Database,
    vault: Vault,
    clock: Clock,
    audit: AuditTrail,
    limits: Limits,
    suppressions: SuppressionList | None = None,
) -> Gate:
    """Return the gate of an installation."""
    conditions = Conditions(database, clock, audit)
    rates = ServiceRates(database, clock, limits, audit)
    spending = Spending(database, vault, clock, audit)
    return Gate(database, clock, conditions, rates, spending, suppressions=suppressions)
