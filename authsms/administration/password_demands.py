"""Has people of the built-in repository change their password at the next sign-in."""

from collections.abc import Callable

from authsms.administration.actors import Actor
from authsms.administration.deeds import Whom, guard_administrators, note_deed
from authsms.administration.rights import Right
from authsms.audit import AuditTag, AuditTrail
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, gettext_noop
from authsms.identity.local_people import LocalPeople
from authsms.identity.repository import PersonKey, split_key
from authsms.logon.sessions import LoginSessions


class PasswordDemands:
    """Demands changes of passwords; whoever's password a directory keeps is told there.

    Args:
        sessions: Those of the person end with a demand: the password may be known to somebody else.
        is_administrator: Tells whether somebody administers this server.
    """

    def __init__(
        self,
        database: Database,
        audit: AuditTrail,
        local: LocalPeople,
        sessions: LoginSessions,
        is_administrator: Callable[[str], bool],
    ) -> None:
        self._database = database
        self._audit = audit
        self._local = local
        self._sessions = sessions
        self._is_administrator = is_administrator

    def of(self, actor: Actor, key: str) -> bool | None:
        """Return whether a person has to change the password; None when it is not kept here, or there is none."""
        actor.require(Right.PEOPLE_SEE)
        person_id = self._person_id(key)
        return self._local.must_change(person_id) if person_id else None

    def make(self, actor: Actor, key: str) -> None:
        """Have a person change the password at the next sign-in, and end the sessions he has.

        Raises:
            ConflictError: He has to already, or has no password here.
        """
        actor.require(Right.PEOPLE_ACT)
        guard_administrators(actor, key, self._is_administrator)
        with self._database.write() as session:
            login = self._local.require_change(session, self._person_id(key))
            if login is None:
                raise ConflictError(gettext_noop("There is nothing to demand any more."))
            note_deed(session, self._audit, actor, Whom(key, login), AuditTag.PASSWORD_CHANGE_DEMANDED)
        self._sessions.end_all(key)

    def _person_id(self, key: str) -> str:
        repository, person_id = split_key(PersonKey(key))
        return person_id if repository == self._local.repository else ""
