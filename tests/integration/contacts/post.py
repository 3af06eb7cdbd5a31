"""An installation with a sender for codes and another for offers, and one phone that is texted by both."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count

from authsms.delivery import ledger
from authsms.delivery.dispatch import LEASE, Dispatcher
from authsms.delivery.journal import Journal
from authsms.delivery.ledger import Lease
from authsms.delivery.outbox import Draft, MessageView
from authsms.delivery.pauses import Pauses
from authsms.foundation.phone import PhoneNumber
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.senders.submission import Accepted, Purpose
from authsms.senders.webhook import InboundMessage
from authsms.wiring import Services
from tests.fakes import ManualClock
from tests.integration.delivery.twins import RecordingService

PHONE = PhoneNumber("+4915112345678")
CODES, OFFERS = "+12025550100", "+12025550111"
SETTINGS = {"space": "example", "project_key": "7b2c4f9a-1111-4222-8333-444455556666", "token": "PT" + "0" * 40}
ids = count(1)


@dataclass
class Post:
    """An installation with a sender for codes and another for offers."""

    services: Services
    clock: ManualClock
    sent: list[str] = field(default_factory=list)

    def add(self, name: str, sender: str, *purposes: Purpose, kind: str = "signalwire", **settings: str) -> None:
        """Save a sender service."""
        draft = ServiceDraft(
            ServiceRule(name, purposes=frozenset(purposes)), kind, {**(settings or SETTINGS), "sender_phone": sender}
        )
        self.services.senders.save_service(draft, author="test")

    def text(self, words: str, *, to: str = CODES, service: str = "codes", key: str = "", told: str = "") -> bool:
        """Let the person text us."""
        message = InboundMessage(key or f"in{next(ids)}", PHONE, to, words, bool(told), told)
        return self.services.inbox.take(self.services.senders.service(service), message)

    def post(self, purpose: Purpose = Purpose.AUTHENTICATION, *, to: PhoneNumber = PHONE) -> MessageView:
        """Queue a text, and return what became of it so far."""
        services, now = self.services, self.clock.now()
        draft = Draft(services.vault.new_id(), purpose, to, "Your code is 123456", now + timedelta(minutes=5))
        with services.database.write() as session:
            services.outbox.enqueue(session, draft)
        return services.outbox.view(draft.id)

    def deliver(self, answer=None) -> list[str]:
        """Hand over what is due through whatever service is asked, and return the texts."""
        services, now = self.services, self.clock.now()
        policy = _Recorder(self, answer)
        dispatcher = Dispatcher(
            services.database,
            services.vault,
            services.clock,
            policy,
            services.receipts,
            Journal(services.audit, services.suppressions),
            lease=LEASE,
            pauses=Pauses(),
            gate=services.gate,
        )
        with services.database.jot_one() as connection:
            claimed = ledger.claim(connection, Lease("me", now, now + LEASE), limit=50, urgent_only=False)
        self.sent.clear()
        for one in claimed:
            dispatcher.dispatch(one, "me")
        return list(self.sent)

    def blocked(self) -> list[tuple[str, str, str]]:
        """Return service, sender and source of what the person has blocked."""
        return [(one.service, one.sender, one.source.value) for one in self.services.suppressions.of(PHONE)]

    def tags(self) -> list[str]:
        """Return the audit tags about consent, oldest first."""
        tags = [record.entry.tag.value for record in reversed(self.services.audit.search())]
        return [tag for tag in tags if tag.startswith("consent")]

    def view(self, message: MessageView) -> MessageView:
        """Look again."""
        return self.services.outbox.view(message.id)


class _Recorder:
    """The real policy, with services that record what they are given, and from whom."""

    def __init__(self, post: Post, answer) -> None:
        self._post = post
        self._answer = answer

    def choose(self, consignment):
        chosen = self._post.services.senders.choose(consignment)
        return [RecordingService(one.name, partial(self._take, one.name, one.sender)) for one in chosen]

    def refresh(self):
        self._post.services.senders.refresh()

    def _take(self, name, sender, submission):
        self._post.sent.append(f"{name} {sender} {submission.text}".replace("  ", " "))
        return self._answer(submission) if self._answer else Accepted(f"p{next(ids)}")
