"""People who sign in while somebody at a desk looks on: the whole house, with a provider that answers as it is told."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import insert, select

from authsms.administration.actors import Actor
from authsms.administration.messages_filter import MessageFilter
from authsms.administration.rights import Role
from authsms.delivery import ledger
from authsms.delivery.activity import LoggedMessage
from authsms.delivery.dispatch import LEASE, Dispatcher
from authsms.delivery.journal import Journal
from authsms.delivery.ledger import Lease
from authsms.delivery.models import Message
from authsms.delivery.pauses import Pauses
from authsms.foundation.phone import PhoneNumber
from authsms.identity.drafts import PersonDraft
from authsms.identity.local_people import LocalPeople
from authsms.identity.models import RepositoryRow
from authsms.identity.repository import Person
from authsms.logon.methods.totp import TOTP
from authsms.logon.steps import Client, Step
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.submission import Outcome, Submission
from authsms.senders.webhook import Receipt, ReceiptState
from authsms.wiring import Services
from tests.fakes import ManualClock
from tests.integration.delivery.twins import FixedPolicy, RecordingService

PASSWORD = "correct horse"
PHONE = PhoneNumber("+4915112345642")
SERVICE = "twilio"
EVERYTHING = MessageFilter()
HERE = Client(address="192.0.2.7", user_agent="Test browser", locale="en")
TWILIO = {"account_sid": "AC" + "0" * 32, "auth_token": "secret-of-twilio", "sender_phone": "+4915550100"}


def actor(*roles: Role, login: str = "anna", age: timedelta = timedelta()) -> Actor:
    """Return an administrator with *roles*."""
    return Actor(f"LOCAL:id-{login}", login, login.title(), frozenset(roles), "session", age, "192.0.2.99")


ADMINISTRATOR = actor(Role.ADMINISTRATOR)
HELPDESK = actor(Role.HELPDESK, login="hugo")
OPERATOR = actor(Role.MESSAGING_OPERATOR, login="olga")
AUDITOR = actor(Role.AUDITOR, login="auto")
POLICY_EDITOR = actor(Role.POLICY_EDITOR, login="pola")


@dataclass
class Work:
    """A house, its people, and the provider."""

    services: Services
    clock: ManualClock
    provider: RecordingService = field(default_factory=lambda: RecordingService(SERVICE))

    def person(self, login: str = "alice", **more: object) -> Person:
        """Make somebody with a password, and a phone unless told otherwise."""
        values: dict = {"display_name": login.title(), "phones": (PHONE,), "password": PASSWORD, **more}
        services = self.services
        return LocalPeople(services.database, services.vault, services.clock).create(PersonDraft(login, **values))

    def directory(self) -> LocalPeople:
        """Make a repository called ``corp`` that others than the operator may change."""
        row = {"name": "corp", "name_key": "corp", "kind": "local", "settings": {}, "is_default": False, "version": 1}
        with self.services.database.write() as session:
            session.execute(insert(RepositoryRow), {**row, "secret_set_by": "", "changed_at": self.clock.now()})
        return LocalPeople(self.services.database, self.services.vault, self.services.clock, repository="corp")

    def move_number(self, number: PhoneNumber) -> Person:
        """Let somebody called alice sign in once, and then have another number in that directory."""
        people = self.directory()
        people.create(PersonDraft("alice", display_name="Alice", phones=(PHONE,), password=PASSWORD))
        self.type_code(self.at_code("alice", "corp"), self.code())
        self.clock.advance(timedelta(minutes=20))
        return people.change(PersonDraft("alice", phones=(number,)))

    def configure_twilio(self) -> None:
        """Let the policy know the provider, so that it can advise on its codes."""
        rule = ServiceRule(name=SERVICE)
        self.services.senders.save_service(ServiceDraft(rule, "twilio", TWILIO), author="anna")

    def at_code(self, login: str = "alice", repository: str = "LOCAL") -> Step:
        """Begin a login and pass the password."""
        step = self.services.logon.begin("web", f"{repository}\\{login}", HERE)
        return self.services.logon.answer(step.ticket, {"password": PASSWORD}, HERE)

    def type_code(self, step: Step, code: str) -> Step:
        """Type a code."""
        return self.services.logon.answer(step.ticket, {"code": code}, HERE)

    def log_in(self, login: str = "alice") -> Step:
        """Walk a whole login."""
        step = self.at_code(login)
        return self.type_code(step, self.code())

    def set_up_app(self, person: Person) -> None:
        """Let a person set up an authenticator app."""
        enrollments = self.services.enrollments
        with self.services.database.write() as session:
            enrollments.draw(session, person.key, TOTP, person.login)
        pending = enrollments.find(person.key, TOTP)
        assert pending is not None
        with self.services.database.write() as session:
            enrollments.confirm(session, pending, -1)

    def code(self) -> str:
        """Return the code in the newest text that has not been handed over yet."""
        query = select(Message.id, Message.text).where(Message.text.is_not(None)).order_by(Message.id.desc())
        with self.services.database.read() as session:
            message_id, sealed = session.execute(query.limit(1)).one()
        assert sealed is not None
        text = self.services.vault.unseal(sealed, context=f"message.text:{message_id}").decode()
        found = re.search(r"\d{6,10}", text)
        assert found is not None
        return found.group()

    def deliver(self, answer: Callable[[Submission], Outcome] | None = None) -> None:
        """Hand over what is due; the provider accepts, unless *answer* says something else."""
        services, now = self.services, self.clock.now()
        if answer is not None:
            self.provider.answer = answer
        dispatcher = Dispatcher(
            services.database,
            services.vault,
            services.clock,
            FixedPolicy([self.provider]),
            services.receipts,
            Journal(services.audit),
            lease=LEASE,
            pauses=Pauses(),
            gate=services.gate,
        )
        with services.database.jot_one() as connection:
            claimed = ledger.claim(connection, Lease("worker", now, now + LEASE), limit=10, urgent_only=False)
        for message in claimed:
            dispatcher.dispatch(message, "worker")

    def report(self, provider_id: str, state: ReceiptState, word: str = "", code: str = "") -> None:
        """Let the provider report."""
        receipt = Receipt(provider_id, state, word or state.value, code)
        self.services.receipts.apply(SERVICE, [receipt])

    def newest(self) -> LoggedMessage:
        """Return the newest message."""
        desk = self.services.message_desk
        return desk.portion(ADMINISTRATOR, EVERYTHING).items[0]

    def tags(self) -> list[str]:
        """Audit tags so far, newest first."""
        return [view.entry.tag.value for view in self.services.audit.search(limit=1000)]
