"""What counts as wrong; the rules and nothing else.

Every rule takes signs and returns a finding or nothing. A finding carries facts, not sentences: the portal has the
words for what is wrong and what to do about it. Facts hold no secret and no number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from authsms.delivery.caps import Standing
from authsms.senders.submission import CODES, Purpose

RATE_WINDOW: Final = timedelta(minutes=15)
"""How far back attempts count when a service is judged by its failures."""

FEWEST_ATTEMPTS: Final = 5
FEWEST_ACCEPTED: Final = 5
RECEIPT_PATIENCE: Final = timedelta(minutes=10)
"""How long the first report on a message may take before its absence says anything."""

NEVER_REPORTED: Final = timedelta(days=14)
"""How long a service may take few messages without any report before that says something."""

_TOLERATED_SHARE: Final = 0.5
_URGENT_CERTIFICATE: Final = timedelta(days=3)
_PATIENCE: Final[Mapping[Purpose, timedelta]] = {
    Purpose.AUTHENTICATION: timedelta(seconds=30),
    Purpose.VERIFICATION: timedelta(minutes=1),
    Purpose.NOTICE: timedelta(minutes=15),
    Purpose.OFFER: timedelta(hours=1),
}
"""How long a message may be due before the queue is said to stand still."""

_LONG_PAUSE: Final = timedelta(hours=1)


class AlarmKind(StrEnum):
    """What can be wrong."""

    NO_DELIVERY = "no-delivery"
    OLD_QUEUE = "old-queue"
    SERVICE_FAILING = "service-failing"
    SERVICE_DEMOTED = "service-demoted"
    SERVICE_PAUSED = "service-paused"
    PURPOSE_PAUSED = "purpose-paused"
    WEBHOOK_SILENT = "webhook-silent"
    SPENDING = "spending"
    BALANCE_LOW = "balance-low"
    DIRECTORY_CERTIFICATE = "directory-certificate"
    PUBLIC_CERTIFICATE = "public-certificate"
    HOOK_UNHEARD = "hook-unheard"
    MAILS_GIVEN_UP = "mails-given-up"


class Severity(StrEnum):
    """How soon somebody has to do something: now, or some time soon."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong.

    Attributes:
        subject: What it is about: name of a service, a purpose, a server; empty for the whole installation.
        facts: What the words are made of; see the rules.
    """

    kind: AlarmKind
    subject: str
    severity: Severity
    facts: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name for good: the same trouble is the same alarm."""
        return f"{self.kind}:{self.subject}"


def about_delivery(last_seen: datetime | None, now: datetime, silent: timedelta) -> Finding | None:
    """Judge by when a delivery process was seen *last_seen*; ``since`` tells when, empty for never."""
    if last_seen is not None and now - last_seen < silent:
        return None
    since = "" if last_seen is None else last_seen.isoformat(timespec="seconds")
    return Finding(AlarmKind.NO_DELIVERY, "", Severity.CRITICAL, {"since": since})


def about_queue(purpose: Purpose, due: int, overdue: timedelta | None) -> Finding | None:
    """Judge by how many messages are *due*, and for how long the first of them has been."""
    if overdue is None or overdue < _PATIENCE[purpose]:
        return None
    is_urgent = purpose in CODES
    facts = {"due": due, "seconds": int(overdue.total_seconds())}
    return Finding(AlarmKind.OLD_QUEUE, purpose.value, Severity.CRITICAL if is_urgent else Severity.WARNING, facts)


def about_breaker(service: str, opened_at: datetime | None, reason: str, code: str) -> Finding | None:
    """Judge by the breaker; ``code`` is the provider's code, or ours, that opened it."""
    if opened_at is None:
        return None
    facts = {"opened": opened_at.isoformat(timespec="seconds"), "reason": reason, "code": code}
    return Finding(AlarmKind.SERVICE_FAILING, service, Severity.CRITICAL, facts)


def about_failures(service: str, attempts: int, failed: int) -> Finding | None:
    """Judge by how many of the last attempts a service did not take."""
    if attempts < FEWEST_ATTEMPTS or failed < attempts * _TOLERATED_SHARE:
        return None
    facts = {"attempts": attempts, "failed": failed, "minutes": RATE_WINDOW // timedelta(minutes=1)}
    return Finding(AlarmKind.SERVICE_FAILING, service, Severity.CRITICAL, facts)


def about_receipts(service: str, accepted: int, hours: int, *, reported: bool) -> Finding | None:
    """Judge by whether a service *reported* on any of the messages it *accepted* within *hours*."""
    if reported or accepted < FEWEST_ACCEPTED:
        return None
    return Finding(AlarmKind.WEBHOOK_SILENT, service, Severity.WARNING, {"accepted": accepted, "hours": hours})


def about_hook(endpoint_id: str, name: str, given_up: int) -> Finding:
    """Tell of an endpoint that has not taken what its webhook was to tell; nobody tries that any more."""
    return Finding(AlarmKind.HOOK_UNHEARD, endpoint_id, Severity.WARNING, {"name": name, "count": given_up})


def about_mails(given_up: int) -> Finding | None:
    """Judge by how many mails have been given up of late; nobody tries those any more."""
    if not given_up:
        return None
    return Finding(AlarmKind.MAILS_GIVEN_UP, "", Severity.WARNING, {"count": given_up})


def about_demotion(service: str, countries: Mapping[str, str]) -> Finding | None:
    """Judge by the countries where a service has been put behind the others, with the reason for each."""
    if not countries:
        return None
    facts = {"countries": " ".join(sorted(countries)), "reason": next(iter(countries.values()))}
    return Finding(AlarmKind.SERVICE_DEMOTED, service, Severity.WARNING, facts)


def about_pause(kind: AlarmKind, subject: str, paused_at: datetime | None, by: str, now: datetime) -> Finding | None:
    """Judge by how long something has been paused: it may have been forgotten."""
    if paused_at is None or now - paused_at < _LONG_PAUSE:
        return None
    return Finding(kind, subject, Severity.WARNING, {"since": paused_at.isoformat(timespec="seconds"), "by": by})


def about_cap(standing: Standing) -> Finding | None:
    """Judge by what a cap has seen; ``reached`` tells that texts are held back, from people who have proven nothing."""
    cap = standing.cap
    if not standing.is_alarming and not standing.is_reached:
        return None
    is_braking = cap.is_brake and standing.is_reached
    facts = {"scope": cap.scope.value, "name": cap.name, "period": cap.period.value, "percent": standing.percent}
    severity = Severity.CRITICAL if is_braking else Severity.WARNING
    return Finding(AlarmKind.SPENDING, cap.id, severity, {**facts, "reached": int(is_braking)})


def about_balance(service: str, amount: Decimal, currency: str, threshold: Decimal) -> Finding | None:
    """Judge by what is left on an account."""
    if amount >= threshold:
        return None
    severity = Severity.CRITICAL if amount <= 0 else Severity.WARNING
    facts = {"amount": f"{amount:.2f}", "currency": currency, "threshold": f"{threshold:.2f}"}
    return Finding(AlarmKind.BALANCE_LOW, service, severity, facts)


def about_certificate(
    kind: AlarmKind, subject: str, expires_at: datetime, now: datetime, notice: timedelta
) -> Finding | None:
    """Judge by when a certificate ends; ``days`` that are left are negative when it has ended."""
    left = expires_at - now
    if left >= notice:
        return None
    severity = Severity.CRITICAL if left < _URGENT_CERTIFICATE else Severity.WARNING
    return Finding(kind, subject, severity, {"expires": expires_at.date().isoformat(), "days": left.days})
