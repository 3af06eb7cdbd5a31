"""Contacts and consents for administrators: what somebody has agreed to, and all of it as a table.

Nobody but its owner can make a contact live here, and nobody sees a whole number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from authsms.administration.actors import PROOF_LASTS, Actor
from authsms.administration.messages_export import line
from authsms.administration.rights import Right
from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.contacts.book import ContactBook
from authsms.contacts.consents import Consent, ConsentLedger
from authsms.contacts.entries import Contact
from authsms.foundation.db import Database
from authsms.foundation.errors import ProofNeededError

_AT_ONCE: Final = 500
_COLUMNS: Final = (
    *("id", "recorded_at", "person", "login", "number", "act"),
    *("wording", "source", "address", "stated_at"),
)


@dataclass(frozen=True, slots=True)
class ContactFile:
    """The contacts of a person in his order, and what he has agreed to and taken back, newest first."""

    contacts: Sequence[Contact]
    consents: Sequence[Consent]


class ContactDesk:
    """Shows contacts and consents to whoever may see contacts."""

    def __init__(self, database: Database, audit: AuditTrail, book: ContactBook, consents: ConsentLedger) -> None:
        self._database = database
        self._audit = audit
        self._book = book
        self._consents = consents

    def file(self, actor: Actor, person_key: str) -> ContactFile:
        """Return the contacts of a person and their history.

        Raises:
            ForbiddenError: The actor may not see contacts.
        """
        actor.require(Right.CONTACTS_SEE)
        return ContactFile(self._book.of(person_key), self._consents.of(person_key))

    def export(self, actor: Actor) -> Iterator[str]:
        """Return every consent record as lines of CSV, oldest first; recorded before the first one.

        Raises:
            ForbiddenError: As `file`.
            ProofNeededError: So much at once is only given to somebody who has just proven who he is.
        """
        actor.require(Right.CONTACTS_SEE)
        if actor.proof_age > PROOF_LASTS:
            raise ProofNeededError("Sign in again to export consents.")
        with self._database.write() as session:
            author = Author(actor.login, actor.person_key, actor.address)
            self._audit.record(session, author.entry(AuditTag.CONSENTS_EXPORTED))
        return consents_written(self._consents)


def consents_written(consents: ConsentLedger) -> Iterator[str]:
    """Yield all records as lines of CSV, oldest first; they are read as they are asked for."""
    yield line(_COLUMNS)
    after = 0
    while found := consents.portion(after=after, size=_AT_ONCE):
        yield from map(_row, found)
        after = found[-1].id


def _row(one: Consent) -> str:
    told = (one.wording, one.source, one.address, _moment(one.stated_at))
    return line((str(one.id), _moment(one.at), one.person_key, one.login, one.masked, one.act.value, *told))


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
