"""What methods have in common that people are given or set up: asked alike, charged first, held, in the end off."""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditEntry, AuditTag, AuditTrail, Detail
from authsms.foundation.db import Database
from authsms.logon.machine import Asks, Failed, MessageKey, Prompt, Result
from authsms.logon.methods.base import Begin, LogonView, Method
from authsms.logon.subject import Subject
from authsms.otp.failures import FailureCounter, HeldError, Standing


class CountedMethod(Method, ABC):
    """Charges an attempt to the person before it is compared.

    Attributes:
        prompt: What kind of field is shown.
        length: Letters or digits of an answer.
        asked: What to say above the field.
        missing: What to say instead to somebody who has proven something, and has nothing to answer with.
        refused: What to say of a wrong answer.
    """

    needs_enrollment: ClassVar[bool] = True
    prompt: ClassVar[Prompt]
    length: int
    asked: ClassVar[MessageKey]
    missing: ClassVar[MessageKey]
    refused: ClassVar[MessageKey]

    def __init__(self, database: Database, audit: AuditTrail, failures: FailureCounter) -> None:
        self._database = database
        self._audit = audit
        self._failures = failures

    @override
    def begin(self, logon: LogonView) -> Begin:
        key = logon.subject.key
        length = self._length_of(logon.subject) if logon.proven else self.length

        def ask(session: Session) -> Asks:
            standing = self._failures.standing(session, key, self.name)
            told = self._opening(logon, standing) if length else self.missing
            held_until = standing.held_until if logon.proven and not standing.disabled else None
            asked = length or self.length
            return Asks(self.name, self.prompt, told, length=asked, hold_until=held_until, details=logon.proven)

        return ask

    @abstractmethod
    def _length_of(self, subject: Subject) -> int:
        """Return the letters or digits of what a person answers with; 0 when he has nothing to answer with."""

    def _charge(self, key: str) -> Standing | None:
        """Count an attempt as failed, in a transaction of its own; None when it may not even be looked at."""
        try:
            with self._database.write() as session:
                return self._failures.add(session, key, self.name)
        except HeldError:
            return None

    def _opening(self, logon: LogonView, standing: Standing) -> MessageKey:
        """Return what to say above the field; holds are only told to somebody who has proven something already."""
        if logon.proven and standing.disabled:
            return MessageKey.METHOD_DISABLED
        if logon.proven and standing.held_until is not None:
            return MessageKey.CODE_HELD
        return self.asked

    def _miss(self, session: Session, logon: LogonView, standing: Standing, reason: str = "wrong-code") -> Result:
        """Return the refusal of a wrong answer, and record what it brought about."""
        self._note_hold(session, logon, standing)
        asks = replace(question(logon), hold_until=standing.held_until if logon.proven else None)
        return Failed(self.refused, reason=reason, asks=asks)

    def _note_hold(self, session: Session, logon: LogonView, standing: Standing) -> None:
        """Record what a charged attempt brought about."""
        if standing.disabled:
            self._record(session, logon, AuditTag.METHOD_DISABLED, failures=standing.failures)
        elif standing.held_until is not None:
            self._record(session, logon, AuditTag.METHOD_HELD, failures=standing.failures)

    def _unseen(self, session: Session, logon: LogonView) -> Result:
        """Return the refusal of an answer that was not looked at."""
        standing = self._failures.standing(session, logon.subject.key, self.name)
        asks, told = question(logon), self.refused
        if logon.proven:
            asks = replace(asks, hold_until=None if standing.disabled else standing.held_until)
            told = MessageKey.METHOD_DISABLED if standing.disabled else MessageKey.CODE_HELD
        return Failed(told, reason="disabled" if standing.disabled else "held", asks=asks, counted=False)

    def _record(self, session: Session, logon: LogonView, tag: AuditTag, **details: Detail) -> None:
        self._audit.record(session, entry_of(logon, tag, method=self.name, **details))


def entry_of(logon: LogonView, tag: AuditTag, **details: Detail) -> AuditEntry:
    """Return an audit record of something that came to pass in a logon."""
    return AuditEntry(
        tag,
        person_key=logon.subject.audit_key,
        login=logon.subject.login,
        process_id=logon.process_id,
        event=logon.event,
        endpoint=logon.endpoint,
        address=logon.client.address,
        details=details,
    )


def question(logon: LogonView) -> Asks:
    """Return what the method has asked."""
    if logon.asks is None:
        raise ValueError("the method has not been begun")
    return logon.asks
