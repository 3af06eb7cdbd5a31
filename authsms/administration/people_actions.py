"""What a help desk may do for, or against, a person: each deed stands in the trail of both, who did it and whom to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from authsms.administration.actors import Actor
from authsms.administration.callers import CALLER, Callers
from authsms.administration.deeds import Whom, guard_administrators, note_deed
from authsms.administration.rights import Right
from authsms.audit import AuditTag, AuditTrail, Detail
from authsms.delivery.account_notices import AccountNotices, Notice
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError
from authsms.identity.repository import Person, PersonKey
from authsms.identity.service import PeopleService
from authsms.logon.blocks import Blocks
from authsms.logon.emergency import EMERGENCY
from authsms.logon.enrollment import Enrollments
from authsms.logon.numbers import NumberWatch
from authsms.logon.passkeys import PASSKEY, Passkeys
from authsms.logon.recovery import RECOVERY_CODE, RecoveryCodes
from authsms.logon.sessions import LoginSessions
from authsms.otp.bound_numbers import SMS_OTP
from authsms.otp.failures import FailureCounter, Standing

_LONGEST_REASON: Final = 300
_REMOVALS: Final = {
    RECOVERY_CODE: (AuditTag.RECOVERY_CODES_REMOVED, Notice.RECOVERY_CODES_REMOVED_FOR),
    PASSKEY: (AuditTag.PASSKEY_REMOVED, Notice.PASSKEYS_REMOVED_FOR),
}


@dataclass(frozen=True, slots=True)
class ActionTools:
    """What the actions work with.

    Attributes:
        callers: Knows which callers have been proven.
        enrollments: Knows what people have set up.
        codes: Keeps their recovery codes.
        passkeys: Keeps their passkeys.
        notices: Tells them what was done.
        is_administrator: Tells whether somebody administers this server.
    """

    database: Database
    audit: AuditTrail
    people: PeopleService
    failures: FailureCounter
    numbers: NumberWatch
    sessions: LoginSessions
    blocks: Blocks
    callers: Callers
    enrollments: Enrollments
    codes: RecoveryCodes
    passkeys: Passkeys
    notices: AccountNotices
    is_administrator: Callable[[str], bool]


class PeopleActions:
    """Acts for whoever may act on people; every method raises `ForbiddenError` for others."""

    def __init__(self, tools: ActionTools) -> None:
        self._tools = tools

    def unlock(self, actor: Actor, key: str, method: str) -> None:
        """Let somebody try a method again at once after wrong answers.

        Raises:
            CallerUnprovenError: The caller has to be proven first.
            ConflictError: There is nothing to unlock, or the method has to be bound again.
        """
        actor.require(Right.PEOPLE_ACT)
        self._guard(actor, key)
        self._assure(actor, key, method)
        login = self._login(key)
        with self._tools.database.write() as session:
            if self._standing(session, key, method).disabled:
                raise ConflictError("This method is switched off for good; bind it again.")
            self._forget(session, key, method)
            self._note(session, actor, key, login, AuditTag.METHOD_UNLOCKED, method=method)

    def rebind(self, actor: Actor, key: str, method: str, locale: str = "en") -> None:
        """Bind a method again that too many wrong answers have switched off, and tell its owner.

        Raises:
            CallerUnprovenError: As `unlock`.
            ConflictError: It is not switched off any more.
        """
        actor.require(Right.METHODS_RESET)
        self._guard(actor, key)
        self._assure(actor, key, method)
        person = self._person(key)
        login = person.login if person else self._login(key)
        tell = self._tools.notices.prepare(person, Notice.METHOD_RESTORED, locale)
        with self._tools.database.write() as session:
            if not self._standing(session, key, method).disabled:
                raise ConflictError("This method is not switched off.")
            self._forget(session, key, method)
            self._note(session, actor, key, login, AuditTag.METHOD_REBOUND, method=method)
            if method != CALLER:
                tell(session)

    def release_number(self, actor: Actor, key: str, number: str) -> None:
        """Let codes go at once to a number that was changed and waits.

        That the caller was proven is not asked: a code to the new number would prove nothing.

        Args:
            actor: Who vouches for the number.
            key: Whose it is.
            number: `Change.number` as the actor was shown it.

        Raises:
            ConflictError: This number does not wait any more, or the actor means himself.
            UnavailableError: The directory does not answer.
        """
        actor.require(Right.METHODS_RESET)
        if key == actor.person_key:
            raise ConflictError("Nobody releases a number for himself.")
        self._guard(actor, key)
        person = self._tools.people.get(PersonKey(key))
        with self._tools.database.write() as session:
            released = person and self._tools.numbers.release(session, person, number)
            if person is None or not released:
                raise ConflictError("This number does not wait any more.")
            self._note(session, actor, key, person.login, AuditTag.NUMBER_RELEASED, new=released.new)

    def remove_own_number(self, actor: Actor, key: str, locale: str) -> None:
        """Let codes go to the number of the repository again, tell the number that somebody had given himself.

        He is signed out everywhere. A number that was changed in the repository meanwhile waits, like any change.

        Raises:
            CallerUnprovenError: As `unlock`.
            ConflictError: He has given none, or the actor means himself.
            UnavailableError: The directory does not answer.
        """
        actor.require(Right.METHODS_RESET)
        if key == actor.person_key:
            raise ConflictError("You remove your own on the page of your account.")
        self._guard(actor, key)
        self._assure(actor, key, SMS_OTP)
        people = self._tools.people
        person, listed = people.get(PersonKey(key)), people.listed(PersonKey(key))
        tell = self._tools.notices.prepare(person, Notice.NUMBER_CHANGED, locale)
        with self._tools.database.write() as session:
            replaced = people.own_numbers.remove(session, key)
            if replaced is None:
                raise ConflictError("There is no such number any more.")
            self._tools.numbers.restore(session, listed, replaced)
            self._note(session, actor, key, person.login if person else "", AuditTag.NUMBER_REMOVED, told=tell(session))
        self._tools.sessions.end_all(key)

    def set_up(self, actor: Actor, key: str) -> Sequence[str]:
        """Return the methods that somebody has set up for himself."""
        actor.require(Right.PEOPLE_SEE)
        return sorted(self._tools.enrollments.ready(key) - {EMERGENCY})

    def remove_method(self, actor: Actor, key: str, method: str, locale: str) -> None:
        """Forget what somebody has set up for himself, sign him out everywhere and tell him; he can set it up anew.

        Raises:
            CallerUnprovenError: As `unlock`.
            ConflictError: There is nothing to remove, or the actor means himself.
        """
        actor.require(Right.METHODS_RESET)
        if key == actor.person_key:
            raise ConflictError("You remove your own on the page of your account.")
        self._guard(actor, key)
        self._assure(actor, key, method)
        person = self._person(key)
        login = person.login if person else self._login(key)
        tag, notice = _REMOVALS.get(method, (AuditTag.METHOD_REMOVED, Notice.APP_REMOVED_FOR))
        tell = self._tools.notices.prepare(person, notice, locale)
        with self._tools.database.write() as session:
            if not self._take_away(session, key, method):
                raise ConflictError("This is not set up any more.")
            self._tools.failures.forget(session, key, method)
            self._note(session, actor, key, login, tag, method=method, reason="help-desk")
            tell(session)
        self._tools.sessions.end_all(key)

    def end_sessions(self, actor: Actor, key: str) -> int:
        """Sign somebody out everywhere; return how many sessions there were."""
        actor.require(Right.PEOPLE_ACT)
        login = self._login(key)
        self._guard(actor, key)
        ended = self._tools.sessions.end_all(key)
        with self._tools.database.write() as session:
            self._note(session, actor, key, login, AuditTag.SESSIONS_ENDED, sessions=ended)
        return ended

    def block(self, actor: Actor, key: str, reason: str) -> int:
        """Keep somebody out of every logon, whatever the directory says; return how many sessions ended.

        Raises:
            ConflictError: He is kept out already, or the actor means himself.
            InvalidInputError: No reason was given.
            NotFoundError: The directory has nobody of this key.
            UnavailableError: The directory does not answer.
        """
        actor.require(Right.PEOPLE_ACT)
        why = " ".join(reason.split())
        if not 0 < len(why) <= _LONGEST_REASON:
            raise InvalidInputError("Say why, in 300 characters at most.", field="reason")
        if key == actor.person_key:
            raise ConflictError("You cannot block yourself.")
        person = self._tools.people.get(PersonKey(key))
        if person is None:
            raise NotFoundError("There is no such person any more.")
        login = person.login
        self._guard(actor, key)
        with self._tools.database.write() as session:
            if not self._tools.blocks.add(session, key, login, reason=why, by=actor.login):
                raise ConflictError("This person is blocked already.")
            self._note(session, actor, key, login, AuditTag.PERSON_BLOCKED, reason=why)
        return self._tools.sessions.end_all(key)

    def unblock(self, actor: Actor, key: str) -> None:
        """Let somebody in again.

        Raises:
            ConflictError: He is not kept out.
        """
        actor.require(Right.PEOPLE_ACT)
        login = self._login(key)
        self._guard(actor, key)
        with self._tools.database.write() as session:
            if not self._tools.blocks.remove(session, key):
                raise ConflictError("This person is not blocked.")
            self._note(session, actor, key, login, AuditTag.PERSON_UNBLOCKED)

    def _take_away(self, session: Session, key: str, method: str) -> bool:
        if method == RECOVERY_CODE:
            return self._tools.codes.take_away(session, key)
        if method == PASSKEY:
            return self._tools.passkeys.take_away(session, key)
        return self._tools.enrollments.remove(session, key, method)

    def _guard(self, actor: Actor, key: str) -> None:
        guard_administrators(actor, key, self._tools.is_administrator)

    def _assure(self, actor: Actor, key: str, method: str) -> None:
        """Check what goes before forgiving: the caller is proven, and nobody forgives what he typed for callers."""
        if method == CALLER:
            actor.require(Right.ADMINISTRATORS_EDIT)
        else:
            self._tools.callers.require(actor, key)

    def _login(self, key: str) -> str:
        """Return the login of a person as far as anybody knows it, or an empty text."""
        person = self._person(key)
        if person is not None:
            return person.login
        blocked = self._tools.blocks.of(key)
        known = [blocked.login] if blocked else [one.login for one in self._tools.sessions.list(key)]
        return next(iter(known), "")

    def _person(self, key: str) -> Person | None:
        try:
            return self._tools.people.get(PersonKey(key))
        except UnavailableError:
            return None

    def _standing(self, session: Session, key: str, method: str) -> Standing:
        return self._tools.failures.standing(session, key, method)

    def _forget(self, session: Session, key: str, method: str) -> None:
        if not self._tools.failures.forget(session, key, method):
            raise ConflictError("There is nothing to unlock any more.")

    def _note(self, session: Session, actor: Actor, key: str, login: str, tag: AuditTag, **details: Detail) -> None:
        note_deed(session, self._tools.audit, actor, Whom(key, login), tag, **details)
