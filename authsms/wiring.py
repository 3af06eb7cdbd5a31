"""Which class serves which type: the one file that knows every implementation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from authsms.administration.administrators import Administrators
from authsms.administration.audit import AuditDesk
from authsms.administration.logon import LogonDesk
from authsms.administration.logon_trial import LogonTrials
from authsms.administration.messages import MessageDesk, MessageTools
from authsms.administration.monitoring import Monitoring
from authsms.administration.opt_outs import OptOutDesk
from authsms.administration.people import PeopleDesk, PeopleTools
from authsms.administration.people_actions import ActionTools, PeopleActions
from authsms.administration.repositories import TESTS_AT_ONCE, RepositoryDesk, RepositoryTools
from authsms.administration.senders import SenderDesk
from authsms.administration.senders_history import SenderHistory
from authsms.administration.senders_trials import TrialTools
from authsms.audit import AuditTrail
from authsms.audit.histories import Histories
from authsms.audit.search import AuditSearch
from authsms.contacts.inbox import Inbox
from authsms.contacts.suppression import SuppressionList
from authsms.delivery.activity import Activity
from authsms.delivery.answering import open_inbox
from authsms.delivery.conditions import Conditions
from authsms.delivery.doorbell import Doorbell, SocketDoorbell
from authsms.delivery.gate import Gate, open_gate
from authsms.delivery.gauges import Gauges
from authsms.delivery.outbox import Outbox
from authsms.delivery.polling import ReportPoller
from authsms.delivery.receipts import ReceiptService
from authsms.delivery.schedule import PeriodicTask, purges
from authsms.delivery.throughput import Throughput
from authsms.delivery.worker import bell_folder
from authsms.foundation.clock import Clock, DatabaseClock
from authsms.foundation.db import Database
from authsms.foundation.folders import make_private
from authsms.foundation.limits import Limits
from authsms.foundation.logs import register_secret
from authsms.foundation.metrics import Reading
from authsms.foundation.settings import Settings
from authsms.foundation.vault import HashingProfile, Vault
from authsms.identity.kinds import builtin_kinds
from authsms.identity.service import PeopleService
from authsms.logon.arrangement import Arrangement
from authsms.logon.blocks import AdmittedPeople, Blocks
from authsms.logon.catalog import Catalog
from authsms.logon.endpoints import Continuations, EndpointService
from authsms.logon.enrollment import Enrollments
from authsms.logon.methods.base import Method
from authsms.logon.methods.builtin import MethodTools, builtin_methods
from authsms.logon.methods.sms_otp import CodeTools
from authsms.logon.renewal import CodeRenewal
from authsms.logon.seed import seed
from authsms.logon.service import LogonService, LogonTools
from authsms.logon.sessions import LoginSessions
from authsms.logon.texts import CodeTexts
from authsms.logon.whereabouts import Whereabouts
from authsms.otp.budget import SendBudget
from authsms.otp.challenge import ChallengeService
from authsms.otp.outlook import Outlook
from authsms.plugins import load_plugins
from authsms.protocols.checks import Checks
from authsms.protocols.oidc.keys import SigningKeys
from authsms.protocols.oidc.tokens import TokenStore
from authsms.protocols.radius.challenges import Challenges
from authsms.protocols.readiness import Check
from authsms.senders.http import HttpGuard
from authsms.senders.service import SenderPolicyService


@dataclass(frozen=True, slots=True)
class Services:
    """Every service of one installation, shared by the threads of a process."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock
    limits: Limits
    audit: AuditTrail
    people: PeopleService
    administrators: Administrators
    senders: SenderPolicyService
    doorbell: Doorbell
    outbox: Outbox
    receipts: ReceiptService
    conditions: Conditions
    suppressions: SuppressionList
    inbox: Inbox
    gate: Gate
    challenges: ChallengeService
    budget: SendBudget
    catalog: Catalog
    logon: LogonService
    blocks: Blocks
    renewal: CodeRenewal
    sessions: LoginSessions
    endpoints: EndpointService
    continuations: Continuations
    signing_keys: SigningKeys
    tokens: TokenStore
    sender_desk: SenderDesk
    methods: Sequence[Method]
    probes: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(TESTS_AT_ONCE))

    @property
    def throughput(self) -> Throughput:
        """How delivery is doing."""
        return Throughput(self.database, self.clock)

    @property
    def monitoring(self) -> Monitoring:
        """What watches over all this."""
        return Monitoring(
            *(self.settings, self.database, self.clock, self.audit, self.senders),
            *(self.people, self.conditions, self.throughput, self.gate.spending),
        )

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
    def logon_trials(self) -> LogonTrials:
        """How administrators try a login on paper."""
        methods = {one.name: one for one in self.methods}
        seeds = Enrollments(self.database, self.vault, self.clock)
        return LogonTrials(self.database, self.audit, self.people, self.blocks, self.arrangement, methods, seeds)

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
    def people_desk(self) -> PeopleDesk:
        """What administrators do for people."""
        actions = ActionTools(
            *(self.database, self.audit, self.people, self.challenges.failures, self.sessions, self.blocks),
            lambda key: any(one.person_key == key for one in self.administrators.all()),
        )
        tools = PeopleTools(
            *(self.people, self.vault, self.clock, Histories(self.database), Activity(self.database, self.vault)),
            Outlook(self.database, self.clock, self.settings.sms),
            *(self.sessions, self.blocks, self.senders, self.suppressions),
        )
        return PeopleDesk(tools, PeopleActions(actions))

    def prepare(self) -> None:
        """Put the default event and chains, and the first signing keys, into a new database."""
        seed(self.catalog)
        self.signing_keys.published()

    def checks(self) -> Sequence[Check]:
        """Return what `/readyz` looks at."""
        return Checks(self.database, self.vault, self.clock, self.people, self.senders).all()

    def readings(self) -> Iterator[Reading]:
        """Yield what `/metrics` tells besides what is counted."""
        names = [one.rule.name for one in self.senders.services() if one.rule.is_enabled]
        yield from Gauges(self.throughput, self.conditions, self.gate.spending, names).read()

    def periodic_tasks(self) -> Sequence[PeriodicTask]:
        """Return what one delivery process does at a time, again and again; names stay for good."""
        deletions = purges(
            limits=self.limits.purge,
            budget=self.budget.purge,
            challenges=self.challenges.purge,
            logons=self.logon.purge,
            sessions=self.sessions.purge,
            continuations=self.continuations.purge,
            tokens=self.tokens.purge,
            radius=Challenges(self.database, self.vault, self.clock).purge,
            sender_tests=self.sender_desk.tests.purge,
            inbound_texts=self.inbox.purge,
        )
        polling = ReportPoller(self.senders, self.receipts).task()
        return [*deletions, *self.gate.tasks(), *self.monitoring.tasks(), polling]

    def close(self) -> None:
        """Give back every connection."""
        self.people.close()
        self.database.dispose()


