"""What programs may do with the contacts of people: see them masked, name a number, and take one away.

A number that a program names is texted nothing before its owner has ticked the consent and typed the code, as if he
had named it himself. Taking one away only ever ends texts; a live number is told of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from sqlalchemy import select

from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ContactKind
from authsms.contacts.book import ContactBook
from authsms.contacts.entries import CONTACT, Contact, contact_of
from authsms.delivery.account_notices import AccountNotices, Notice
from authsms.foundation.db import Database
from authsms.foundation.errors import NotFoundError
from authsms.foundation.phone import parse_phone
from authsms.identity.repository import Person, PersonKey

NOBODY: Final = "Nobody is called that."


@dataclass(frozen=True, slots=True)
class Program:
    """A program that calls.

    Attributes:
        address: Where its request came from.
    """

    endpoint_id: str
    name: str
    address: str

    @property
    def author(self) -> Author:
        """How the audit trail names it."""
        return Author(self.name, address=self.address, endpoint=self.name)


class Directory(Protocol):
    """Knows people."""

    def find(self, login: str) -> Person | None:
        """Return the person with this user name, as of now."""

    def get(self, key: PersonKey) -> Person | None:
        """Return the person with that key, as of now."""


class ProgramContacts:
    """Contacts of people, for programs.

    Args:
        database: Where contacts are.
        people: Who is called what.
        book: Keeps contacts.
        notices: Tell a number that it was taken away.
        region: ISO 3166 country of numbers without a country code.
    """

    def __init__(
        self, database: Database, people: Directory, book: ContactBook, notices: AccountNotices, *, region: str
    ) -> None:
        self._database = database
        self._people = people
        self._book = book
        self._notices = notices
        self._region = region

    def of(self, user_name: str) -> Sequence[Contact]:
        """Return the contacts of a person in his order.

        Raises:
            NotFoundError: Nobody is called that.
        """
        return self._book.of(self._person(user_name).key)

    def add(self, program: Program, user_name: str, kind: ContactKind, typed: str) -> Contact:
        """Name a number of a person; it is texted nothing yet.

        Raises:
            NotFoundError: Nobody is called that.
            InvalidInputError: It is no number.
            ConflictError: The person has it already, or as many as anybody may.
        """
        person = self._person(user_name)
        owner = replace(program.author, login=person.login, person_key=person.key)
        number = parse_phone(typed, default_region=self._region)
        return self._book.find(person.key, self._book.add(owner, kind, number))

    def remove(self, program: Program, contact_id: str) -> None:
        """Take a contact away; what was agreed about it stays on record.

        Raises:
            NotFoundError: There is no such contact.
        """
        contact = self._find(contact_id)
        person = self._people.get(PersonKey(contact.person_key)) if contact.is_live else None
        tell = self._notices.prepare(
            person, Notice.CONTACT_REMOVED, contact.locale or "en", to=self._book.number_of(contact)
        )
        owner = replace(program.author, login=contact.login, person_key=contact.person_key)
        self._book.remove(owner, contact_id, tell=lambda session, old: old.sealed == contact.sealed and tell(session))

    def _person(self, user_name: str) -> Person:
        person = self._people.find(user_name)
        if person is None:
            raise NotFoundError(NOBODY)
        return person

    def _find(self, contact_id: str) -> Contact:
        with self._database.read() as session:
            row = session.execute(select(CONTACT).where(CONTACT.c.id == contact_id)).one_or_none()
        if row is None:
            raise NotFoundError("There is no such contact.")
        return contact_of(row)
