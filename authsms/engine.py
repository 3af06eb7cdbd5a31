"""What runs in every process of an installation: its services, without those of administrators."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from authsms.administration.administrators import Administrators
from authsms.audit import AuditTrail
from authsms.audit.histories import Histories
from authsms.contacts.book import ContactBook
from authsms.contacts.consents import ConsentLedger
from authsms.contacts.inbox import Inbox
from authsms.contacts.suppression import SuppressionList
from authsms.delivery.account_notices import AccountNotices
from authsms.delivery.conditions import Conditions
from authsms.delivery.doorbell import Doorbell
from authsms.delivery.gate import Gate
from authsms.delivery.gauges import Gauges
from authsms.delivery.mails import MailQueue
from authsms.delivery.outbox import Outbox
from authsms.delivery.receipts import ReceiptService
from authsms.delivery.throughput import Throughput
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.limits import Limits
from authsms.foundation.metrics import Reading
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.identity.preferences import Preferences
from authsms.identity.service import PeopleService
from authsms.logon.blocks import AdmittedPeople, Blocks
from authsms.logon.catalog import Catalog
from authsms.logon.continuations import Continuations
from authsms.logon.emergency import EmergencyPasswords
from authsms.logon.endpoint_sessions import EndpointSessions
from authsms.logon.endpoints import EndpointService
from authsms.logon.enrollment import Enrollments
from authsms.logon.guesses import Guesses
from authsms.logon.methods.base import Method
from authsms.logon.numbers import NumberWatch
from authsms.logon.own_app import OwnApp, OwnAppTools
from authsms.logon.own_codes import OwnCodes, OwnCodesTools
from authsms.logon.own_contacts import OwnContacts
from authsms.logon.own_history import OwnHistory
from authsms.logon.own_number import OwnNumberDesk, OwnNumberTools
from authsms.logon.own_passkeys import OwnPasskeys, OwnPasskeysTools
from authsms.logon.own_password import OwnPassword
from authsms.logon.own_token import OwnToken, OwnTokenTools
from authsms.logon.passkeys import Passkeys
from authsms.logon.password_changes import PasswordChanges
from authsms.logon.recovery import RecoveryCodes
from authsms.logon.relying_party import RelyingParty
from authsms.logon.renewal import CodeRenewal
from authsms.logon.reports import Reports
from authsms.logon.seed import seed
from authsms.logon.service import LogonService
from authsms.logon.sessions import LoginSessions
from authsms.logon.tokens import TokenImport, TokenTools
from authsms.logon.ways import Ways
from authsms.otp.budget import SendBudget
from authsms.otp.challenge import ChallengeService
from authsms.protocols.checks import Checks
from authsms.protocols.oidc.keys import SigningKeys
from authsms.protocols.oidc.refreshing import RefreshTokens
from authsms.protocols.oidc.request_store import RequestStore
from authsms.protocols.oidc.tokens import TokenStore
from authsms.protocols.readiness import Check
from authsms.senders.service import SenderPolicyService


@dataclass(frozen=True, slots=True)
class Engine:
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
    consents: ConsentLedger
    contacts: ContactBook
    inbox: Inbox
    gate: Gate
    challenges: ChallengeService
    budget: SendBudget
    catalog: Catalog
    logon: LogonService
    blocks: Blocks
    enrollments: Enrollments
    renewal: CodeRenewal
    sessions: LoginSessions
    endpoints: EndpointService
    continuations: Continuations
    signing_keys: SigningKeys
    tokens: TokenStore
    refresh_tokens: RefreshTokens
    requests: RequestStore
    account_notices: AccountNotices
    numbers: NumberWatch
    methods: Sequence[Method]

    @property
    def own_app(self) -> OwnApp:
        """What people do with their own authenticator app."""
        issuer = urlsplit(self.settings.public_url).hostname or "authsms"
        tools = (self.limits, self.enrollments, self.challenges.failures, self._reports)
        return OwnApp(OwnAppTools(self.database, self.clock, self.audit, *tools, issuer))

    @property
    def emergency(self) -> EmergencyPasswords:
        """The passwords that the help desk issues."""
        return EmergencyPasswords(self.database, self.vault, self.clock)

    @property
    def own_codes(self) -> OwnCodes:
        """What people do with their own recovery codes."""
        codes = RecoveryCodes(self.database, self.vault, self.clock)
        tools = (codes, self.enrollments, self.challenges.failures, self._reports)
        return OwnCodes(OwnCodesTools(self.database, self.limits, *tools))

    @property
    def own_token(self) -> OwnToken:
        """What people do with a token they were given."""
        tools = (self.enrollments, self.challenges.failures)
        return OwnToken(OwnTokenTools(self.database, self.clock, self.audit, *tools))

    @property
    def own_password(self) -> OwnPassword:
        """What people do with their own password."""
        people, guesses = AdmittedPeople(self.people, self.blocks), Guesses(self.database, self.limits, self.audit)
        told = (self.audit, self.account_notices, self.sessions)
        return OwnPassword(people, PasswordChanges(self.database, guesses, people, *told))

    @property
    def token_import(self) -> TokenImport:
        """How tokens that were bought are given to people."""
        tools = (self.enrollments, self.challenges.failures, self.account_notices)
        return TokenImport(TokenTools(self.database, self.audit, self.people, *tools))

    @property
    def passkeys(self) -> Passkeys:
        """The passkeys that people have."""
        return Passkeys(self.database, self.vault, self.clock)

    @property
    def own_passkeys(self) -> OwnPasskeys:
        """What people do with their own passkeys."""
        ground = (self.database, self.vault, self.clock, self.audit, self.limits)
        tools = (self.passkeys, RelyingParty(self.settings.public_url), self.enrollments, self._reports)
        return OwnPasskeys(OwnPasskeysTools(*ground, *tools))

    @property
    def preferences(self) -> Preferences:
        """What people have chosen for themselves."""
        return Preferences(self.database, self.clock)

    @property
    def own_number(self) -> OwnNumberDesk:
        """What people do with a number of their own."""
        tools = (self.database, self.vault, self.limits, self.people, self.numbers, self.challenges, self.budget)
        house = (self.settings.sms, self.settings.public_host)
        return OwnNumberDesk(OwnNumberTools(*tools, self.outbox, self._reports, *house))

    @property
    def mails(self) -> MailQueue:
        """The mails that are to go out."""
        return MailQueue(self.database, self.vault, self.clock, self.audit)

    @property
    def own_contacts(self) -> OwnContacts:
        """What people may only do with their contacts right after a sign-in."""
        return OwnContacts(self.database, self.limits, self.contacts, self.people, self.account_notices)

    @property
    def own_history(self) -> OwnHistory:
        """What people see of what happened to their account."""
        return OwnHistory(Histories(self.database), self.catalog, self.clock)

    @property
    def _reports(self) -> Reports:
        return Reports(self.audit, self.people, self.account_notices)

    @property
    def throughput(self) -> Throughput:
        """How delivery is doing."""
        return Throughput(self.database, self.clock)

    @property
    def ways(self) -> Ways:
        """What somebody may begin a logon with."""
        return Ways(AdmittedPeople(self.people, self.blocks), self.vault, self.catalog, self.methods)

    @property
    def endpoint_sessions(self) -> EndpointSessions:
        """Which endpoints have proven who they are."""
        return EndpointSessions(self.database, self.vault, self.clock, self.audit, self.limits)

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
        yield from Gauges(self.throughput, self.conditions, self.gate.spending, self.mails, names).read()

    def close(self) -> None:
        """Give back every connection."""
        self.people.close()
        self.database.dispose()
