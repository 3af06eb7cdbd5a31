"""The password: judged by the repository the person comes from, and guessed at only so often.

Directory and local passwords are two methods with two wire names. Each suits the people of its own kind of repository,
so that an event lists a chain for each and the typed name alone decides which one is taken: a name that nobody has
takes the chain of its repository, too.

A right password that has to be changed is refused like a wrong one, let pass, or changed, as the event says. It is
changed when everything else is proven, as the last step before the session begins: the password alone, which may be
stolen, makes nobody its owner. The person types the old one once more, on the same page as the new one: in between it
is kept nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditEntry, AuditTag, AuditTrail, Detail
from authsms.identity.local import LOCAL
from authsms.identity.repository import OVERDUE, PasswordChange, PasswordVerdict, Person
from authsms.logon.guesses import Charge, Guesses
from authsms.logon.machine import Asks, Failed, MessageKey, Passed, Prompt, Result
from authsms.logon.methods.base import Answer, Begin, LogonView, Method, typed_answer
from authsms.logon.methods.counted import entry_of, question
from authsms.logon.overdue import OverdueRule
from authsms.logon.password_changes import TOLD, PasswordChanges, Wish
from authsms.logon.subject import People


class PasswordMethod(Method):
    """Asks the repository."""

    amr: ClassVar[tuple[str, ...]] = ("pwd",)
    refusal_takes: ClassVar[timedelta] = timedelta(milliseconds=150)

    def __init__(
        self, guesses: Guesses, people: People, audit: AuditTrail, changes: PasswordChanges, *, local: bool
    ) -> None:
        self.name = "PASSWORD:1" if local else "LDAP_PASSWORD:1"
        self._guesses = guesses
        self._people = people
        self._audit = audit
        self._changes = changes
        self._local = local

    @override
    def suits(self, repository: str) -> bool:
        return (repository == LOCAL) is self._local

    @override
    def opening(self) -> Asks:
        return Asks(self.name, Prompt.PASSWORD, MessageKey.ASK_PASSWORD)

    @override
    def demand(self) -> Asks:
        return Asks(self.name, Prompt.NEW_PASSWORD, MessageKey.PASSWORD_OVERDUE)

    @override
    def begin(self, logon: LogonView) -> Begin:
        return lambda _session: self.opening()

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        if question(logon).prompt is Prompt.NEW_PASSWORD:
            return self._change(logon, Wish.read(response))
        subject = logon.subject
        person = subject.person
        charged = self._guesses.charge(
            subject.limit_key, logon.client.address, lambda: entry_of(logon, AuditTag.LOGON_LIMITED, method=self.name)
        )
        verdict = self._people.check_password(subject.typed, person, typed_answer(response, "password"))
        if person is not None and verdict is PasswordVerdict.RIGHT:
            return lambda session: self._pass(session, charged, Passed())
        if person is not None and verdict in OVERDUE:
            return self._overdue(logon, person, verdict, charged)
        return Failed(MessageKey.WRONG_PASSWORD, reason=verdict.value if person else "unknown-person")

    def _overdue(self, logon: LogonView, person: Person, verdict: PasswordVerdict, charged: Charge) -> Answer:
        """Return what becomes of a right password that has to be changed."""
        if logon.overdue is OverdueRule.DENY:
            return Failed(MessageKey.WRONG_PASSWORD, reason=verdict.value)
        is_asked = logon.overdue is OverdueRule.ASK
        if is_asked and (logon.is_unlocked or not self._can_change(logon, person, verdict)):
            return Failed(MessageKey.PASSWORD_ELSEWHERE, reason=verdict.value, final=True)
        return lambda session: self._let_pass(session, logon, verdict, charged)

    def _can_change(self, logon: LogonView, person: Person, verdict: PasswordVerdict) -> bool:
        return logon.client.takes_new_password and self._people.can_change_password(person.repository, verdict)

    def _let_pass(self, session: Session, logon: LogonView, verdict: PasswordVerdict, charged: Charge) -> Result:
        details: dict[str, Detail] = {"reason": verdict.value, "asked": logon.overdue is OverdueRule.ASK}
        self._audit.record(session, entry_of(logon, AuditTag.PASSWORD_OVERDUE, method=self.name, **details))
        return self._pass(session, charged, Passed(is_overdue=True))

    def _pass(self, session: Session, charged: Charge, passed: Passed) -> Result:
        self._guesses.give_back(session, charged)
        return passed

    def _change(self, logon: LogonView, wish: Wish) -> Answer:
        """Return what becomes of a new password; one that is no good is asked for again."""
        person = logon.subject.person
        if logon.overdue is not OverdueRule.ASK or person is None or not logon.proven:
            return Failed(MessageKey.PASSWORD_ELSEWHERE, reason="not-asked", final=True)
        if slip := wish.slip():
            return Failed(slip, reason="slip", counted=False)
        return _changed(logon, self._changes.change(person, wish, _Wisher(logon, self.name)))


def _changed(logon: LogonView, outcome: PasswordChange) -> Answer:
    """Return what follows from what became of a new password."""
    match outcome:
        case PasswordChange.CHANGED:
            return lambda _session: Passed()
        case PasswordChange.WRONG:
            return Failed(MessageKey.PASSWORD_OLD_WRONG, reason=PasswordVerdict.WRONG.value)
        case PasswordChange.IMPOSSIBLE:
            return Failed(MessageKey.PASSWORD_ELSEWHERE, reason=outcome.value, final=True)
        case _:
            asks = replace(question(logon), message_key=TOLD[outcome])
            return lambda _session: asks


@dataclass(frozen=True, slots=True)
class _Wisher:
    """Whoever changes his password at a sign-in."""

    logon: LogonView
    method: str

    @property
    def address(self) -> str:
        """IP address the wish came from."""
        return self.logon.client.address

    @property
    def locale(self) -> str:
        """Language of the text he is sent."""
        return self.logon.client.locale

    @property
    def session_id(self) -> str:
        """The session in which he wishes it: there is none yet."""
        return ""

    def entry(self, tag: AuditTag, **details: Detail) -> AuditEntry:
        """Return a record of what he did."""
        return entry_of(self.logon, tag, method=self.method, **details)
