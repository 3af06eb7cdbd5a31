"""The built-in repository: people in this server's own database."""

from typing import Any, Final, cast

from sqlalchemy import Row, Select, String, Table, bindparam, func, or_, select, update
from sqlalchemy import cast as cast_column
from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import InvalidInputError
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.vault import Vault
from authsms.identity.drafts import SHORTEST_PASSWORD, read_password
from authsms.identity.models import LocalGroup, LocalMembership, LocalPerson
from authsms.identity.names import canonical_name, comparable, dialled, is_acceptable_password, visible_part
from authsms.identity.repository import Hits, PasswordChange, PasswordVerdict, Person, Repository

LOCAL = "LOCAL"

# Built once, and on the tables: putting a statement together costs several times what running it does.
_PERSON = cast("Table", LocalPerson.__table__)
_P = _PERSON.c
_GROUP = cast("Table", LocalGroup.__table__).c
_MEMBERSHIP = cast("Table", LocalMembership.__table__).c
_BY_LOGIN: Final[Select[Any]] = select(_PERSON).where(
    _P.repository == bindparam("of_repository"), _P.login_key == bindparam("wanted")
)
_BY_ID: Final[Select[Any]] = select(_PERSON).where(_P.id == bindparam("wanted"))
_SECRET: Final[Select[Any]] = select(_P.repository, _P.password_digest, _P.enabled, _P.must_change).where(
    _P.id == bindparam("wanted")
)
_RENEW: Final = (
    update(_PERSON)
    .where(_P.id == bindparam("wanted"), _P.password_digest == bindparam("old_digest"))
    .values(password_digest=bindparam("new_digest"), must_change=False)
)
_GROUPS: Final[Select[Any]] = (
    select(_GROUP.name)
    .join(_MEMBERSHIP.group_id.table, _MEMBERSHIP.group_id == _GROUP.id)
    .where(_MEMBERSHIP.person_id == bindparam("wanted"))
)


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
            row = session.execute(_BY_LOGIN, {"of_repository": self.name, "wanted": key}).one_or_none()
            return read_person(session, row) if row else None

    @override
    def get(self, person_id: str) -> Person | None:
        with self._database.read() as session:
            row = session.execute(_BY_ID, {"wanted": person_id}).one_or_none()
            return read_person(session, row) if row and row.repository == self.name else None

    @override
    def search(self, text: str, limit: int) -> Hits:
        wanted, digits = visible_part(text), dialled(text)
        if not wanted:
            return Hits()
        # autoescape: a per cent sign or an underscore that was typed stands for itself.
        matches = [_P.login_key.contains(comparable(wanted), autoescape=True)]
        for column in (_P.display_name, _P.mail):
            matches.append(func.lower(column).contains(wanted.lower(), autoescape=True))
            # SQLite knows no small letters beyond ASCII.
            matches += [column.contains(form, autoescape=True) for form in {wanted, wanted.title()}]
        if digits:
            matches.append(cast_column(_P.phones, String).contains(digits, autoescape=True))
        query = select(_PERSON).where(_P.repository == self.name, or_(*matches)).order_by(_P.login_key).limit(limit + 1)
        with self._database.read() as session:
            rows = session.execute(query).all()
        return Hits(tuple(_as_person(row, frozenset()) for row in rows[:limit]), len(rows) > limit)

    @override
    def check_password(self, person: Person | None, password: str) -> PasswordVerdict:
        return self._judge(person, password)[0]

    @override
    def can_change_password(self, verdict: PasswordVerdict) -> bool:
        return verdict in {PasswordVerdict.RIGHT, PasswordVerdict.MUST_CHANGE}

    @override
    def change_password(self, person: Person, old: str, new: str) -> PasswordChange:
        verdict, old_digest = self._judge(person, old)
        if not self.can_change_password(verdict):
            return PasswordChange.WRONG
        try:
            new_digest = self._vault.hash_password(read_password(new))
        except InvalidInputError:
            return PasswordChange.TOO_SHORT if len(new) < SHORTEST_PASSWORD else PasswordChange.REFUSED
        values = {"wanted": person.id, "old_digest": old_digest, "new_digest": new_digest}
        with self._database.write() as session:
            # Of two changes at once one counts: for the other the old password is another one by now.
            is_changed = rowcount(session.execute(_RENEW, values)) == 1
        return PasswordChange.CHANGED if is_changed else PasswordChange.WRONG

    @override
    def ping(self) -> None:
        self._database.ping()

    def _judge(self, person: Person | None, password: str) -> tuple[PasswordVerdict, str]:
        """Return what is to be said of a password, and the digest it was compared with."""
        if not is_acceptable_password(password):
            return PasswordVerdict.WRONG, ""
        with self._database.read() as session:
            row = session.execute(_SECRET, {"wanted": person.id if person else ""}).one_or_none()
        if row is not None and row.repository != self.name:
            raise ValueError("this person was not found in this repository")
        if not self._vault.verify_password(row.password_digest if row else None, password) or row is None:
            return PasswordVerdict.WRONG, ""
        if not row.enabled:
            return PasswordVerdict.DISABLED, ""
        return PasswordVerdict.MUST_CHANGE if row.must_change else PasswordVerdict.RIGHT, row.password_digest


def read_person(session: Session, row: LocalPerson | Row[Any]) -> Person:
    """Return *row* as a person, with groups."""
    return _as_person(row, frozenset(session.execute(_GROUPS, {"wanted": row.id}).scalars()))


def _as_person(row: LocalPerson | Row[Any], groups: frozenset[str]) -> Person:
    return Person(
        repository=row.repository,
        id=row.id,
        login=row.login,
        display_name=row.display_name,
        phones=tuple(map(PhoneNumber, row.phones)),
        groups=groups,
        mail=row.mail,
        enabled=row.enabled,
    )
