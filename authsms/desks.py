"""What administrators work with, over the services that run, and what is done again and again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import BoundedSemaphore

from authsms.administration.audit import AuditDesk
from authsms.administration.callers import Callers, CallerTools
from authsms.administration.contacts import ContactDesk
from authsms.administration.emergency import EmergencyDesk, EmergencyTools
from authsms.administration.hooks import SCOPES, HookDesk
from authsms.administration.logon import LogonDesk
from authsms.administration.logon_trial import LogonTrials
from authsms.administration.messages import MessageDesk, MessageTools
from authsms.administration.messages_export import MessageExport
from authsms.administration.monitoring import Monitoring
from authsms.administration.notices import NoticeDesk
from authsms.administration.notices_orders import NoticeOrderDesk
from authsms.administration.offers import OfferDesk, OfferDeskTools
from authsms.administration.opt_outs import OptOutDesk
from authsms.administration.password_demands import PasswordDemands
from authsms.administration.people import PeopleDesk, PeopleTools
from authsms.administration.people_actions import ActionTools, PeopleActions
from authsms.administration.personal_records import PersonalRecords, RecordTools
from authsms.administration.privacy import PrivacyDesk
from authsms.administration.radius_clients import RadiusDesk
from authsms.administration.repositories import TESTS_AT_ONCE, RepositoryDesk, RepositoryTools
from authsms.administration.senders import SenderDesk
from authsms.administration.senders_history import SenderHistory
from authsms.audit.histories import Histories
from authsms.audit.search import AuditSearch
from authsms.contacts import personal as of_contacts
from authsms.contacts.personal import ContactErasure
from authsms.delivery import personal as of_delivery
from authsms.delivery.activity import Activity
from authsms.delivery.mail_courier import mail_tasks
from authsms.delivery.polling import ReportPoller
from authsms.delivery.schedule import PeriodicTask, purges
from authsms.identity import personal as of_identity
from authsms.identity.local_people import LocalPeople
from authsms.logon import personal as of_logon
from authsms.logon.arrangement import Arrangement
from authsms.logon.radius_clients import RadiusClients
from authsms.logon.recovery import RecoveryCodes
from authsms.messaging import personal as of_messaging
from authsms.messaging.hook_courier import HookCourier
from authsms.messaging.hook_leave import HookLeave
from authsms.messaging.hook_watch import HookWatch
from authsms.messaging.hooks import Hooks
from authsms.messaging.notice_templates import NoticeTemplates
from authsms.otp import personal as of_otp
from authsms.otp.bound_numbers import BoundNumbers
from authsms.otp.outlook import Outlook
from authsms.protocols.oidc import personal as of_oidc
from authsms.protocols.oidc.logout_delivery import LogoutCourier
from authsms.protocols.radius.challenges import Challenges
from authsms.protocols.rest.tickets import Tickets
from authsms.senders.http import HttpClient
from authsms.texting import Texting

_BLOCKED_EVERY = timedelta(seconds=15)
HOLDINGS = (
    *(*of_contacts.HOLDINGS, *of_delivery.HOLDINGS, *of_messaging.HOLDINGS),
    *(*of_identity.HOLDINGS, *of_logon.HOLDINGS, *of_otp.HOLDINGS, *of_oidc.HOLDINGS),
)
"""What the tables of all features know of people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(Texting):
    """Every service of one installation, shared by the threads of a process."""

    sender_desk: SenderDesk
    logout_courier: LogoutCourier
    hook_client: HttpClient
    probes: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(TESTS_AT_ONCE))

    @property
    def sender_history(self) -> SenderHistory:
        """How the sender policy came to be what it is."""
        return SenderHistory(self.senders)

    @property
    def arrangement(self) -> Arrangement:
        """How events, chains and endpoints are changed."""
        return Arrangement(self.database, self.vault, self.audit, self.catalog, self.endpoints)

    @property
    def logon_desk(self) -> LogonDesk:
        """What administrators do with events, chains and endpoints."""
        return LogonDesk(self.arrangement, self.endpoints, self.methods, self.administrators)

    @property
    def radius_desk(self) -> RadiusDesk:
        """What administrators do with RADIUS clients."""
        return RadiusDesk(RadiusClients(self.database, self.vault, self.clock, self.audit))

    @property
    def logon_trials(self) -> LogonTrials:
        """How administrators try a login on paper."""
        methods = {one.name: one for one in self.methods}
        return LogonTrials(
            self.database, self.audit, self.people, self.blocks, self.arrangement, methods, self.enrollments
        )

    @property
    def repository_desk(self) -> RepositoryDesk:
        """What administrators do with repositories."""
        region = self.settings.sms.default_region
        return RepositoryDesk(
            RepositoryTools(
                *(self.database, self.people, self.administrators, self.audit),
                *(self.limits, self.clock, self.probes, region),
            )
        )

    @property
    def audit_desk(self) -> AuditDesk:
        """What administrators do with the audit trail."""
        return AuditDesk(self.database, self.audit, AuditSearch(self.database))

    @property
    def message_desk(self) -> MessageDesk:
        """What administrators do with messages."""
        activity = Activity(self.database, self.vault)
        region = self.settings.sms.default_region
        tools = (self.database, self.audit, activity, self.outbox, self.senders, self.people, self.renewal, region)
        return MessageDesk(MessageTools(*tools))

    @property
    def opt_out_desk(self) -> OptOutDesk:
        """What administrators do with opt-outs."""
        region = self.settings.sms.default_region
        return OptOutDesk(self.database, self.audit, self.suppressions, self.senders, region)

    @property
    def notice_desk(self) -> NoticeDesk:
        """What administrators do with notices that were sent."""
        export = MessageExport(self.database, self.audit, Activity(self.database, self.vault))
        return NoticeDesk(self.notice_course, self.clock, export)

    @property
    def notice_orders_desk(self) -> NoticeOrderDesk:
        """How administrators write notices."""
        templates = NoticeTemplates(self.database, self.clock, self.audit)
        return NoticeOrderDesk(self.notice_orders, templates, self.people, self.senders, self.clock, self.notice_host)

    @property
    def offer_desk(self) -> OfferDesk:
        """How administrators make offers, follow them and end them."""
        tools = (self.clock, self.people, self.senders, self.offer_plans, self.offers)
        return OfferDesk(OfferDeskTools(*tools, self.offer_course, self.offer_ending))

    @property
    def contact_desk(self) -> ContactDesk:
        """What administrators see of contacts and consents."""
        return ContactDesk(self.database, self.audit, self.contacts, self.consents)

    @property
    def people_desk(self) -> PeopleDesk:
        """What administrators do for people."""
        actions = ActionTools(
            *(self.database, self.audit, self.people, self.challenges.failures, self.numbers, self.sessions),
            self.blocks,
            *(self.callers, self.enrollments, RecoveryCodes(self.database, self.vault, self.clock)),
            *(self.passkeys, self.account_notices, self._is_administrator),
        )
        tools = PeopleTools(
            *(self.people, self.vault, self.clock, Histories(self.database), Activity(self.database, self.vault)),
            Outlook(self.database, self.clock, self.settings.sms),
            *(self.sessions, self.blocks, self.numbers),
            *(self.database, self.senders, self.suppressions),
            self.preferences,
        )
        return PeopleDesk(tools, PeopleActions(actions))

    @property
    def personal_records(self) -> PersonalRecords:
        """What is known of people, to be handed out or erased."""
        local = LocalPeople(self.database, self.vault, self.clock)
        tools = (self.database, self.clock, self.audit, self.people, local, self.contacts)
        erasure = ContactErasure(self.vault, self.consents)
        bound = BoundNumbers(self.database, self.vault)
        return PersonalRecords(RecordTools(*tools, erasure, self.outbox, self.sessions, HOLDINGS, bound))

    @property
    def privacy_desk(self) -> PrivacyDesk:
        """What administrators do for people who ask what is known of them."""
        return PrivacyDesk(self.personal_records, self._is_administrator)

    @property
    def hooks(self) -> Hooks:
        """Where programs are told what became of their messages."""
        return Hooks(self.database, self.vault, self.clock, self.audit)

    @property
    def hook_desk(self) -> HookDesk:
        """What administrators do with webhooks."""
        return HookDesk(self.hooks, self.endpoints)

    @property
    def hook_watch(self) -> HookWatch:
        """What notices what programs are to be told."""
        return HookWatch(self.database, self.clock, self.hooks, HookLeave(self.endpoints, SCOPES))

    @property
    def hook_courier(self) -> HookCourier:
        """What tells programs."""
        tools = (self.database, self.vault, self.clock, self.audit)
        return HookCourier(*tools, self.hooks, HookLeave(self.endpoints, SCOPES), client=self.hook_client)

    @property
    def emergency_desk(self) -> EmergencyDesk:
        """How a help desk lets somebody in whose phone is lost."""
        return EmergencyDesk(
            EmergencyTools(
                *(self.database, self.clock, self.audit, self.people, self.emergency, self.challenges.failures),
                *(self.account_notices, self.callers, self._is_administrator),
                timedelta(hours=self.settings.helpdesk.emergency_hours),
            )
        )

    @property
    def callers(self) -> Callers:
        """How a help desk finds out who is on the phone."""
        return Callers(
            CallerTools(
                *(self.database, self.vault, self.clock, self.audit, self.limits, self.people, self.preferences),
                *(self.numbers, self.challenges, self.budget, self.outbox),
                *(self.settings.sms, self.settings.public_host),
                self.settings.helpdesk.require_proof,
            )
        )

    @property
    def password_demands(self) -> PasswordDemands:
        """How people of the built-in repository are made to change their password."""
        local = LocalPeople(self.database, self.vault, self.clock)
        return PasswordDemands(self.database, self.audit, local, self.sessions, self._is_administrator)

    def _is_administrator(self, key: str) -> bool:
        return any(one.person_key == key for one in self.administrators.all())

    @property
    def monitoring(self) -> Monitoring:
        """What watches over all this."""
        return Monitoring(
            *(self.settings, self.database, self.clock, self.audit, self.senders),
            *(self.people, self.conditions, self.throughput, self.gate.spending),
            *(self.hooks, self.endpoints, self.mails),
        )

    def periodic_tasks(self) -> Sequence[PeriodicTask]:
        """Return what one delivery process does at a time, again and again; names stay for good."""
        deletions = purges(
            limits=self.limits.purge,
            budget=self.budget.purge,
            offers=self.offer_ending.purge,
            challenges=self.challenges.purge,
            logons=self.logon.purge,
            sessions=self.sessions.purge,
            continuations=self.continuations.purge,
            tokens=self.tokens.purge,
            refresh_tokens=self.refresh_tokens.purge,
            requests=self.requests.purge,
            radius=Challenges(self.database, self.vault, self.clock).purge,
            endpoint_sessions=self.endpoint_sessions.purge,
            rest=Tickets(self.database, self.vault, self.clock).purge,
            sender_tests=self.sender_desk.tests.purge,
            inbound_texts=self.inbox.purge,
            notices=self.notices.purge,
            notice_orders=self.notice_orders.purge,
            program_notices=self.program_notices.purge,
            hook_events=self.hooks.purge,
            callers=self.callers.purge,
            emergency=self.emergency.purge,
        )
        polling = ReportPoller(self.senders, self.receipts).task()
        couriers = (polling, self.logout_courier.task(), self.notice_course.task(), self.notice_runs.task())
        hooks = (self.hook_watch.task(), self.hook_courier.task())
        ending = PeriodicTask("end-sessions-of-blocked", _BLOCKED_EVERY, self.sessions.end_blocked)
        return [
            *deletions,
            *self.gate.tasks(),
            *self.monitoring.tasks(),
            *couriers,
            *hooks,
            self.offer_ending.task(),
            *mail_tasks(self.mails, self.settings),
            ending,
        ]
