"""Everything that watches: the counts behind the dashboard, the alarms, the queue, and the tasks that keep them new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from authsms.administration.alarm_rules import Finding, about_mails
from authsms.administration.alarms import Alarms
from authsms.administration.dashboard import Dashboard
from authsms.administration.hooks import unheard
from authsms.administration.lookout import Lookout
from authsms.administration.queue import QueueDesk
from authsms.administration.traffic import Traffic
from authsms.administration.visits import Visits
from authsms.audit import AuditTrail
from authsms.delivery.conditions import Conditions
from authsms.delivery.mails import MailQueue
from authsms.delivery.schedule import PeriodicTask
from authsms.delivery.spending import Spending
from authsms.delivery.throughput import Throughput
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.identity.service import PeopleService
from authsms.logon.endpoints import EndpointService
from authsms.messaging.hooks import Hooks
from authsms.senders.service import SenderPolicyService


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What watches over one installation."""

    settings: Settings
    database: Database
    clock: Clock
    audit: AuditTrail
    senders: SenderPolicyService
    people: PeopleService
    conditions: Conditions
    throughput: Throughput
    spending: Spending
    hooks: Hooks
    endpoints: EndpointService
    mails: MailQueue

    @property
    def dashboard(self) -> Dashboard:
        """How logins and texts have been doing."""
        return Dashboard(self.database, self.clock, self.senders)

    @property
    def queue(self) -> QueueDesk:
        """What waits, and the pauses of operators."""
        return QueueDesk(self.clock, self.senders, self.conditions, self.throughput)

    @property
    def alarms(self) -> Alarms:
        """What is wrong now."""
        return Alarms(self.database, self.clock, self.audit)

    @property
    def traffic(self) -> Traffic:
        """What counts for the dashboard."""
        return Traffic(self.database, self.clock)

    @property
    def lookout(self) -> Lookout:
        """What looks for trouble in the database."""
        hours = self.settings.alarms.silent_webhook_hours
        tools = (self.database, self.clock, self.senders, self.conditions, self.alarms)
        return Lookout(*tools, spending=self.spending, given_up=self._given_up, silent_hours=hours)

    @property
    def visits(self) -> Visits:
        """What looks for trouble outside."""
        return Visits(self.settings, self.clock, self.senders, self.people, self.alarms)

    def _given_up(self) -> Iterator[Finding]:
        yield from unheard(self.hooks, self.endpoints)
        finding = about_mails(self.mails.given_up())
        if finding:
            yield finding

    def tasks(self) -> Sequence[PeriodicTask]:
        """Return what one delivery process does at a time."""
        return (
            PeriodicTask("count-traffic", timedelta(seconds=30), self.traffic.count),
            PeriodicTask("look-for-trouble", timedelta(minutes=1), self.lookout.look),
            PeriodicTask("look-outside", timedelta(hours=1), self.visits.look),
            PeriodicTask("tidy-traffic", timedelta(hours=1), self.traffic.tidy),
        )
