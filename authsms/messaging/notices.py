"""Notices and offers: to people who have agreed, once each, in short transactions."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, cast

from sqlalchemy import Table, bindparam, delete, func, select
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.contacts.book import ContactBook
from authsms.contacts.entries import Contact
from authsms.contacts.suppression import SuppressionList
from authsms.delivery.bulk import enqueue_many
from authsms.delivery.outbox import Draft, Outbox
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import ConflictError, SealBrokenError
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.vault import Vault
from authsms.identity.repository import Person, PersonKey
from authsms.messaging.audience import Left, checked_name, choose, reference_of
from authsms.messaging.models import NoticeRecipientRow, NoticeRow
from authsms.messaging.program_models import PROGRAM_NOTICE
from authsms.messaging.wording import text_for
from authsms.senders.routes import Consignment, comparable
from authsms.senders.submission import Purpose
from authsms.senders.text import Template, one_line

KEPT: Final = timedelta(days=90)
_NOTICE: Final = cast("Table", NoticeRow.__table__)
_n: Final = _NOTICE.c
_RECIPIENT: Final = cast("Table", NoticeRecipientRow.__table__)
_THIS_OPEN: Final = (_n.name == bindparam("w_name"), _n.cancelled_at.is_(None))
_OPEN: Final = select(_n.name).where(*_THIS_OPEN)
_CLOSES: Final = select(_n.expires_at).where(*_THIS_OPEN)
_OF_PROGRAM: Final = select(PROGRAM_NOTICE.c.name).where(PROGRAM_NOTICE.c.name == bindparam("w_name"))

Tell = Callable[[int], object]
Claim = Callable[[Session], bool]
"""Makes the name of a notice somebody's within a transaction; tells whether that is new."""


class Directory(Protocol):
    """Knows people."""

    def find(self, typed: str) -> Person | None:
        """Return the person of that name, as of now."""

    def get(self, key: PersonKey) -> Person | None:
        """Return the person with that key, as of now."""


@dataclass(frozen=True, slots=True)
class NoticeTools:
    """What sending notices takes."""

    database: Database
    vault: Vault
    clock: Clock
    audit: AuditTrail
    people: Directory
    book: ContactBook
    outbox: Outbox
    suppressions: SuppressionList


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody who gets a notice, and where."""

    person: Person
    contact: Contact
    number: PhoneNumber = field(repr=False)


@dataclass(frozen=True, slots=True)
class Survey:
    """Who gets a notice, and how many do not, by the reason."""

    reached: Sequence[Reached]
    left: Mapping[Left, int]


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent.

    Attributes:
        name: Sending it again under the same name reaches only those who were not reached.
        texts: By language.
        host: Who texts.
        life: Nothing is handed over after this time.
    """

    name: str
    purpose: Purpose
    texts: Mapping[str, Template]
    host: str
    life: timedelta

    def text(self, one: Reached) -> str:
        """Return what somebody will read."""
        person = one.person
        values = {
            "name": one_line(person.display_name or person.login),
            "user": one_line(person.login),
            "host": self.host,
        }
        return text_for(self.texts, one.contact.locale).fill(values)