def build(settings: Settings) -> Services:
    """Return the services of an installation; its key file is made when it is missing.

    Raises:
        ConfigurationError: Something must be put right first; the text says what.
    """
    make_private(settings.instance)
    register_secret(settings.metrics.token.get_secret_value())
    register_secret(settings.database.url.get_secret_value())
    vault = Vault.open(settings.keys_file, profile=HashingProfile[settings.otp.profile.upper()])
    return assemble(settings, Database(settings.database_url, pool_size=settings.database.pool_size), vault)


def assemble(settings: Settings, database: Database, vault: Vault, clock: Clock | None = None) -> Services:
    """Return the services over a given database and vault; tests bring their own clock."""
    clock = clock or DatabaseClock(database)
    audit = AuditTrail(database, vault, clock)
    limits = Limits(database, clock)
    kinds = builtin_kinds(database, vault, clock, default_region=settings.sms.default_region)
    people = PeopleService(database, vault, clock, kinds)
    guard = HttpGuard(settings.network.allowed, ca_file=settings.network.ca_file)
    plugins = load_plugins(settings.plugins)
    senders = SenderPolicyService(database, vault, clock, plugins, guard, settings.public_url, audit=audit)
    doorbell = SocketDoorbell(bell_folder(settings.instance))
    suppressions = SuppressionList(database, vault, clock, audit, senders.offered)
    gate = open_gate(database, vault, clock, audit, limits, suppressions)
    outbox = Outbox(
        *(database, vault, clock, audit, doorbell),
        spending=gate.spending,
        named_groups=senders.named_groups,
        suppressions=suppressions,
    )
    challenges = ChallengeService(database, vault, clock, settings.otp)
    budget = SendBudget(database, clock, settings.sms)
    catalog = Catalog(database, vault)
    continuations = Continuations(database, vault, clock)
    sessions = LoginSessions(database, vault, clock, settings.sessions)
    code_tools = CodeTools(challenges, budget, CodeTexts(senders, settings.public_url), outbox)
    admitted = AdmittedPeople(people, blocks := Blocks(database, clock))
    seeds = Enrollments(database, vault, clock)
    method_tools = MethodTools(database, vault, clock, audit, limits, admitted, code_tools, seeds, settings.sms)
    methods = builtin_methods(method_tools)
    shown = Whereabouts(outbox, vault, clock, settings.sms.fallback, senders.sender_of)
    tools = LogonTools(database, vault, clock, audit, admitted, catalog, continuations, sessions, shown, blocks, seeds)
    return Services(
        settings=settings,
        database=database,
        vault=vault,
        clock=clock,
        limits=limits,
        audit=audit,
        people=people,
        administrators=Administrators(database, clock, audit),
        senders=senders,
        doorbell=doorbell,
        outbox=outbox,
        receipts=ReceiptService(database, vault, clock, audit, suppressions),
        suppressions=suppressions,
        inbox=open_inbox(settings, outbox, suppressions, database, vault, clock, audit),
        conditions=gate.conditions,
        gate=gate,
        challenges=challenges,
        budget=budget,
        catalog=catalog,
        logon=LogonService(tools, methods),
        blocks=blocks,
        renewal=CodeRenewal(tools, methods),
        sessions=sessions,
        endpoints=EndpointService(database, vault, clock, audit),
        continuations=continuations,
        signing_keys=SigningKeys(database, vault, clock, audit),
        tokens=TokenStore(database, vault, clock, audit),
        sender_desk=SenderDesk(TrialTools(database, vault, clock, limits, senders, settings.sms.default_region)),
        methods=methods,
    )
