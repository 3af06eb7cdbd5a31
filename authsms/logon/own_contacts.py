"""Contacts of one's own, as far as a thief with an open session could do harm: adding, changing and removing one.

Changing a number and removing one ask for a sign-in with two factors that happened just now, and a number that was
texted until then is told of it. Ending texts asks for nothing: whoever wants none shall not be held up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ContactKind
from authsms.contacts.book import ALREADY, ContactBook
from authsms.contacts.entries import Contact
from authsms.delivery.account_notices import AccountNotices, Notice
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError
from authsms.foundation.limits import Limits, Rate
from authsms.foundation.phone import PhoneNumber
from authsms.identity.repository import PersonKey
from authsms.logon.holder import Holder
from authsms.logon.subject import People

ADDITIONS: Final = Rate(20, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class OwnContacts:
    """Does for people what they may only do with their contacts right after a sign-in."""

    database: Database
    limits: Limits
    book: ContactBook
    people: People
    notices: AccountNotices

    def add(self, holder: Holder, kind: ContactKind, number: PhoneNumber) -> str:
        """Add a contact behind the others and return its id; it is texted nothing yet.

        Raises:
            ConflictError: The person has it already, or as many as anybody may.
            TooManyRequestsError: That was done too often.
        """
        with self.database.write() as session:
            # First of all: its row keeps another one of the same person waiting, so that they are counted right.
            self.limits.take(holder.limit_key("contacts"), ADDITIONS, session=session)
            contact_id = self.book.insert(session, _author(holder), kind, number)
            if contact_id is None:
                raise ConflictError(ALREADY)
        return contact_id

    def change(self, holder: Holder, contact_id: str, kind: ContactKind, number: PhoneNumber | None) -> bool:
        """Change what sort a contact is, and its number unless it is None; return whether the number is another.

        Raises:
            ProofNeededError: He must prove again who he is, because there is a number.
            ConflictError: The new number is another contact of the person.
            NotFoundError: He has no such contact.
            UnavailableError: The directory does not answer; nothing was changed.
        """
        owner = _author(holder)
        if number is None:
            return self.book.change(owner, contact_id, kind, None)
        tell = self._teller(holder, contact_id, Notice.CONTACT_CHANGED)
        return self.book.change(owner, contact_id, kind, number, tell=tell)

    def remove(self, holder: Holder, contact_id: str) -> None:
        """Forget a contact; what was agreed about it stays on record.

        Raises:
            ProofNeededError: He must prove again who he is.
            NotFoundError: He has no such contact.
            UnavailableError: The directory does not answer; nothing was removed.
        """
        tell = self._teller(holder, contact_id, Notice.CONTACT_REMOVED)
        self.book.remove(_author(holder), contact_id, tell=tell)

    def _teller(self, holder: Holder, contact_id: str, notice: Notice) -> Callable[[Session, Contact], object]:
        """Return what texts the number that a contact has now; directory and sender policy are asked before."""
        contact = self.book.find(holder.person_key, contact_id)
        holder.require_proof()
        person = self.people.get(PersonKey(holder.person_key)) if contact.is_live else None
        tell = self.notices.prepare(person, notice, contact.locale or holder.locale, to=self.book.number_of(contact))
        return lambda session, old: old.sealed == contact.sealed and tell(session)


def _author(holder: Holder) -> Author:
    return Author(holder.login, holder.person_key, holder.address)
