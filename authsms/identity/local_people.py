"""Changes the people of a built-in repository."""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, NotFoundError
from authsms.foundation.vault import Vault
from authsms.identity.drafts import PersonDraft, read_groups, read_login, read_mail, read_password, read_shown
from authsms.identity.local import LOCAL, read_person
from authsms.identity.models import LocalGroup, LocalMembership, LocalPerson
from authsms.identity.names import comparable
from authsms.identity.repository import Person


class Saved(StrEnum):
    """What became of a draft."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class LocalPeople:
    """Makes, changes and removes people; each method is one transaction unless it is given a session."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, *, repository: str = LOCAL) -> None:
        self.repository = repository
        self._database = database
        self._vault = vault
        self._clock = clock

    def create(self, draft: PersonDraft) -> Person:
        """Make a new person.

        Raises:
            ConflictError: Somebody has this login already.
            InvalidInputError: A value is unusable.
        """
        checked, digest = self._prepare(draft)
        try:
            with self._database.write() as session:
                if self.row(session, checked.login) is not None:
                    raise ConflictError("Somebody has this user name already.")
                self.store(session, checked, digest)
                return self._loaded(session, checked.login)
        except IntegrityError as error:
            raise ConflictError("Somebody has this user name already.") from error

    def change(self, draft: PersonDraft) -> Person:
        """Change the person with the draft's login; what is None in it stays.

        Raises:
            NotFoundError: Nobody has this login.
            InvalidInputError: A value is unusable.
        """
        checked, digest = self._prepare(draft)
        with self._database.write() as session:
            if self.row(session, checked.login) is None:
                raise NotFoundError("Nobody has this user name.")
            self.store(session, checked, digest)
            return self._loaded(session, checked.login)

    def remove(self, person_id: str) -> None:
        """Remove a person.

        Raises:
            NotFoundError: There is no such person.
        """
        with self._database.write() as session:
            row = session.get(LocalPerson, person_id)
            if row is None or row.repository != self.repository:
                raise NotFoundError("There is no such person.")
            session.execute(delete(LocalMembership).where(LocalMembership.person_id == person_id))
            session.delete(row)

    def list(self, *, limit: int = 100, after: str = "") -> list[Person]:
        """Return people by login, those after the login *after*."""
        query = (
            select(LocalPerson)
            .where(LocalPerson.repository == self.repository, LocalPerson.login_key > comparable(after))
            .order_by(LocalPerson.login_key)
            .limit(limit)
        )
        with self._database.read() as session:
            return [read_person(session, row) for row in session.scalars(query)]

    def count(self) -> int:
        """Return how many people there are."""
        query = select(func.count()).select_from(LocalPerson).where(LocalPerson.repository == self.repository)
        with self._database.read() as session:
            return session.execute(query).scalar_one()

    def row(self, session: Session, login: str) -> LocalPerson | None:
        """Return the row of the person with *login*."""
        return session.scalars(
            select(LocalPerson).where(
                LocalPerson.repository == self.repository, LocalPerson.login_key == comparable(login)
            )
        ).one_or_none()

    def store(self, session: Session, draft: PersonDraft, digest: str | None) -> Saved:
        """Write a checked *draft* within the caller's transaction; *digest* None keeps the password."""
        row = self.row(session, draft.login)
        outcome = Saved.UNCHANGED
        if row is None:
            row, outcome = self._new_row(draft), Saved.CREATED
            session.add(row)
        changed = _write(row, draft, digest)
        session.flush()
        if draft.groups is not None:
            changed |= self._write_groups(session, row.id, draft.groups)
        if changed and outcome is Saved.UNCHANGED:
            outcome = Saved.UPDATED
            row.changed_at = self._clock.now()
        return outcome

    def _prepare(self, draft: PersonDraft) -> tuple[PersonDraft, str | None]:
        """Return *draft* checked, and the digest of its password; hashing happens outside transactions."""
        checked = PersonDraft(
            login=read_login(draft.login),
            display_name=None if draft.display_name is None else read_shown(draft.display_name),
            phones=draft.phones,
            mail=None if draft.mail is None else read_mail(draft.mail),
            groups=None if draft.groups is None else read_groups(draft.groups),
            password=None if draft.password is None else read_password(draft.password),
            enabled=draft.enabled,
        )
        return checked, None if checked.password is None else self._vault.hash_password(checked.password)

    def _loaded(self, session: Session, login: str) -> Person:
        row = self.row(session, login)
        if row is None:
            raise NotFoundError("Nobody has this user name.")
        return read_person(session, row)

    def _new_row(self, draft: PersonDraft) -> LocalPerson:
        now = self._clock.now()
        return LocalPerson(
            id=self._vault.new_id(),
            repository=self.repository,
            login=draft.login,
            login_key=comparable(draft.login),
            display_name=draft.login[:200],
            mail="",
            phones=[],
            password_digest=None,
            enabled=True,
            created_at=now,
            changed_at=now,
        )

    def _write_groups(self, session: Session, person_id: str, names: Iterable[str]) -> bool:
        wanted = {self._group_id(session, name) for name in names}
        present = set(session.scalars(select(LocalMembership.group_id).where(LocalMembership.person_id == person_id)))
        if present - wanted:
            session.execute(
                delete(LocalMembership).where(
                    LocalMembership.person_id == person_id, LocalMembership.group_id.in_(present - wanted)
                )
            )
        session.add_all(LocalMembership(person_id=person_id, group_id=group_id) for group_id in wanted - present)
        session.flush()
        return wanted != present

    def _group_id(self, session: Session, name: str) -> str:
        key = comparable(name)[:200]
        found = session.scalars(
            select(LocalGroup.id).where(LocalGroup.repository == self.repository, LocalGroup.name_key == key)
        ).one_or_none()
        if found is not None:
            return found
        group = LocalGroup(id=self._vault.new_id(), repository=self.repository, name=name, name_key=key)
        session.add(group)
        session.flush()
        return group.id


def _write(row: LocalPerson, draft: PersonDraft, digest: str | None) -> bool:
    """Write what *draft* says into *row*; return whether anything differs now."""
    wanted = {
        "display_name": draft.display_name,
        "mail": draft.mail,
        "phones": None if draft.phones is None else list(draft.phones),
        "password_digest": digest,
        "enabled": draft.enabled,
    }
    changed = False
    for name, value in wanted.items():
        if value is not None and getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed
