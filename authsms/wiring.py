"""Which class serves which type: the one file that knows every implementation."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from authsms.administration.administrators import Administrators
from authsms.administration.senders import SenderDesk
from authsms.administration.senders_trials import TrialTools
from authsms.audit import AuditTrail
from authsms.contacts.book import ContactBook
from authsms.contacts.consents import ConsentLedger
from authsms.contacts.inbox import Inbox
from authsms.contacts.suppression import SuppressionList
from authsms.delivery.account_mails import AccountMails
from authsms.delivery.account_notices import AccountNotices, ByMail, Reach
from authsms.delivery.answering import open_inbox
from authsms.delivery.doorbell import Doorbell, SocketDoorbell
from authsms.delivery.gate import Gate, open_gate
from authsms.delivery.mails import MailQueue
from authsms.delivery.outbox import Outbox
from authsms.delivery.personal import take_back_unwanted
from authsms.delivery.quiet import quiet_hours
from authsms.delivery.receipts import ReceiptService
from authsms.delivery.worker import bell_folder
from authsms.desks import Services
from authsms.foundation.clock import Clock, DatabaseClock
from authsms.foundation.db import Database
from authsms.foundation.folders import make_private
from authsms.foundation.limits import Limits
from authsms.foundation.logs import register_secret
from authsms.foundation.settings import Settings
from authsms.foundation.vault import HashingProfile, Vault
from authsms.identity.kinds import builtin_kinds
from authsms.identity.own_numbers import OwnNumbers
from authsms.identity.preferences import Preferences
from authsms.identity.service import PeopleService
from authsms.logon.blocks import AdmittedPeople, Blocks
from authsms.logon.catalog import Catalog
from authsms.logon.continuations import Continuations
from authsms.logon.emergency import EmergencyPasswords
from authsms.logon.endpoints import EndpointService
from authsms.logon.enrollment import Enrollments
from authsms.logon.graces import Graces
from authsms.logon.methods.base import Method
from authsms.logon.methods.builtin import MethodTools, builtin_methods
from authsms.logon.methods.plugged import PluggedMethod, check_names
from authsms.logon.methods.sms_otp import CodeTools
from authsms.logon.numbers import NumberTools, NumberWatch
from authsms.logon.passkeys import Passkeys
from authsms.logon.recovery import RecoveryCodes
from authsms.logon.relying_party import RelyingParty
from authsms.logon.renewal import CodeRenewal
from authsms.logon.service import LogonService, LogonTools
from authsms.logon.sessions import LoginSessions
from authsms.logon.texts import CodeTexts
from authsms.logon.whereabouts import Whereabouts
from authsms.messaging.offers_answers import OfferAnswers
from authsms.messaging.offers_replies import OfferReplies
from authsms.otp.bound_numbers import BoundNumbers
from authsms.otp.budget import SendBudget
from authsms.otp.challenge import ChallengeService
from authsms.otp.engine import Algorithm, Recipe
from authsms.plugins import load_methods, load_plugins
from authsms.protocols.oidc.families import Families
from authsms.protocols.oidc.identity_tokens import Names
from authsms.protocols.oidc.keys import SigningKeys
from authsms.protocols.oidc.logout_delivery import LogoutCourier
from authsms.protocols.oidc.logout_notices import LogoutNotices
from authsms.protocols.oidc.refreshing import RefreshTokens
from authsms.protocols.oidc.request_store import RequestStore
from authsms.protocols.oidc.tokens import TokenStore
from authsms.senders.http import HttpGuard
from authsms.senders.service import SenderPolicyService

__all__ = ["Services", "assemble", "build"]


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


@dataclass(frozen=True, slots=True)
class _Ground:
    """What everything else stands on."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock
    audit: AuditTrail
    limits: Limits


@dataclass(frozen=True, slots=True)
class _Sending:
    """What takes texts out, and in."""

    guard: HttpGuard
    senders: SenderPolicyService
    doorbell: Doorbell
    consents: ConsentLedger
    contacts: ContactBook
    suppressions: SuppressionList
    gate: Gate
    outbox: Outbox
    receipts: ReceiptService
    inbox: Inbox
    notices: AccountNotices


