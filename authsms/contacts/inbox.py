"""What people text us: each text kept once and sealed, keywords obeyed, audited and answered, all in one transaction.

A provider repeats a call until it is answered, two of our processes may get the same one at once, and whoever has seen
a call may send it again later. The key of a text, made from the provider's id, is written first; whoever finds it
there does nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, cast

from sqlalchemy import Table, delete, exists, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.contacts.answers import answer
from authsms.contacts.consent import Keyword, Reading, Way, read
from authsms.contacts.models import InboundTextRecord
from authsms.contacts.suppression import Source, Stop, SuppressionList
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import InvalidInputError
from authsms.foundation.phone import PhoneNumber, mask, parse_phone
from authsms.foundation.vault import Vault
from authsms.senders.definitions import ConfiguredService
from authsms.senders.webhook import InboundMessage

TEXTS_KEPT: Final = timedelta(days=30)
KEYS_KEPT: Final = timedelta(days=400)
_HELP_AGAIN: Final = timedelta(hours=1)
_SHOWN_DIGITS: Final = 2
_YES: Final = "YES"
"""Means START to carriers, and is an answer for everybody else."""
_TABLE: Final = cast("Table", InboundTextRecord.__table__)
_t: Final = _TABLE.c


@dataclass(frozen=True, slots=True)
class KeywordAnswer:
    """A text that answers a keyword; it goes out the way the keyword came in, whatever the list says."""

    recipient: PhoneNumber
    text: str
    service: str
    sender: str


class AnswerPost(Protocol):
    """Sends answers."""

    def send(self, session: Session, keyword_answer: KeywordAnswer) -> None:
        """Queue an answer within the caller's transaction."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A text that is no keyword.

    Attributes:
        recipient_hash: Who texts, as the outbox knows numbers.
        service: The sender service that was texted.
        sender: From whom to answer; empty where the service has only one number.
    """

    recipient_hash: str
    text: str = field(repr=False)
    service: str
    sender: str


class ReplyListener(Protocol):
    """Hears what is no keyword."""

    def hear(self, session: Session, heard: Heard) -> str:
        """Take a text within the caller's transaction; return what to answer, or nothing."""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """How numbers are read and answers signed.

    Attributes:
        default_region: ISO 3166 country of numbers without a country code.
        host: The name that answers begin with.
    """

    default_region: str
    host: str


class Inbox:
    """Takes verified texts.

    Args:
        database: Where they are kept.
        vault: Seals the words and makes the keys.
        clock: Dates them.
        audit: Is told of each.
        suppressions: Does what STOP and START ask for.
        post: Sends answers.
        correspondence: How numbers are read and answers signed.
        kept: How long the words are.
        replies: Hears texts that ask for nothing; nobody does when left out.
    """

    def __init__(  # noqa: PLR0913 - it stands where all of these meet
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        audit: AuditTrail,
        suppressions: SuppressionList,
        *,
        post: AnswerPost,
        correspondence: Correspondence,
        kept: timedelta = TEXTS_KEPT,
        replies: ReplyListener | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self._suppressions = suppressions
        self._post = post
        self._style = correspondence
        self._kept = kept
        self._replies = replies
        self._keep = database.insert(_TABLE).on_conflict_do_nothing().returning(_t.key)

    def take(self, service: ConfiguredService, message: InboundMessage) -> bool:
        """Take one text that reached a number of *service*, verified; return False when it is known already."""
        number = self._number(message.sender)
        reading = read(message.text, message.keyword) if number else Reading(Keyword.OTHER)
        row = self._row(service.name, message, number, reading)
        with self._database.write() as session:
            if session.execute(self._keep, row).first() is None:
                return False
            has_changed = self._obey(session, Way(service.name, message.recipient), row, reading)
            sender = _sender(service, message.recipient)
            heard = Heard(row["recipient_hash"], message.text, service.name, sender)
            words = self._words(session, heard, reading, has_changed=has_changed)
            is_handled = has_changed and _is_handled(service, message, reading)
            if words and number is not None and not is_handled:
                self._post.send(session, KeywordAnswer(number, words, service.name, sender))
                session.execute(update(_TABLE).where(_t.key == row["key"]).values(is_answered=True))
            details = {
                "service": service.name,
                "keyword": "" if reading.keyword is Keyword.OTHER else reading.keyword.value.upper(),
                "sender_ends": message.sender[-_SHOWN_DIGITS:],
            }
            self._audit.record(session, AuditEntry(AuditTag.INBOUND_RECEIVED, details=details))
        return True

    def purge(self) -> int:
        """Wipe words that are old, and delete texts that are very old; return how many of both."""
        now = self._clock.now()
        wiped = update(_TABLE).where(_t.received_at < now - self._kept, _t.text.is_not(None)).values(text=None)
        gone = delete(_TABLE).where(_t.received_at < now - KEYS_KEPT)
        with self._database.write() as session:
            return sum(rowcount(session.execute(statement)) for statement in (wiped, gone))

    def _row(
        self, service: str, message: InboundMessage, number: PhoneNumber | None, reading: Reading
    ) -> dict[str, Any]:
        key = self._vault.keyed_hash("inbound", service, message.provider_id)
        return {
            "key": key,
            "service": service,
            "recipient_hash": self._suppressions.hash_of(number or message.sender),
            "masked": mask(number or PhoneNumber(message.sender)),
            "text": self._vault.seal(message.text.encode("utf-8", "replace"), context=f"inbound.text:{key}"),
            "kind": reading.keyword.value,
            "is_answered": False,
            "received_at": self._clock.now(),
        }

    def _obey(self, session: Session, way: Way, row: dict[str, Any], reading: Reading) -> bool:
        """Do what a text asks for; return False when there is nothing to do, or it was so already.

        YES may be the answer to a question: who has blocked nothing means nothing else by it.
        """
        match reading.keyword:
            case Keyword.STOP:
                stop = Stop(row["recipient_hash"], row["masked"], way, Source.REPLY, reading.word)
                return self._suppressions.stop(session, stop)
            case Keyword.START:
                return self._suppressions.start(session, row["recipient_hash"], way, reading.word)
            case Keyword.HELP:
                return not self._has_helped(session, row)
            case Keyword.OTHER:
                return False

    def _words(self, session: Session, heard: Heard, reading: Reading, *, has_changed: bool) -> str:
        """Return what to answer; whatever asks for nothing may be the reply to a question."""
        if has_changed:
            return answer(reading.keyword, reading.locale, self._style.host)
        is_reply = reading.keyword is Keyword.OTHER or reading.word == _YES
        return self._replies.hear(session, heard) if self._replies and is_reply else ""

    def _has_helped(self, session: Session, row: dict[str, Any]) -> bool:
        since: datetime = row["received_at"] - _HELP_AGAIN
        same = (_t.recipient_hash == row["recipient_hash"], _t.service == row["service"], _t.received_at > since)
        helped = exists(select(_t.key).where(*same, _t.kind == Keyword.HELP.value, _t.is_answered))
        return bool(session.execute(select(helped)).scalar_one())

    def _number(self, sender: str) -> PhoneNumber | None:
        """Return the number a text came from; None for short codes and names.

        Providers write country codes, and some of them no plus before it. Read as a local number, a short code would
        be somebody else's.
        """
        is_bare = sender.isascii() and sender.isdigit() and not sender.startswith("0")
        try:
            return parse_phone(f"+{sender}" if is_bare else sender, default_region=self._style.default_region)
        except InvalidInputError:
            return None


def _is_handled(service: ConfiguredService, message: InboundMessage, reading: Reading) -> bool:
    """Tell whether the provider has answered by itself."""
    return message.keyword_handled or (reading.is_common and reading.keyword.value in service.service.own_keywords)


def _sender(service: ConfiguredService, recipient: str) -> str:
    """Return from whom to answer: the number that was texted, where the provider lets us say so."""
    try:
        service.service.check_sender(service.service.values, recipient)
    except InvalidInputError:
        return ""
    return recipient