class Notices:
    """Sends them.

    Args:
        tools: What it takes.
        countries: Those that are texted; empty for all.
        kept: How long it is known whom they went to.
    """

    def __init__(self, tools: NoticeTools, countries: Iterable[str], kept: timedelta = KEPT) -> None:
        self._tools = tools
        self._countries = frozenset(countries)
        self._kept = kept
        self._new = tools.database.insert(_NOTICE).on_conflict_do_nothing().returning(_n.name)
        self._once = tools.database.insert(_RECIPIENT).on_conflict_do_nothing().returning(_RECIPIENT.c.person_key)

    def survey(self, person_keys: Iterable[str], tell: Tell = int, purpose: Purpose = Purpose.NOTICE) -> Survey:
        """Find out who of some people would get a notice now; nothing is sent.

        Raises:
            UnavailableError: A directory does not answer: it is not known who still belongs here.
        """
        reached: list[Reached] = []
        left: Counter[Left] = Counter()
        numbers: set[str] = set()
        for done, key in enumerate(dict.fromkeys(person_keys), start=1):
            found = self.look(self._tools.people.get(PersonKey(key)), purpose)
            if isinstance(found, Reached) and found.number in numbers:
                found = Left.SAME_NUMBER
            if isinstance(found, Reached):
                reached.append(found)
                numbers.add(found.number)
            else:
                left[found] += 1
            tell(done)
        return Survey(reached, left)

    def look(self, person: Person | None, purpose: Purpose) -> Reached | Left:
        """Return where somebody gets a notice at this moment, or why he does not."""
        if person is None or not person.enabled:
            return Left.GONE
        contacts = self._tools.book.of(person.key)
        chosen = choose([one.state for one in contacts])
        if isinstance(chosen, Left):
            return chosen
        return self._reached(person, contacts[chosen], purpose)

    def send(
        self,
        author: Author,
        notice: Notice,
        reached: Iterable[Reached],
        tell: Tell = int,
        claim: Claim | None = None,
    ) -> int:
        """Queue a notice for people; return how many were new to it. Delivery begins with the first ones.

        Args:
            author: Who sends it.
            notice: What is sent.
            reached: To whom.
            tell: Is told how many are queued.
            claim: Called first within the transaction that begins the notice; what it raises ends both. Without one
                the notice is an operator's.

        Raises:
            ConflictError: A notice of that name was cancelled, is of another kind, or is somebody else's.
            InvalidInputError: The name or a text cannot be used; those queued before stay.
        """
        tools, expires_at = self._tools, self._tools.clock.now() + notice.life
        with tools.database.write() as session:
            is_new = claim is not None and claim(session)
            self.begin(session, author, notice, expires_at, is_new=is_new)
            # Only now: a program that took the name meanwhile has been waited for.
            if claim is None and session.execute(_OF_PROGRAM, {"w_name": notice.name}).first() is not None:
                raise ConflictError("A program has sent a notice of this name; take another one.")
        before = self._count(notice.name)
        drafts = (self._draft(notice, one, expires_at) for one in reached)
        enqueue_many(tools.database, tools.outbox, drafts, tell=tell, admit=self._admit)
        return self._count(notice.name) - before

    def begin(
        self, session: Session, author: Author, notice: Notice, expires_at: datetime, *, is_new: bool = False
    ) -> None:
        """Write within the caller's transaction that a notice is sent.

        Raises:
            ConflictError: A notice of that name was cancelled, or is of another kind; or, if it has to be a new one,
                there is one.
            InvalidInputError: The name cannot be used.
        """
        values = {
            "name": checked_name(notice.name),
            "purpose": notice.purpose.value,
            "author": author.login,
            "created_at": self._tools.clock.now(),
            "expires_at": expires_at,
            "cancelled_at": None,
        }
        made = session.execute(self._new, values).first() is not None
        same = _OPEN.where(_n.purpose == notice.purpose.value)
        if (is_new and not made) or session.execute(same, {"w_name": notice.name}).first() is None:
            raise ConflictError("There was a notice of this name; take another one.")
        self._tools.audit.record(session, author.entry(AuditTag.NOTICE_SENT, details={"notice": notice.name}))

    def queue(self, session: Session, notice: Notice, one: Reached, expires_at: datetime) -> bool:
        """Write the text for one person within the caller's transaction; False when he gets none any more."""
        draft = self._draft(notice, one, expires_at)
        if not self._admit(session, draft):
            return False
        self._tools.outbox.enqueue(session, draft)
        return True

    def closes_at(self, session: Session, name: str) -> datetime | None:
        """Return when a notice expires; None when it was cancelled or forgotten, and nothing may follow."""
        return cast("datetime | None", session.execute(_CLOSES, {"w_name": name}).scalar_one_or_none())

    def purge(self) -> int:
        """Forget notices that ended long ago, and whom they went to; return how many."""
        old = _n.expires_at < self._tools.clock.now() - self._kept
        with self._tools.database.write() as session:
            names = select(_n.name).where(old)
            session.execute(delete(_RECIPIENT).where(_RECIPIENT.c.notice.in_(names)))
            # A name that is given anew must not be that of a program still.
            session.execute(delete(PROGRAM_NOTICE).where(PROGRAM_NOTICE.c.name.in_(names)))
            return rowcount(session.execute(delete(_NOTICE).where(old)))

    def _reached(self, person: Person, contact: Contact, purpose: Purpose) -> Reached | Left:
        if self._countries and contact.country not in self._countries:
            return Left.COUNTRY
        try:
            number = self._tools.book.number_of(contact)
        except SealBrokenError:
            return Left.UNREADABLE
        if self._tools.suppressions.forbids_now(Consignment(purpose, number, groups=comparable(person.groups))):
            return Left.OPTED_OUT
        return Reached(person, contact, number)

    def _draft(self, notice: Notice, one: Reached, expires_at: datetime) -> Draft:
        return Draft(
            id=self._tools.vault.new_id(),
            purpose=notice.purpose,
            recipient=one.number,
            text=notice.text(one),
            expires_at=expires_at,
            reference=reference_of(notice.name),
            person_key=one.person.key,
            login=one.person.login,
            groups=one.person.groups,
        )

    def _admit(self, session: Session, draft: Draft) -> bool:
        """Let a text pass once for each person and number, while its notice is open and its contact still live."""
        name = draft.reference.partition(":")[2]
        if session.execute(_OPEN, {"w_name": name}).first() is None:
            return False
        if not self._tools.book.is_live(session, draft.person_key, str(draft.recipient)):
            return False
        number = self._tools.suppressions.hash_of(str(draft.recipient))
        once = {"notice": name, "person_key": draft.person_key, "recipient_hash": number}
        return session.execute(self._once, once).first() is not None

    def _count(self, name: str) -> int:
        with self._tools.database.read() as session:
            query = select(func.count()).where(_RECIPIENT.c.notice == name)
            return int(session.execute(query).scalar_one())
