"""The built-in repository: people in this server's own database."""

from sqlalchemy import select
from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.foundation.db import Database
from authsms.foundation.errors import InvalidInputError
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.vault import Vault
from authsms.identity.models import LocalGroup, LocalMembership, LocalPerson
from authsms.identity.names import canonical_name, comparable, is_acceptable_password
from authsms.identity.repository import PasswordVerdict, Person, Repository

LOCAL = "LOCAL"


class LocalRepository(Repository):
    """Reads people of one built-in repository; `LocalPeople` writes them.

    Args:
        name: Name of the repository, and of the part of the tables that belongs to it.
    """

    def __init__(self, name: str, database: Database, vault: Vault) -> None:
        super().__init__(name)
        self._database = database
        self._vault = vault

    @override
    def find(self, login: str) -> Person | None:
        try:
            key = comparable(canonical_name(login))
        except InvalidInputError:
            return None
        with self._database.read() as session:
            row = session.scalars(
                select(LocalPerson).where(LocalPerson.repository == self.name, LocalPerson.login_key == key)
            ).one_or_none()
            return read_person(session, row) if row else None

    @override
    def get(self, person_id: str) -> Person | None:
        with self._database.read() as session:
            row = session.get(LocalPerson, person_id)
            return read_person(session, row) if row and row.repository == self.name else None

    @override
    def check_password(self, person: Person | None, password: str) -> PasswordVerdict:
        if not is_acceptable_password(password):
            return PasswordVerdict.WRONG
        with self._database.read() as session:
            row = session.get(LocalPerson, person.id if person else "")
        if row is not None and row.repository != self.name:
            raise ValueError("this person was not found in this repository")
        if not self._vault.verify_password(row.password_digest if row else None, password) or row is None:
            return PasswordVerdict.WRONG
        return PasswordVerdict.RIGHT if row.enabled else PasswordVerdict.DISABLED

    @override
    def ping(self) -> None:
        self._database.ping()


def read_person(session: Session, row: LocalPerson) -> Person:
    """Return *row* as a person, with groups."""
    groups = session.scalars(
        select(LocalGroup.name)
        .join(LocalMembership, LocalMembership.group_id == LocalGroup.id)
        .where(LocalMembership.person_id == row.id)
    )
    return Person(
        repository=row.repository,
        id=row.id,
        login=row.login,
        display_name=row.display_name,
        phones=tuple(map(PhoneNumber, row.phones)),
        groups=frozenset(groups),
        mail=row.mail,
        enabled=row.enabled,
    )