@dataclass(frozen=True, slots=True)
class _Issuing:
    """What gives endpoints their tokens, and tells them when a session has ended."""

    endpoints: EndpointService
    signing_keys: SigningKeys
    families: Families
    notices: LogoutNotices
    logout_courier: LogoutCourier


def assemble(settings: Settings, database: Database, vault: Vault, clock: Clock | None = None) -> Services:
    """Return the services over a given database and vault; tests bring their own clock."""
    clock = clock or DatabaseClock(database)
    audit, limits = AuditTrail(database, vault, clock), Limits(database, clock)
    ground = _Ground(settings, database, vault, clock, audit, limits)
    sending, people = _sending(ground), _people(ground)
    codes = _codes(ground, sending)
    issuing = _issuing(ground, sending.guard)
    tools, methods = _logon(ground, sending, people, issuing, codes)
    trials = TrialTools(database, vault, clock, limits, sending.senders, settings.sms.default_region)
    return Services(
        settings=settings,
        database=database,
        vault=vault,
        clock=clock,
        limits=limits,
        audit=audit,
        people=people,
        administrators=Administrators(database, clock, audit),
        senders=sending.senders,
        doorbell=sending.doorbell,
        outbox=sending.outbox,
        receipts=sending.receipts,
        suppressions=sending.suppressions,
        consents=sending.consents,
        contacts=sending.contacts,
        inbox=sending.inbox,
        conditions=sending.gate.conditions,
        gate=sending.gate,
        challenges=codes.challenges,
        budget=codes.budget,
        catalog=tools.catalog,
        logon=LogonService(tools, methods),
        blocks=tools.blocks,
        enrollments=tools.enrollments,
        renewal=CodeRenewal(tools, methods),
        sessions=tools.sessions,
        endpoints=issuing.endpoints,
        continuations=tools.continuations,
        signing_keys=issuing.signing_keys,
        tokens=TokenStore(database, vault, clock, issuing.families, tools.sessions),
        refresh_tokens=RefreshTokens(database, clock, issuing.families),
        requests=RequestStore(database, vault, clock),
        logout_courier=issuing.logout_courier,
        hook_client=sending.guard.client(connections=1),
        sender_desk=SenderDesk(trials),
        account_notices=sending.notices,
        numbers=codes.numbers,
        methods=methods,
    )


def _people(ground: _Ground) -> PeopleService:
    tools, sms = (ground.database, ground.vault, ground.clock), ground.settings.sms
    own_numbers = OwnNumbers(*tools, is_allowed=sms.own_numbers)
    return PeopleService(*tools, builtin_kinds(*tools, default_region=sms.default_region), own_numbers=own_numbers)


def _sending(ground: _Ground) -> _Sending:
    settings, database, vault = ground.settings, ground.database, ground.vault
    clock, audit = ground.clock, ground.audit
    guard = HttpGuard(settings.network.allowed, ca_file=settings.network.ca_file)
    plugins = load_plugins(settings.plugins)
    senders = SenderPolicyService(database, vault, clock, plugins, guard, settings.public_url, audit=audit)
    doorbell = SocketDoorbell(bell_folder(settings.instance))
    consents = ConsentLedger(database, vault, clock, audit)
    contacts = ContactBook(database, vault, clock, audit, consents)
    suppressions = SuppressionList(database, vault, clock, audit, senders.offered, on_stop=contacts.stop)
    gate = open_gate(database, vault, clock, audit, ground.limits, suppressions)
    gate.quiet = quiet_hours(settings.notices)
    outbox = Outbox(
        *(database, vault, clock, audit, doorbell),
        spending=gate.spending,
        named_groups=senders.named_groups,
        suppressions=suppressions,
    )
    contacts.on_end = lambda session, key, number: take_back_unwanted(session, outbox, key, number)
    receipts = ReceiptService(database, vault, clock, audit, suppressions)
    host, countries = settings.public_host, settings.sms.countries
    replies = OfferReplies(database, clock, ground.limits, OfferAnswers(clock, audit, outbox), host)
    inbox = open_inbox(settings, outbox, suppressions, database, vault, clock, audit, replies)
    kept = (BoundNumbers(database, vault).find, Preferences(database, clock).language)
    notices = AccountNotices(
        *(outbox, vault, clock),
        reach=Reach(senders.choose, senders.offered, *kept, _by_mail(ground)),
        host=host,
        countries=countries,
    )
    return _Sending(guard, senders, doorbell, consents, contacts, suppressions, gate, outbox, receipts, inbox, notices)


