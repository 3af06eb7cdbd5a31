"""The outbox: a text is written in the transaction of what it belongs to, so that neither exists without the other."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from authsms.audit import AuditTrail
from authsms.contacts.suppression import SuppressionList
from authsms.delivery import ledger, statements
from authsms.delivery.doorbell import Doorbell
from authsms.delivery.journal import Cause, Journal
from authsms.delivery.ledger import Subject, subject_of
from authsms.delivery.models import Message
from authsms.delivery.spending import Spending
from authsms.delivery.states import LIVE, Failure, MessageState, Settle, Withheld, priority_of, turn_of, when_expired
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, post
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.foundation.phone import PhoneNumber, country_of, mask
from authsms.foundation.vault import Vault
from authsms.senders.routes import Consignment, Route, comparable
from authsms.senders.submission import Purpose
from authsms.senders.text import LONGEST_TEXT


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is to be sent.

    Attributes:
        id: From `Vault.new_id`; it goes to the provider as our reference.
        purpose: Decides priority and sender service.
        recipient: The number, or None when the message is withheld for want of one.
        text: What the person will read.
        expires_at: End of life: nothing is handed to a provider then or later.
        reference: What the message belongs to, e.g. ``challenge:<id>``; see `Outbox.supersede`.
        withheld: Why it must not be sent, or None. Withheld messages are kept to answer "why was there no code?".
        person_key: Whom the audit records shall name.
        login: As above.
        process_id: The logon process, for the audit records.
        label: The label of the event; sender services may be meant for some only.
        is_proven: The recipient's first factor has passed; caps on what is sent may keep a part for such people.
        groups: The recipient's groups; of them only those are kept that the sender policy asks for.
        through: The only way it may take, whatever the policy and the suppression list say; for answers.
    """

    id: str
    purpose: Purpose
    recipient: PhoneNumber | None
    text: str
    expires_at: datetime
    reference: str = ""
    withheld: Withheld | None = None
    person_key: str = ""
    login: str = ""
    process_id: str = ""
    label: str = ""
    is_proven: bool = False
    groups: frozenset[str] = frozenset()
    through: Route | None = None


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as it may be shown to an administrator; a portal decides how much of it a person sees.

    Attributes:
        reason: A `Failure` or `Withheld` word, or empty.
        code: The provider's own code, or empty.
        detail: The provider's own words, bounded and printable, yet foreign: escape them.
    """

    id: str
    state: MessageState
    purpose: Purpose
    masked: str
    service: str
    reason: str
    code: str
    detail: str
    attempts: int
    segments: int | None
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    finished_at: datetime | None


class Outbox:
    """Takes messages in, and tells what became of them.

    Args:
        database: Where the messages are.
        vault: Seals recipients and texts.
        clock: Dates the messages.
        audit: Is told of withheld and superseded ones.
        doorbell: Wakes a worker.
        spending: Counts texts against the caps there are; nothing is counted when left out.
        named_groups: Returns the groups the sender policy asks for, see `authsms.senders.routes.comparable`.
        suppressions: Knows who wants no texts; nobody is asked when left out.
    """

    def __init__(  # noqa: PLR0913 - it stands where all of these meet
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        audit: AuditTrail,
        doorbell: Doorbell,
        *,
        spending: Spending | None = None,
        named_groups: Callable[[], frozenset[str]] = frozenset,
        suppressions: SuppressionList | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._journal = Journal(audit)
        self._doorbell = doorbell
        self._spending = spending
        self._named_groups = named_groups
        self._suppressions = suppressions

    def enqueue(self, session: Session, draft: Draft) -> Withheld | None:
        """Write *draft* within the caller's transaction; a worker is woken once that is committed.

        A withheld message takes the same steps, so that its sender learns nothing from the time they take. What is
        returned is why this one is withheld: for the reason in the draft, because its recipient wants no texts from
        this sender, or because a cap has no room for it.

        Raises:
            InvalidInputError: There is no text, too much of it, or no recipient for a message that is not withheld.
        """
        if not draft.text or len(draft.text) > LONGEST_TEXT:
            raise InvalidInputError("A message has 1 to 4000 characters.", field="text")
        if draft.recipient is None and draft.withheld is None:
            raise InvalidInputError("A message needs a recipient.", field="recipient")
        blocked_at = self._blocked_at(session, draft)
        draft = self._counted(session, draft if not blocked_at else replace(draft, withheld=Withheld.OPTED_OUT))
        now = self._clock.now()
        state = MessageState.QUEUED if draft.withheld is None else MessageState.WITHHELD
        subject = Subject(
            draft.id,
            draft.purpose,
            draft.reference,
            mask(draft.recipient) if draft.recipient else "",
            draft.person_key,
            draft.login,
            draft.process_id,
            created_at=now,
            expires_at=draft.expires_at,
            attempts=0,
            doubts=0,
            is_proven=draft.is_proven,
        )
        self._insert(session, draft, subject, state, service=blocked_at)
        if draft.withheld is not None:
            self._journal.note(session, subject, Settle(state), Cause(reason=draft.withheld.value))
        self._doorbell.announce(session)
        return draft.withheld

    def supersede(self, session: Session, reference: str) -> int:
        """Take back what of *reference* has not gone out, within the caller's transaction; return how many messages.

        One that is being handed over at this moment cannot be taken back, but is not repeated.
        """
        _, taken = self._take_back(session, Message.reference == reference, Failure.SUPERSEDED)
        return taken

    def recall(self, session: Session, reference: str, limit: int) -> tuple[int, int]:
        """Take back up to *limit* messages of *reference*, within the caller's transaction.

        One that is being handed over at this moment cannot be taken back, but is not repeated.

        Returns:
            How many were found, and how many of them taken back; when none is found it is over.
        """
        which = (Message.reference == reference) & (Message.expires_at > self._clock.now())
        return self._take_back(session, which, Failure.CANCELLED, limit)

    def cancel(self, message_id: str) -> bool:
        """Take one message back; return False when it is too late for that."""
        with self._database.write() as session:
            return self.take_back(session, message_id)

    def take_back(self, session: Session, message_id: str) -> bool:
        """Take one message back within the caller's transaction; return False when it is too late for that.

        One that is being handed over at this moment is not repeated.
        """
        _, taken = self._take_back(session, Message.id == message_id, Failure.CANCELLED)
        return bool(taken)

    def view(self, message_id: str) -> MessageView:
        """Return what is known about a message.

        Raises:
            NotFoundError: There is none of that id, or it has been purged.
        """
        with self._database.read() as session:
            row = session.execute(statements.VIEW, {"w_id": message_id}).one_or_none()
        if row is None:
            raise NotFoundError("There is no such message.")
        message, state, purpose, *further = row
        return MessageView(message, MessageState(state), Purpose(purpose), *further)

    def _blocked_at(self, session: Session, draft: Draft) -> str:
        """Return the service whose sender the recipient has blocked; for withheld texts the same is done in vain."""
        if self._suppressions is None:
            return ""
        number = draft.recipient or PhoneNumber("")
        groups = self._named_groups() & comparable(draft.groups)
        consignment = Consignment(draft.purpose, number, draft.id, draft.label, groups, draft.through)
        service = self._suppressions.forbids(session, consignment, self._vault.keyed_hash("recipient", number))
        return service if draft.withheld is None else ""

    def _counted(self, session: Session, draft: Draft) -> Draft:
        """Return *draft*, withheld when a cap has no room for it; see `authsms.delivery.spending`."""
        if self._spending is None:
            return draft
        country = country_of(draft.recipient) if draft.recipient else ""
        proven = draft.is_proven
        bill = self._spending.bill(draft.purpose, country, draft.text, is_proven=proven, session=session)
        is_full = bill is not None and self._spending.take(session, bill, is_sent=draft.withheld is None) is not None
        return replace(draft, withheld=Withheld.BUDGET) if is_full else draft

    def _insert(self, session: Session, draft: Draft, subject: Subject, state: MessageState, *, service: str) -> None:
        number = draft.recipient or ""
        sealed_number = self._vault.seal(number.encode(), context=f"message.recipient:{draft.id}")
        sealed_text = self._vault.seal(draft.text.encode(), context=f"message.text:{draft.id}")
        waits = state is MessageState.QUEUED
        post(
            session,
            statements.ENQUEUE,
            {
                "id": draft.id,
                "purpose": draft.purpose.value,
                "priority": priority_of(draft.purpose),
                "turn": turn_of(draft.purpose, draft.expires_at),
                "recipient": sealed_number if number else None,
                "recipient_hash": self._vault.keyed_hash("recipient", number),
                "masked": subject.masked,
                "country": country_of(draft.recipient) if draft.recipient else "",
                "is_proven": draft.is_proven,
                "label": draft.label,
                "member_of": "\n".join(sorted(self._named_groups() & comparable(draft.groups))),
                "text": sealed_text if waits else None,
                "reference": draft.reference,
                "person_key": draft.person_key,
                "login": draft.login,
                "process_id": draft.process_id,
                "state": state.value,
                "due_at": subject.created_at if waits else None,
                "expires_at": draft.expires_at,
                "attempts": 0,
                "doubts": 0,
                "in_flight": False,
                "through": f"{draft.through.service}\n{draft.through.sender}" if draft.through else "",
                "service": service,
                "provider_id": "",
                "failure": draft.withheld.value if draft.withheld else "",
                "code": "",
                "detail": "",
                "created_at": subject.created_at,
                "finished_at": None if waits else subject.created_at,
            },
        )

    def _take_back(
        self, session: Session, which: ColumnElement[bool], failure: Failure, limit: int | None = None
    ) -> tuple[int, int]:
        now = self._clock.now()
        live = [state.value for state in LIVE]
        found = session.execute(
            select(*statements.SUBJECT).where(which, Message.state.in_(live)).limit(limit).with_for_update()
        ).all()
        taken = 0
        for subject in map(subject_of, found):
            verdict = when_expired(subject.doubts)
            if verdict.state is MessageState.STALE:
                verdict = Settle(MessageState.STALE, failure)
            if ledger.settle_unsent(session, subject.id, verdict, now):
                self._journal.note(session, subject, verdict, Cause(attempts=subject.attempts))
                taken += 1
            else:
                ledger.end_life(session, subject.id, now)
        return len(found), taken
