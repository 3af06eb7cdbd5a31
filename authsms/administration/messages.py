"""Messages: the log of what was sent, why it did not arrive, and what can still be done about it.

Nobody reads a text here, and nobody sees a whole number. *Send again* never sends a text again: it is wiped once it is
handed over, and its code may be dead. The owner of the purpose is asked for a new one instead; for codes that is the
login that waits for it, and only while it waits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from authsms.administration.actors import Actor
from authsms.administration.messages_advice import advice_on
from authsms.administration.messages_export import MessageExport
from authsms.administration.messages_filter import FilterReader, MessageFilter
from authsms.administration.rights import Right
from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.delivery.activity import Activity, Dossier, LoggedMessage, Place
from authsms.delivery.outbox import Outbox
from authsms.delivery.states import MessageState
from authsms.foundation.db import Database
from authsms.identity.service import PeopleService
from authsms.logon.renewal import CodeRenewal, Renewal
from authsms.senders.service import SenderPolicyService
from authsms.senders.submission import Purpose
from authsms.senders.webhook import ReceiptState

PORTION: Final = 50


@dataclass(frozen=True, slots=True)
class MessageList:
    """A portion of messages, newest first; ``older`` is the place after which the next one begins, or None."""

    items: Sequence[LoggedMessage]
    older: Place | None

    @property
    def fingerprint(self) -> str:
        """A word that changes with whatever is shown."""
        shown = ((one.id, one.state, one.attempts, one.in_flight, one.due_at) for one in self.items)
        return sha256(repr(list(shown)).encode()).hexdigest()[:16]


class Again(StrEnum):
    """Whether a message can be sent again, and why not."""

    POSSIBLE = "possible"
    SENT = "sent"
    WITHHELD = "withheld"
    STILL_LIVE = "still-live"
    ARRIVED = "arrived"
    TOO_EARLY = "too-early"
    REPLACED = "replaced"
    LOGIN_OVER = "login-over"
    TEXT_GONE = "text-gone"


@dataclass(frozen=True, slots=True)
class SendingAgain:
    """What "send again" came to, or would come to.

    Attributes:
        possible_at: When it becomes possible, with `Again.TOO_EARLY`.
        message: The new message, with `Again.SENT` and `Again.WITHHELD`.
    """

    answer: Again
    possible_at: datetime | None = None
    message: LoggedMessage | None = None


@dataclass(frozen=True, slots=True)
class MessageFile:
    """Everything about one message.

    Attributes:
        advice: What to do about a provider's code, by service and code; what has no advice is not in it.
        taken_after: From queued to accepted, or None.
        delivered_after: From queued to the provider's word that it arrived, or None.
    """

    dossier: Dossier
    advice: dict[tuple[str, str], str]
    again: SendingAgain
    taken_after: timedelta | None
    delivered_after: timedelta | None


class Cancelled(StrEnum):
    """What became of the wish to take a message back."""

    CANCELLED = "cancelled"
    BEING_SENT = "being-sent"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class MessageTools:
    """What the desk works with."""

    database: Database
    audit: AuditTrail
    activity: Activity
    outbox: Outbox
    senders: SenderPolicyService
    people: PeopleService
    renewal: CodeRenewal
    default_region: str


class MessageDesk:
    """Shows messages to whoever may see them, and acts for whoever may act."""

    def __init__(self, tools: MessageTools) -> None:
        self._tools = tools
        self._reader = FilterReader(tools.people, tools.activity, tools.default_region)
        self._export = MessageExport(tools.database, tools.audit, tools.activity)

    def services(self, actor: Actor) -> list[str]:
        """Return the names of the sender services, to choose from."""
        actor.require(Right.MESSAGES_SEE)
        return self._services()

    def number_of(self, actor: Actor, phone: str) -> str:
        """Return the word by which a filter names a phone number.

        Raises:
            ForbiddenError: The actor may not see messages.
            InvalidInputError: It is no phone number; `field` is ``phone``.
        """
        actor.require(Right.MESSAGES_SEE)
        return self._reader.number_of(phone)

    def portion(
        self, actor: Actor, wanted: MessageFilter, *, after: Place | None = None, size: int = PORTION
    ) -> MessageList:
        """Return up to *size* messages, newest first, those after the place *after*.

        Raises:
            ForbiddenError: The actor may not see messages.
        """
        actor.require(Right.MESSAGES_SEE)
        found = self._tools.activity.portion(
            self._reader.read(wanted), services=self._services(), after=after, size=size + 1
        )
        return MessageList(found[:size], found[size - 1].place if len(found) > size else None)

    def file(self, actor: Actor, message_id: str) -> MessageFile:
        """Return everything about one message.

        Raises:
            ForbiddenError: As `portion`.
            NotFoundError: There is none of that id, or it has been deleted.
        """
        actor.require(Right.MESSAGES_SEE)
        dossier = self._tools.activity.dossier(message_id)
        message = dossier.message
        delivered = next((one.received_at for one in dossier.receipts if one.state is ReceiptState.DELIVERED), None)
        return MessageFile(
            dossier,
            self._advice(dossier),
            self._outlook(message),
            _since(message.created_at, message.accepted_at),
            _since(message.created_at, delivered),
        )

    def export(self, actor: Actor, wanted: MessageFilter) -> Iterator[str]:
        """Return the messages as lines of CSV; see `MessageExport.lines`.

        Raises:
            ForbiddenError, ProofNeededError: As there.
        """
        actor.require(Right.MESSAGES_SEE)
        days = {"since": wanted.since, "until": wanted.until}
        shown = {
            "states": " ".join(sorted(wanted.states)),
            "service": wanted.service,
            "person": wanted.person,
            **{name: moment.isoformat(timespec="seconds") for name, moment in days.items() if moment},
        }
        return self._export.lines(actor, self._reader.read(wanted), services=self._services(), shown=shown)

    def cancel(self, actor: Actor, message_id: str) -> Cancelled:
        """Take a message back that no provider has been handed yet.

        Raises:
            ForbiddenError: The actor may not act on messages.
            NotFoundError: As `file`.
        """
        actor.require(Right.MESSAGES_ACT)
        message = self._tools.activity.dossier(message_id).message
        if not message.is_live:
            return Cancelled.OVER
        with self._tools.database.write() as session:
            if not self._tools.outbox.take_back(session, message_id):
                return Cancelled.BEING_SENT
            self._tools.audit.record(session, _entry(actor, AuditTag.MESSAGE_CANCELLED, message))
        return Cancelled.CANCELLED

    def send_again(self, actor: Actor, message_id: str, *, locale: str) -> SendingAgain:
        """Have the owner of a message's purpose send a new text in place of one that did not arrive.

        Raises:
            ForbiddenError: The actor may not act on messages.
            NotFoundError: As `file`.
            UnavailableError: A dependency is away; nothing was sent, and what was sent before stays good.
        """
        actor.require(Right.MESSAGES_ACT)
        message = self._tools.activity.dossier(message_id).message
        outlook = self._outlook(message)
        if outlook.answer is not Again.POSSIBLE:
            return outlook
        entry = _entry(actor, AuditTag.MESSAGE_SENT_AGAIN, message)
        renewed = self._tools.renewal.renew(message.process_id, message.reference, locale, entry)
        if renewed.renewal is not Renewal.SENT:
            return SendingAgain(_ANSWERS[renewed.renewal], renewed.possible_at)
        new = self._tools.activity.newest_of(renewed.reference)
        is_withheld = new is not None and new.state is MessageState.WITHHELD
        return SendingAgain(Again.WITHHELD if is_withheld else Again.SENT, message=new)

    def _services(self) -> list[str]:
        return sorted(service.rule.name for service in self._tools.senders.services())

    def _advice(self, dossier: Dossier) -> dict[tuple[str, str], str]:
        message = dossier.message
        codes = {(one.service, one.code) for one in dossier.tries}
        codes |= {(message.service, one.code) for one in dossier.receipts} | {(message.service, message.code)}
        found = {(service, code): advice_on(self._tools.senders, service, code) for service, code in codes if code}
        return {key: words for key, words in found.items() if words}

    def _outlook(self, message: LoggedMessage) -> SendingAgain:
        if message.is_live:
            return SendingAgain(Again.STILL_LIVE)
        if message.state is MessageState.DELIVERED:
            return SendingAgain(Again.ARRIVED)
        if message.purpose is not Purpose.AUTHENTICATION:
            return SendingAgain(Again.TEXT_GONE)
        renewed = self._tools.renewal.outlook(message.process_id, message.reference)
        return SendingAgain(_ANSWERS[renewed.renewal], renewed.possible_at)


_ANSWERS: Final = {
    Renewal.POSSIBLE: Again.POSSIBLE,
    Renewal.SENT: Again.SENT,
    Renewal.TOO_EARLY: Again.TOO_EARLY,
    Renewal.REPLACED: Again.REPLACED,
    Renewal.OVER: Again.LOGIN_OVER,
}


def _since(start: datetime, end: datetime | None) -> timedelta | None:
    return None if end is None else end - start


def _entry(actor: Actor, tag: AuditTag, message: LoggedMessage) -> AuditEntry:
    details = {"message": message.id, "person": message.person_key, "of": message.login, "state": message.state.value}
    return AuditEntry(tag, person_key=actor.person_key, login=actor.login, address=actor.address, details=details)
