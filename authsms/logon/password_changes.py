"""Changes passwords for people who type the old one: at a sign-in when it is overdue, and on their own page.

A change is charged like a guess, by the counters of the sign-in, before the repository is asked, and given back unless
the old password was wrong; the new one is judged by the repository. What was typed is kept nowhere. The record, the
text to the person and the end of his sessions, of which any may be a thief's, are written at once, in one transaction
of their own: whatever becomes of the sign-in, the password is another one by then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from authsms.audit import AuditEntry, AuditTag, AuditTrail, Detail
from authsms.delivery.account_notices import AccountNotices, Notice
from authsms.foundation.db import Database
from authsms.identity.repository import PasswordChange, Person
from authsms.logon.guesses import Guesses
from authsms.logon.machine import MessageKey
from authsms.logon.sessions import LoginSessions
from authsms.logon.subject import People

TOLD: Final[Mapping[PasswordChange, MessageKey]] = {
    PasswordChange.WRONG: MessageKey.PASSWORD_OLD_WRONG,
    PasswordChange.TOO_SHORT: MessageKey.PASSWORD_TOO_SHORT,
    PasswordChange.USED_BEFORE: MessageKey.PASSWORD_USED_BEFORE,
    PasswordChange.TOO_SOON: MessageKey.PASSWORD_TOO_SOON,
    PasswordChange.REFUSED: MessageKey.PASSWORD_UNFIT,
    PasswordChange.IMPOSSIBLE: MessageKey.PASSWORD_ELSEWHERE,
}
"""What people are told when a password was not changed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody has typed; *again* is the new password once more."""

    old: str = field(repr=False)
    new: str = field(repr=False)
    again: str = field(repr=False)

    @classmethod
    def read(cls, response: Mapping[str, str]) -> "Wish":
        """Return the wish in a response; a door that has compared the new password itself sends it once."""
        new = response.get("new_password", "")
        return cls(response.get("password", response.get("answer", "")), new, response.get("repeated", new))

    def slip(self) -> MessageKey | None:
        """Return what is wrong with it, as far as that can be told without asking anybody."""
        if not self.old or not self.new:
            return MessageKey.PASSWORD_OVERDUE
        if self.new != self.again:
            return MessageKey.PASSWORD_NOT_REPEATED
        return MessageKey.PASSWORD_USED_BEFORE if self.new == self.old else None


class Wisher(Protocol):
    """Who wants a password changed, and from where."""

    @property
    def address(self) -> str:
        """IP address the wish came from."""

    @property
    def locale(self) -> str:
        """Language of the text he is sent."""

    @property
    def session_id(self) -> str:
        """The session in which he wishes it, which goes on; empty at a sign-in: the one it opens has not begun."""

    def entry(self, tag: AuditTag, **details: Detail) -> AuditEntry:
        """Return a record of what he did."""


class PasswordChanges:
    """Changes passwords; safe to share between threads."""

    def __init__(
        self,
        database: Database,
        guesses: Guesses,
        people: People,
        audit: AuditTrail,
        notices: AccountNotices,
        sessions: LoginSessions,
    ) -> None:
        self._database = database
        self._guesses = guesses
        self._people = people
        self._audit = audit
        self._notices = notices
        self._sessions = sessions

    def change(self, person: Person, wish: Wish, wisher: Wisher) -> PasswordChange:
        """Change the password of *person* as wished, and end his other sessions; *wish* holds no slip.

        Raises:
            TooManyRequestsError: A limit is reached; nothing was checked.
            UnavailableError: The repository does not answer; it may have changed the password all the same.
        """
        charged = self._guesses.charge(person.key, wisher.address, lambda: wisher.entry(AuditTag.LOGON_LIMITED))
        tell = self._notices.prepare(person, Notice.PASSWORD_CHANGED, wisher.locale)
        outcome = self._people.change_password(person, wish.old, wish.new)
        with self._database.write() as session:
            if outcome is not PasswordChange.WRONG:
                self._guesses.give_back(session, charged)
            if outcome is PasswordChange.CHANGED:
                self._audit.record(session, wisher.entry(AuditTag.PASSWORD_CHANGED, told=tell(session)))
                self._sessions.end_others_within(session, person.key, keep=wisher.session_id)
            else:
                self._audit.record(session, wisher.entry(AuditTag.PASSWORD_REFUSED, reason=outcome.value))
        return outcome
