"""The logon engine with scripted people around it: everything else is the product's own."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from typing_extensions import override

from authsms.audit import AuditTrail
from authsms.delivery.account_notices import AccountNotices, Reach
from authsms.delivery.doorbell import Doorbell
from authsms.delivery.outbox import Draft, Outbox
from authsms.foundation.clock import Clock
from authsms.foundation.db import Base, Database
from authsms.foundation.errors import DirectoryUnavailableError
from authsms.foundation.limits import Limits
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.sections import OtpSettings, SessionSettings, SmsSettings
from authsms.foundation.vault import Vault
from authsms.identity.preferences import Preferences
from authsms.identity.repository import PasswordChange, PasswordVerdict, Person
from authsms.logon.blocks import AdmittedPeople, Blocks
from authsms.logon.catalog import Catalog
from authsms.logon.continuations import Continuations
from authsms.logon.emergency import EmergencyPasswords
from authsms.logon.endpoints import EndpointService
from authsms.logon.enrollment import Enrollments
from authsms.logon.graces import Graces
from authsms.logon.guesses import Guesses
from authsms.logon.methods.emergency import EmergencyMethod
from authsms.logon.methods.passkey import PasskeyMethod
from authsms.logon.methods.password import PasswordMethod
from authsms.logon.methods.recovery import RecoveryMethod
from authsms.logon.methods.sms_otp import CodeTools, SmsOtpMethod
from authsms.logon.methods.totp import HotpMethod, TotpMethod
from authsms.logon.numbers import NumberTools, NumberWatch
from authsms.logon.pace import Pace
from authsms.logon.passkeys import Passkeys
from authsms.logon.password_changes import PasswordChanges
from authsms.logon.recovery import RecoveryCodes
from authsms.logon.relying_party import RelyingParty
from authsms.logon.reports import Reports
from authsms.logon.service import LogonService, LogonTools
from authsms.logon.sessions import LoginSessions
from authsms.logon.steps import Client, Step
from authsms.logon.subject import People
from authsms.logon.texts import CodeTexts, Templates
from authsms.logon.whereabouts import Whereabouts
from authsms.otp.bound_numbers import BoundNumbers
from authsms.otp.budget import SendBudget
from authsms.otp.challenge import ChallengeService
from authsms.senders.routes import Consignment
from authsms.senders.submission import Purpose
from authsms.senders.text import BUILT_IN, parse_template
from tests.parts.seeding import seed

PASSWORD = "correct horse"
ALICE = Person(
    repository="corp",
    id="id-alice",
    login="alice",
    display_name="Alice Example",
    phones=(PhoneNumber("+4915112345642"),),
    groups=frozenset({"Staff"}),
    mail="alice@example.org",
)
NOPHONE = Person(repository="corp", id="id-nina", login="nina", display_name="Nina Nophone")
HERE = Client(address="192.0.2.7", user_agent="Test browser", locale="en")


class ScriptedPeople(People):
    """People in memory; follows the contract of `authsms.identity.service.PeopleService`."""

    def __init__(self, *people: Person) -> None:
        self.people = {person.login: person for person in people}
        self.verdicts: dict[str, PasswordVerdict] = {}
        self.takes_changes, self.changes = True, dict[str, PasswordChange]()
        self.away = False
        self.calls: list[str] = []
        self.before_check: Callable[[], None] = lambda: None

    @override
    def split(self, typed):
        prefix, backslash, login = typed.strip().partition("\\")
        return (prefix, login) if backslash else ("corp", prefix)

    @override
    def find(self, typed):
        self._call("find")
        repository, login = self.split(typed)
        person = self.people.get(login.casefold())
        return person if person and person.repository == repository else None

    @override
    def get(self, key):
        self._call("get")
        return next((person for person in self.people.values() if person.key == key), None)

    @override
    def check_password(self, typed, person, password):
        self._call("check_password")
        self.before_check()
        if person is None or password != PASSWORD:
            return PasswordVerdict.WRONG
        return self.verdicts.get(person.login, PasswordVerdict.RIGHT)

    @override
    def can_change_password(self, repository, verdict):
        return self.takes_changes

    @override
    def change_password(self, person, old, new):
        self._call("change_password")
        return self.changes.get(new, PasswordChange.CHANGED) if old == PASSWORD else PasswordChange.WRONG

    def change(self, login: str, **changes) -> None:
        """Let the directory say something else about a person from now on."""
        self.people[login] = replace(self.people[login], **changes)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.away:
            raise DirectoryUnavailableError("away")


class SilentDoorbell(Doorbell):
    """Nobody waits."""

    @override
    def announce(self, session):
        pass

    @override
    def listen(self):
        raise NotImplementedError


class RecordingOutbox(Outbox):
    """The real outbox, which also remembers what it was given."""

    def __init__(self, *parts) -> None:
        super().__init__(*parts)
        self.drafts: list[Draft] = []
        self.fails = False

    @override
    def enqueue(self, session, draft):
        withheld = super().enqueue(session, draft)
        if self.fails:
            raise RuntimeError
        self.drafts.append(draft)
        return withheld


class CountingVault(Vault):
    """The real vault, which also counts the codes it compares and hashes."""

    compared = 0
    hashed = 0
    lock = threading.Lock()

    @override
    def verify_code(self, digest, challenge_id, code):
        with self.lock:
            self.compared += 1
        return super().verify_code(digest, challenge_id, code)

    @override
    def hash_code(self, challenge_id, code):
        with self.lock:
            self.hashed += 1
        return super().hash_code(challenge_id, code)


class PlainTemplates(Templates):
    """The built-in texts, without the words around them."""

    @override
    def templates(self, purpose):
        return lambda locale: parse_template(BUILT_IN["plain"][locale])


@dataclass
class House:
    """The engine and its surroundings."""

    database: Database
    vault: Vault
    clock: Clock
    people: ScriptedPeople = field(default_factory=lambda: ScriptedPeople(ALICE, NOPHONE))
    otp: OtpSettings = field(default_factory=OtpSettings)
    sms: SmsSettings = field(default_factory=SmsSettings)
    public_url: str = "https://login.example.com"
    carried: frozenset[Purpose] = frozenset(Purpose)
    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        database, vault, clock = self.database, self.vault, self.clock
        self.audit, self.limits = AuditTrail(database, vault, clock), Limits(database, clock)
        self.outbox = RecordingOutbox(database, vault, clock, self.audit, SilentDoorbell())
        self.challenges = ChallengeService(database, vault, clock, self.otp)
        self.budget = SendBudget(database, clock, self.sms)
        self.catalog = Catalog(database, vault)
        self.endpoints = EndpointService(database, vault, clock, self.audit)
        self.continuations = Continuations(database, vault, clock)
        self.whereabouts, self.graces = Whereabouts(self.outbox, vault, clock), Graces(database, vault, clock)
        self.sessions = LoginSessions(database, vault, clock, SessionSettings(), [self.graces.follow])
        self.blocks, self.enrollments = Blocks(database, clock), Enrollments(database, vault, clock)
        self.emergency, self.recovery = (
            EmergencyPasswords(database, vault, clock),
            RecoveryCodes(database, vault, clock),
        )
        kept = Preferences(database, clock).language
        reach = Reach(self.carriers, self.carriers, BoundNumbers(database, vault).find, kept)
        self.notices = AccountNotices(self.outbox, vault, clock, reach=reach, host="here", countries=())
        self.passkeys, self.party = Passkeys(database, vault, clock), RelyingParty(self.public_url)
        people = AdmittedPeople(self.people, self.blocks)
        self.reports = Reports(self.audit, people, self.notices)
        watched = NumberTools(vault, clock, self.audit, self.limits, self.challenges.failures, self.notices)
        numbers = NumberWatch(watched, hold=self.sms.number_change)
        tools = CodeTools(
            self.challenges, self.budget, CodeTexts(PlainTemplates(), self.public_url), self.outbox, numbers
        )
        guesses = Guesses(database, self.limits, self.audit)
        changes = PasswordChanges(database, guesses, people, self.audit, self.notices, self.sessions)
        self.logon = LogonService(
            LogonTools(
                *(database, vault, clock, self.audit, people, self.catalog, self.continuations),
                *(self.sessions, self.whereabouts, self.blocks, self.enrollments, self.graces),
            ),
            [
                PasswordMethod(guesses, people, self.audit, changes, local=False),
                PasswordMethod(guesses, people, self.audit, changes, local=True),
                SmsOtpMethod(vault, self.audit, tools, self.sms),
                TotpMethod(database, clock, self.audit, self.enrollments, self.challenges.failures),
                HotpMethod(database, clock, self.audit, self.enrollments, self.challenges.failures),
                EmergencyMethod(database, self.audit, self.emergency, self.challenges.failures),
                RecoveryMethod(database, self.audit, self.recovery, self.challenges.failures, self.notices),
                PasskeyMethod(vault, self.audit, self.passkeys, self.party),
            ],
            pace=Pace(lambda: self.seconds, self.pause),
        )
        seed(self.catalog)

    def carriers(self, consignment: Consignment) -> list[Consignment]:
        """Return something for each sender service that takes a text."""
        return [consignment] * self.carries(consignment.purpose)

    def carries(self, purpose: Purpose) -> bool:
        """Whether a sender service takes texts of this purpose."""
        return purpose in self.carried

    @property
    def sent(self) -> list[Draft]:
        """What would have gone out."""
        return [draft for draft in self.outbox.drafts if draft.withheld is None]

    def code(self) -> str:
        """The code in the newest text, withheld or not."""
        return str(re.findall(r"\d{6,10}", self.outbox.drafts[-1].text)[0])

    def wrong_code(self) -> str:
        """A code that is not the one in the newest text."""
        return f"{(int(self.code()) + 1) % 10**self.otp.length:0{self.otp.length}d}"

    def begin(self, login: str = "alice", client: Client = HERE, event: str = "web") -> Step:
        """Begin a process."""
        return self.logon.begin(event, login, client)

    def at_code(self, login: str = "alice", client: Client = HERE) -> Step:
        """Begin a process and pass the password."""
        return self.logon.answer(self.begin(login, client).ticket, {"password": PASSWORD}, client)

    def log_in(self, login: str = "alice") -> Step:
        """Walk a whole login."""
        step = self.at_code(login)
        return self.logon.answer(step.ticket, {"code": self.code()}, HERE)

    def pause(self, seconds: float) -> None:
        """Keep how long a refusal would wait, and do what the test wants meanwhile."""
        self.pauses.append(seconds)
        self.meanwhile()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(seconds=seconds))  # type: ignore[attr-defined]

    def dump(self) -> str:
        """Everything in the database, as text."""
        with self.database.read() as session:
            tables = Base.metadata.sorted_tables
            return "\n".join(repr(row) for table in tables for row in session.execute(table.select()))

    def tags(self) -> list[str]:
        """Audit tags so far, oldest first."""
        return [view.entry.tag.value for view in reversed(self.audit.search(limit=10_000))]
