"""What methods have in common that keep their own failures in a row: charged first, held, in the end switched off."""

from abc import ABC
from dataclasses import replace
from typing import ClassVar

from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail, Detail
from authsms.foundation.db import Database
from authsms.logon.machine import Asks, Failed, MessageKey, Result
from authsms.logon.methods.base import LogonView, Method
from authsms.otp.failures import FailureCounter, HeldError, Standing


class CountedMethod(Method, ABC):
    """Charges an attempt to the person before it is compared.

    Attributes:
        asked: What to say above the field.
        refused: What to say of a wrong answer.
    """

    asked: ClassVar[MessageKey]
    refused: ClassVar[MessageKey]

    def __init__(self, database: Database, audit: AuditTrail, failures: FailureCounter) -> None:
        self._database = database
        self._audit = audit
        self._failures = failures

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

    def _miss(self, session: Session, logon: LogonView, standing: Standing) -> Result:
        """Return the refusal of a wrong answer, and record what it brought about."""
        if standing.disabled:
            self._record(session, logon, AuditTag.METHOD_DISABLED, failures=standing.failures)
        elif standing.held_until is not None:
            self._record(session, logon, AuditTag.METHOD_HELD, failures=standing.failures)
        asks = replace(question(logon), hold_until=standing.held_until if logon.proven else None)
        return Failed(self.refused, reason="wrong-code", asks=asks)

    def _unseen(self, session: Session, logon: LogonView) -> Result:
        """Return the refusal of an answer that was not looked at."""
        standing = self._failures.standing(session, logon.subject.key, self.name)
        asks, told = question(logon), self.refused
        if logon.proven:
            asks = replace(asks, hold_until=None if standing.disabled else standing.held_until)
            told = MessageKey.METHOD_DISABLED if standing.disabled else MessageKey.CODE_HELD
        return Failed(told, reason="disabled" if standing.disabled else "held", asks=asks, counted=False)

    def _record(self, session: Session, logon: LogonView, tag: AuditTag, **details: Detail) -> None:
        entry = AuditEntry(
            tag,
            person_key=logon.subject.audit_key,
            login=logon.subject.login,
            process_id=logon.process_id,
            event=logon.event,
            endpoint=logon.endpoint,
            address=logon.client.address,
            details={"method": self.name, **details},
        )
        self._audit.record(session, entry)


def question(logon: LogonView) -> Asks:
    """Return what the method has asked."""
    if logon.asks is None:
        raise ValueError("the method has not been begun")
    return logon.asks
