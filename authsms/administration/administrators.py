"""Administrators: who is one, what he may do, and how the first one comes in.

A password alone never opens the portal, with one exception: on a new server no text can be sent yet. Whoever has the
command line may let one administrator in by password for a day (`open_setup`). The first sign-in with two factors ends
that for good; nothing that can be done in the portal opens it again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from authsms.administration.actors import Actor
from authsms.administration.models import AdministratorRow
from authsms.administration.rights import Right, Role
from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError, gettext_noop
from authsms.identity.repository import Person
from authsms.logon.factors import has_two_factors
from authsms.logon.seed import ADMIN_EVENT, SETUP_EVENT
from authsms.logon.sessions import LoginSession

SETUP_LASTS = timedelta(hours=24)
_CHANGED = gettext_noop("Somebody else has changed this administrator; load the page again.")


@dataclass(frozen=True, slots=True)
class Administrator:
    """An administrator as he is listed.

    Attributes:
        version: For `Administrators.change`, so that nobody overwrites what he has not seen.
        setup_until: Until then a password alone lets him in; None normally.
    """

    person_key: str
    login: str
    display_name: str
    roles: frozenset[Role]
    version: int
    changed_at: datetime
    changed_by: str
    setup_until: datetime | None = None


class Administrators:
    """Knows and changes who administers this server."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    def actor_for(self, session: LoginSession) -> Actor | None:
        """Return who acts in a login session, or None when it does not open the portal.

        It must have been opened at the portal's own event, by an administrator, with two factors; with one during his
        set-up.
        """
        if session.event not in {ADMIN_EVENT, SETUP_EVENT}:
            return None
        now = self._clock.now()
        with self._database.read() as reading:
            row = reading.get(AdministratorRow, session.person_key)
        if row is None:
            return None
        if has_two_factors(session.methods):
            self._end_setup(row)
        elif row.setup_until is None or row.setup_until <= now:
            return None
        return Actor(
            row.person_key,
            row.login,
            row.display_name,
            _roles(row),
            session.id,
            now - session.authenticated_at,
            session.address,
        )

    def list(self, actor: Actor) -> Sequence[Administrator]:
        """Return all administrators by login.

        Raises:
            ForbiddenError: He may not see them.
        """
        actor.require(Right.ADMINISTRATORS_SEE)
        return self.all()

    def all(self) -> Sequence[Administrator]:
        """Return all administrators by login, for the command line."""
        with self._database.read() as session:
            rows = session.scalars(select(AdministratorRow).order_by(AdministratorRow.login))
            return [_view(row) for row in rows]

    def is_setting_up(self) -> bool:
        """Return whether a password alone still lets somebody in."""
        with self._database.read() as session:
            latest = session.scalar(select(func.max(AdministratorRow.setup_until)))
        return latest is not None and latest > self._clock.now()

    def change(self, actor: Actor, person: Person, roles: Iterable[Role], *, expected_version: int) -> Administrator:
        """Give *person* exactly these roles; version 0 stands for somebody who is no administrator yet.

        Raises:
            ForbiddenError, ProofNeededError: As `Actor.require`.
            InvalidInputError: No role; or the last full administrator, or the actor himself, would lose his.
            ConflictError: Somebody else was faster.
        """
        actor.require(Right.ADMINISTRATORS_EDIT)
        wanted = frozenset(roles)
        if person.key == actor.person_key and Role.ADMINISTRATOR not in wanted and Role.ADMINISTRATOR in actor.roles:
            raise InvalidInputError("You cannot take this role from yourself; somebody else can.", field="roles")
        return self._store(person.key, person.login, person.display_name, wanted, actor, expected_version)

    def remove(self, actor: Actor, person_key: str) -> None:
        """Take all roles from somebody.

        Raises:
            ForbiddenError, ProofNeededError: As `Actor.require`.
            NotFoundError: He is no administrator.
            InvalidInputError: It is the actor himself, or the last full administrator.
        """
        actor.require(Right.ADMINISTRATORS_EDIT)
        if person_key == actor.person_key:
            raise InvalidInputError("You cannot remove yourself; ask another administrator.")
        with self._database.write() as session:
            row = session.get(AdministratorRow, person_key, with_for_update=True)
            if row is None:
                raise NotFoundError("There is no such administrator.")
            _keep_one(session, person_key)
            session.delete(row)
            self._note(session, AuditTag.ADMINISTRATOR_REMOVED, row.login, actor, ())

    def grant(self, person: Person, roles: Iterable[Role]) -> Administrator:
        """Give *person* exactly these roles, on the word of whoever has the command line."""
        return self._store(person.key, person.login, person.display_name, frozenset(roles), None, None)

    def open_setup(self, person_key: str) -> datetime:
        """Let an administrator in by password alone for a day, on the word of the command line; return until when.

        Raises:
            NotFoundError: He is no administrator.
        """
        until = self._clock.now() + SETUP_LASTS
        with self._database.write() as session:
            row = session.get(AdministratorRow, person_key, with_for_update=True)
            if row is None:
                raise NotFoundError("There is no such administrator.")
            row.setup_until = until
            entry = AuditEntry(AuditTag.ADMINISTRATOR_SETUP_OPENED, person_key=person_key, login=row.login)
            self._audit.record(session, entry)
        return until

    def _store(
        self,
        person_key: str,
        login: str,
        name: str,
        roles: frozenset[Role],
        actor: Actor | None,
        expected: int | None,
    ) -> Administrator:
        if not roles:
            raise InvalidInputError("Choose at least one role.", field="roles")
        with self._database.write() as session:
            row = session.get(AdministratorRow, person_key, with_for_update=True)
            if expected is not None and expected != (row.version if row else 0):
                raise ConflictError(_CHANGED)
            if row is None:
                row = AdministratorRow(person_key=person_key, version=0, setup_until=None)
                session.add(row)
            elif Role.ADMINISTRATOR in _roles(row) and Role.ADMINISTRATOR not in roles:
                _keep_one(session, person_key)
            row.login, row.display_name, row.roles = login, name, sorted(roles)
            row.version += 1
            row.changed_at, row.changed_by = self._clock.now(), actor.login if actor else "command line"
            self._note(session, AuditTag.ADMINISTRATOR_CHANGED, login, actor, row.roles)
        return _view(row)

    def _end_setup(self, row: AdministratorRow) -> None:
        if row.setup_until is None:
            return
        with self._database.write() as session:
            found = session.get(AdministratorRow, row.person_key, with_for_update=True)
            if found is not None:
                found.setup_until = None

    def _note(self, session: Session, tag: AuditTag, login: str, actor: Actor | None, roles: Iterable[str]) -> None:
        self._audit.record(
            session,
            AuditEntry(
                tag,
                person_key=actor.person_key if actor else "",
                login=actor.login if actor else "command line",
                address=actor.address if actor else "",
                details={"administrator": login, "roles": ", ".join(roles)},
            ),
        )


def _keep_one(session: Session, leaving: str) -> None:
    """Make sure that somebody else is a full administrator; on PostgreSQL the rows are held until the end."""
    rows = session.scalars(select(AdministratorRow).with_for_update())
    if not any(row.person_key != leaving and Role.ADMINISTRATOR in _roles(row) for row in rows):
        raise InvalidInputError("This is the last full administrator; make another one first.", field="roles")


def _roles(row: AdministratorRow) -> frozenset[Role]:
    return frozenset(Role(role) for role in row.roles if role in set(Role))


def _view(row: AdministratorRow) -> Administrator:
    return Administrator(
        row.person_key,
        row.login,
        row.display_name,
        _roles(row),
        row.version,
        row.changed_at,
        row.changed_by,
        row.setup_until,
    )
