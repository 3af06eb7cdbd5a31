"""Looks every minute for signs of trouble in what the database knows."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Table, func, select

from authsms.administration import alarm_rules as rules
from authsms.administration.alarm_rules import AlarmKind, Finding
from authsms.administration.alarms import Alarms
from authsms.delivery.conditions import Conditions
from authsms.delivery.heartbeat import SILENT, last_heartbeat
from authsms.delivery.models import Message, ReceiptRecord
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.spending import Spending
from authsms.delivery.throughput import ServicePace, Throughput
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import NotFoundError
from authsms.senders.service import SenderPolicyService

_KINDS: Final = (
    AlarmKind.NO_DELIVERY,
    AlarmKind.OLD_QUEUE,
    AlarmKind.SERVICE_FAILING,
    AlarmKind.SERVICE_DEMOTED,
    AlarmKind.SERVICE_PAUSED,
    AlarmKind.PURPOSE_PAUSED,
    AlarmKind.WEBHOOK_SILENT,
    AlarmKind.SPENDING,
    AlarmKind.HOOK_UNHEARD,
    AlarmKind.MAILS_GIVEN_UP,
)
_TROUBLED: Final = (AttemptEnd.NOT_TAKEN, AttemptEnd.PERHAPS_TAKEN, AttemptEnd.SERVICE_REFUSED)
_message = cast("Table", Message.__table__).c
_receipt = cast("Table", ReceiptRecord.__table__).c


class Lookout:
    """Finds what is wrong, and tells `Alarms`.

    Args:
        database: Where the signs are.
        clock: Tells how old they are.
        senders: Which services there are.
        conditions: Their breakers and pauses.
        alarms: Who is told.
        spending: What has been used of the caps.
        given_up: Finds what was tried again and again, and is tried no more.
        silent_hours: How long no report may come from a service that takes messages; 0 for any time.
    """

    def __init__(  # noqa: PLR0913 - it looks at all of these
        self,
        database: Database,
        clock: Clock,
        senders: SenderPolicyService,
        conditions: Conditions,
        alarms: Alarms,
        *,
        spending: Spending,
        given_up: Callable[[], Iterable[Finding]],
        silent_hours: int,
    ) -> None:
        self._database = database
        self._clock = clock
        self._senders = senders
        self._conditions = conditions
        self._alarms = alarms
        self._spending = spending
        self._given_up = given_up
        self._silent_hours = silent_hours
        self._throughput = Throughput(database, clock)

    def look(self) -> None:
        """Raise and clear alarms.

        Whoever calls this is a delivery process, so there is one, even if nobody has seen it yet.
        """
        self._alarms.settle(_KINDS, [one for one in self.findings() if one.kind is not AlarmKind.NO_DELIVERY])

    def findings(self) -> Sequence[Finding]:
        """Return what is wrong at this moment; nobody is told."""
        now = self._clock.now()
        names = {one.rule.name for one in self._senders.services() if one.rule.is_enabled}
        return [
            *self._delivery(now),
            *self._purposes(now),
            *self._failures(names),
            *self._conditions_of(names, now),
            *self._webhooks(names, now),
            *filter(None, map(rules.about_cap, self._spending.standings())),
            *self._given_up(),
        ]

    def _delivery(self, now: datetime) -> Iterator[Finding]:
        finding = rules.about_delivery(last_heartbeat(self._database), now, SILENT)
        if finding:
            yield finding

    def _purposes(self, now: datetime) -> Iterator[Finding]:
        """Judge the queue by purpose; one that is paused stands still on purpose, and may have been forgotten."""
        paused = self._conditions.paused_purposes()
        for depth in self._throughput.queue():
            pause = paused.get(depth.purpose)
            if pause is None:
                finding = rules.about_queue(depth.purpose, depth.due, depth.overdue)
            else:
                subject = depth.purpose.value
                finding = rules.about_pause(AlarmKind.PURPOSE_PAUSED, subject, pause.at, pause.by, now)
            if finding:
                yield finding

    def _failures(self, names: Collection[str]) -> Iterator[Finding]:
        for pace in self._throughput.services(self._throughput.start(rules.RATE_WINDOW)):
            finding = rules.about_failures(pace.service, _ended(pace), _failed(pace))
            if finding and pace.service in names:
                yield finding

    def _conditions_of(self, names: Collection[str], now: datetime) -> Iterator[Finding]:
        for one in self._conditions.all().values():
            if one.service not in names:
                continue
            found = (
                rules.about_breaker(one.service, one.opened_at, one.reason, one.code),
                rules.about_demotion(one.service, one.demoted),
                rules.about_pause(AlarmKind.SERVICE_PAUSED, one.service, one.paused_at, one.paused_by, now),
            )
            yield from filter(None, found)

    def _webhooks(self, names: Collection[str], now: datetime) -> Iterator[Finding]:
        reporting = [name for name in sorted(names) if self._reports(name)]
        if not reporting or not self._silent_hours:
            return
        since = now - timedelta(hours=self._silent_hours)
        for service, accepted in self._accepted(reporting, since, now - rules.RECEIPT_PATIENCE):
            reported = accepted < rules.FEWEST_ACCEPTED or self._has_reported(service, since)
            finding = rules.about_receipts(service, accepted, self._silent_hours, reported=reported)
            if finding:
                reporting.remove(service)
                yield finding
        yield from self._never_reported(reporting, now)

    def _never_reported(self, services: Sequence[str], now: datetime) -> Iterator[Finding]:
        """Find services that take too few messages for the rule before to notice, and have never reported on any."""
        since = now - rules.NEVER_REPORTED
        mute = [name for name in services if not self._has_reported(name, since)]
        for service in mute:
            taken = (_message.created_at >= since, _message.accepted_at <= now - rules.RECEIPT_PATIENCE)
            query = select(_message.id).where(*taken, _message.service == service).limit(rules.FEWEST_ACCEPTED)
            with self._database.read() as session:
                accepted = len(session.execute(query).all())
            hours = rules.NEVER_REPORTED // timedelta(hours=1)
            finding = rules.about_receipts(service, accepted, hours, reported=False)
            if finding:
                yield finding

    def _reports(self, name: str) -> bool:
        try:
            return self._senders.service(name).can_report
        except NotFoundError:
            return False

    def _accepted(self, services: Sequence[str], since: datetime, until: datetime) -> Sequence[tuple[str, int]]:
        query = (
            select(_message.service, func.count(_message.accepted_at))
            .where(_message.created_at >= since, _message.accepted_at <= until, _message.service.in_(services))
            .group_by(_message.service)
        )
        with self._database.read() as session:
            return [(row[0], row[1]) for row in session.execute(query)]

    def _has_reported(self, service: str, since: datetime) -> bool:
        """Tell whether any report has come on a message since then; the first one found ends the search."""
        query = (
            select(_receipt.key)
            .join(_message.id.table, _message.id == _receipt.message_id)
            .where(_message.created_at >= since, _receipt.service == service)
            .limit(1)
        )
        with self._database.read() as session:
            return session.execute(query).first() is not None


def _ended(pace: ServicePace) -> int:
    return sum(pace.ends.values())


def _failed(pace: ServicePace) -> int:
    return sum(pace.ends.get(end, 0) for end in _TROUBLED)