def _by_mail(ground: _Ground) -> ByMail | None:
    settings, vault, clock = ground.settings, ground.vault, ground.clock
    if not settings.mail.host:
        return None
    mails = AccountMails(vault, clock, host=settings.public_host, zone=ZoneInfo(settings.notices.time_zone))
    return ByMail(mails, MailQueue(ground.database, vault, clock, ground.audit))


def _codes(ground: _Ground, sending: _Sending) -> CodeTools:
    settings, database, vault, clock = ground.settings, ground.database, ground.vault, ground.clock
    challenges, budget = (
        ChallengeService(database, vault, clock, settings.otp),
        SendBudget(database, clock, settings.sms),
    )
    watched = NumberTools(vault, clock, ground.audit, ground.limits, challenges.failures, sending.notices)
    numbers = NumberWatch(watched, hold=settings.sms.number_change)
    return CodeTools(challenges, budget, CodeTexts(sending.senders, settings.public_url), sending.outbox, numbers)


def _issuing(ground: _Ground, guard: HttpGuard) -> _Issuing:
    database, vault, clock, audit = ground.database, ground.vault, ground.clock, ground.audit
    families = Families(vault, clock, audit, ground.settings.sessions.offline)
    endpoints = EndpointService(database, vault, clock, audit, families.end_own)
    keys = SigningKeys(database, vault, clock, audit)
    notices, names = LogoutNotices(database, vault, clock, audit), Names(vault, ground.settings.public_url)
    courier = LogoutCourier(notices, endpoints, keys, names, clock, guard.client(connections=1))
    return _Issuing(endpoints, keys, families, notices, courier)


def _logon(
    ground: _Ground, sending: _Sending, people: PeopleService, issuing: _Issuing, codes: CodeTools
) -> tuple[LogonTools, Sequence[Method]]:
    settings, database, vault, clock = ground.settings, ground.database, ground.vault, ground.clock
    graces = Graces(database, vault, clock)
    followers = [issuing.families.follow, issuing.notices.follow, graces.follow]
    recipe = Recipe(settings.otp.app_digits, Algorithm(settings.otp.app_algorithm))
    blocks, enrollments = Blocks(database, clock), Enrollments(database, vault, clock, recipe)
    admitted = AdmittedPeople(people, blocks)
    tools = LogonTools(
        *(database, vault, clock, ground.audit, admitted, Catalog(database, vault)),
        continuations=Continuations(database, vault, clock),
        sessions=LoginSessions(database, vault, clock, settings.sessions, followers),
        whereabouts=Whereabouts(sending.outbox, vault, clock, settings.sms.fallback, sending.senders.sender_of),
        blocks=blocks,
        enrollments=enrollments,
        graces=graces,
    )
    methods = MethodTools(
        *(database, vault, clock, ground.audit, ground.limits, admitted, codes, enrollments),
        EmergencyPasswords(database, vault, clock),
        RecoveryCodes(database, vault, clock),
        *(Passkeys(database, vault, clock), RelyingParty(settings.public_url)),
        *(sending.notices, tools.sessions),
        settings.sms,
    )
    ours, theirs = builtin_methods(methods), load_methods(settings.plugins)
    check_names(ours, theirs)
    failures = codes.challenges.failures
    return tools, [*ours, *(PluggedMethod(one, database, ground.audit, failures) for one in theirs)]
