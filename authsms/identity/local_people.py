"""Changes the people of a built-in repository, one at a time."""

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, NotFoundError
from authsms.foundation.vault import Vault
from authsms.identity.drafts import PersonDraft, read_groups, read_login, read_mail, read_password, read_shown
from authsms.identity.local import LOCAL, read_person
from authsms.identity.local_store import LocalStore
from authsms.identity.models import LocalMembership, LocalPerson
from authsms.identity.names import comparable
from authsms.identity.repository import Person


class LocalPeople:
    """Makes, changes, removes and lists people; each method is one transaction."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, *, repository: str = LOCAL) -> None:
        self.repository = repository
        self._database = database
        self._vault = vault
        self._store = LocalStore(vault, clock, repository)

    def create(self, draft: PersonDraft) -> Person:
        """Make a new person.

        Raises:
            ConflictError: Somebody has this login already.
            InvalidInputError: A value is unusable.
        """
        checked, digest = self._prepare(draft)
        try:
            with self._database.write() as session:
                if self._store.rows(session, [checked.login]):
                    raise ConflictError("Somebody has this user name already.")
                self._store.write(session, [(checked, digest)])
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
            if not self._store.rows(session, [checked.login]):
                raise NotFoundError("Nobody has this user name.")
            self._store.write(session, [(checked, digest)])
            return self._loaded(session, checked.login)

    def remove(self, person_id: str) -> None:
        """Remove a person.

        Raises:
            NotFoundError: There is no such person.
        """
        with self._database.write() as session:
            if not self.take_out(session, person_id):
                raise NotFoundError("There is no such person.")

    def take_out(self, session: Session, person_id: str) -> bool:
        """Remove a person within the caller's transaction; return False when there is no such person."""
        row = session.get(LocalPerson, person_id)
        if row is None or row.repository != self.repository:
            return False
        session.execute(delete(LocalMembership).where(LocalMembership.person_id == person_id))
        session.delete(row)
        return True

    def must_change(self, person_id: str) -> bool | None:
        """Return whether a person has to change his password at the next sign-in; None when he has none here."""
        with self._database.read() as session:
            row = self._with_password(session, person_id)
            return None if row is None else row.must_change

    def require_change(self, session: Session, person_id: str, *, wanted: bool = True) -> str | None:
        """Have a person change his password at the next sign-in, or not, within the caller's transaction.

        Returns:
            His login; None when it is so already, or he has no password here.
        """
        row = self._with_password(session, person_id)
        if row is None or row.must_change is wanted:
            return None
        row.must_change = wanted
        return row.login

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
            must_change=draft.must_change,
        )
        return checked, None if checked.password is None else self._vault.hash_password(checked.password)

    def _with_password(self, session: Session, person_id: str) -> LocalPerson | None:
        row = session.get(LocalPerson, person_id)
        is_here = row is not None and row.repository == self.repository and row.password_digest is not None
        return row if is_here else None

    def _loaded(self, session: Session, login: str) -> Person:
        return read_person(session, self._store.rows(session, [login])[comparable(login)])
