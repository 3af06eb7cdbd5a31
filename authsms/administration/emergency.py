"""Emergency passwords at the help desk: issued for somebody who cannot be sent a code, shown once, taken back.

Nobody issues one for himself, and one for an administrator takes the right to change administrators. The person is
told by text, where there is a number: whoever has talked the help desk into it shall not stay unnoticed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from authsms.administration.actors import Actor
from authsms.administration.callers import Callers
from authsms.administration.deeds import Whom, guard_administrators, note_deed
from authsms.administration.rights import Right
from authsms.audit import AuditTag, AuditTrail
from authsms.delivery.account_notices import AccountNotices, Notice
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError, gettext_noop
from authsms.identity.repository import Person, PersonKey
from authsms.identity.service import PeopleService
from authsms.logon.emergency import EMERGENCY, EmergencyPassword, EmergencyPasswords
from authsms.otp.failures import FailureCounter

SHORTEST: Final = timedelta(minutes=1)
MOST_USES: Final = 10


@dataclass(frozen=True, slots=True)
class Issued:
    """A password that was just issued; what is shown of it is shown this once.

    Attributes:
        shown: In groups of letters.
        is_told: A text about it is on its way to the person.
    """

    shown: str = field(repr=False)
    login: str
    uses: int
    expires_at: datetime
    is_told: bool


@dataclass(frozen=True, slots=True)
class EmergencyTools:
    """What it takes.

    Attributes:
        is_administrator: Tells whether somebody administers this server.
        longest: Longest life of a password.
    """

    database: Database
    clock: Clock
    audit: AuditTrail
    people: PeopleService
    passwords: EmergencyPasswords
    failures: FailureCounter
    notices: AccountNotices
    callers: Callers
    is_administrator: Callable[[str], bool]
    longest: timedelta


class EmergencyDesk:
    """Issues emergency passwords and takes them back."""

    def __init__(self, tools: EmergencyTools) -> None:
        self._tools = tools

    @property
    def longest(self) -> timedelta:
        """Longest life of a password."""
        return self._tools.longest

    def of(self, actor: Actor, key: str) -> EmergencyPassword | None:
        """Return what a person has, while it is good."""
        actor.require(Right.PEOPLE_SEE)
        return self._tools.passwords.find(key)

    def issue(self, actor: Actor, key: str, lifetime: timedelta, uses: int, locale: str) -> Issued:
        """Issue a password in place of whatever the person had.

        Args:
            actor: Who issues it.
            key: For whom.
            lifetime: How long it is good, at most `longest`.
            uses: How often, 1 to 10.
            locale: Language of the text to the person.

        Raises:
            CallerUnprovenError: The caller has to be proven first.
            ConflictError: The actor means himself.
            InvalidInputError: It would be good for too long or too often.
            NotFoundError: The directory has nobody of this key.
            UnavailableError: The directory does not answer, or there is too much to do.
        """
        actor.require(Right.EMERGENCY_ISSUE)
        self._check(actor, key, lifetime, uses)
        tools = self._tools
        person = tools.people.get(PersonKey(key))
        if person is None:
            raise NotFoundError("There is no such person any more.")
        new, expires_at = tools.passwords.draw(), tools.clock.now() + lifetime
        tell = tools.notices.prepare(person, Notice.EMERGENCY_ISSUED, locale)
        with tools.database.write() as session:
            tools.passwords.store(session, new, key, uses=uses, expires_at=expires_at, by=actor.login)
            # What was typed wrong before was meant for another password.
            tools.failures.forget(session, key, EMERGENCY)
            is_told = tell(session)
            facts = {"uses": uses, "minutes": int(lifetime / SHORTEST), "told": is_told}
            note_deed(session, tools.audit, actor, Whom(key, person.login), AuditTag.EMERGENCY_ISSUED, **facts)
        return Issued(new.shown, person.login, uses, expires_at, is_told)

    def revoke(self, actor: Actor, key: str) -> None:
        """Take back what a person has.

        Raises:
            ConflictError: There is nothing to take back any more.
        """
        actor.require(Right.EMERGENCY_ISSUE)
        tools = self._tools
        guard_administrators(actor, key, tools.is_administrator)
        person = self._known(key)
        with tools.database.write() as session:
            if not tools.passwords.revoke(session, key):
                raise ConflictError(gettext_noop("There is no emergency password any more."))
            whom = Whom(key, person.login if person else "")
            note_deed(session, tools.audit, actor, whom, AuditTag.EMERGENCY_REVOKED)

    def _check(self, actor: Actor, key: str, lifetime: timedelta, uses: int) -> None:
        if key == actor.person_key:
            raise ConflictError(gettext_noop("Nobody issues an emergency password for himself."))
        guard_administrators(actor, key, self._tools.is_administrator)
        if not SHORTEST <= lifetime <= self.longest:
            raise InvalidInputError(gettext_noop("Choose a time within what is allowed."), field="lifetime")
        if not 1 <= uses <= MOST_USES:
            raise InvalidInputError(gettext_noop("Choose 1 to 10 uses."), field="uses")
        self._tools.callers.require(actor, key)

    def _known(self, key: str) -> Person | None:
        try:
            return self._tools.people.get(PersonKey(key))
        except UnavailableError:
            return None
