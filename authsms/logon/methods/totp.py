"""The code of an authenticator application (RFC 6238): nothing is sent, so it works where texts do not.

An attempt is charged to the person's failures in a row and committed, then compared, then the time step it belongs to
is used up by one conditional statement, in the transaction that also writes what the person gains by it. Whoever has
set up no application, and nobody, takes the same steps and is compared with a seed that no application holds.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.logon.enrollment import Enrollment, Enrollments, EnrollmentState
from authsms.logon.machine import Asks, Failed, MessageKey, Passed, Prompt, Result
from authsms.logon.methods.base import Answer, Begin, LogonView, Method, typed_answer
from authsms.logon.subject import Subject
from authsms.otp.engine import SEED_BYTES, TOTP_DIGITS, canonical_code, encode_seed
from authsms.otp.failures import FailureCounter, HeldError, Standing

TOTP = "TOTP:1"


class TotpMethod(Method):
    """Asks for the code that the person's application shows."""

    name = TOTP
    amr: ClassVar[tuple[str, ...]] = ("otp",)
    needs_enrollment: ClassVar[bool] = True

    def __init__(
        self, database: Database, clock: Clock, audit: AuditTrail, enrollments: Enrollments, failures: FailureCounter
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._enrollments = enrollments
        self._failures = failures

    @override
    def begin(self, logon: LogonView) -> Begin:
        key = logon.subject.key
        is_ready = not logon.proven or self.name in self._enrollments.ready(key)

        def ask(session: Session) -> Asks:
            standing = self._failures.standing(session, key, self.name)
            told = _opening(logon, standing) if is_ready else MessageKey.APP_NOT_SET_UP
            held_until = standing.held_until if logon.proven and not standing.disabled else None
            return Asks(self.name, Prompt.CODE, told, length=TOTP_DIGITS, hold_until=held_until, details=logon.proven)

        return ask

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        asks = _question(logon)
        code = canonical_code(typed_answer(response, "code"), asks.length)
        if code is None:
            return Failed(MessageKey.CODE_MALFORMED, reason="malformed", counted=False)
        person, key = logon.subject.person, logon.subject.key
        try:
            with self._database.write() as session:
                standing = self._failures.add(session, key, self.name)
        except HeldError:
            return lambda session: self._refused(session, logon, key)
        found = self._enrollments.find(key, self.name)
        is_usable = person is not None and person.enabled and found is not None and found.is_active
        enrollment = found if found is not None and is_usable else _decoy(logon.subject, self._clock.now())
        step = self._enrollments.step_of(enrollment, code)
        if step is None or not is_usable:
            return lambda session: self._miss(session, logon, standing)
        return lambda session: self._use(session, enrollment, step)

    def _use(self, session: Session, enrollment: Enrollment, step: int) -> Result:
        if not self._enrollments.use(session, enrollment, step):
            # Not counted: of many right codes at once, those that came too late must not end the process.
            return Failed(MessageKey.APP_REFUSED, reason="used-code", counted=False)
        self._failures.forget(session, enrollment.person_key, self.name)
        return Passed()

    def _miss(self, session: Session, logon: LogonView, standing: Standing) -> Result:
        if standing.disabled:
            self._record(session, logon, AuditTag.METHOD_DISABLED, standing.failures)
        elif standing.held_until is not None:
            self._record(session, logon, AuditTag.METHOD_HELD, standing.failures)
        asks = replace(_question(logon), hold_until=standing.held_until if logon.proven else None)
        return Failed(MessageKey.APP_REFUSED, reason="wrong-code", asks=asks)

    def _refused(self, session: Session, logon: LogonView, key: str) -> Result:
        standing = self._failures.standing(session, key, self.name)
        asks, told = _question(logon), MessageKey.APP_REFUSED
        if logon.proven:
            asks = replace(asks, hold_until=None if standing.disabled else standing.held_until)
            told = MessageKey.METHOD_DISABLED if standing.disabled else MessageKey.CODE_HELD
        return Failed(told, reason="disabled" if standing.disabled else "held", asks=asks, counted=False)

    def _record(self, session: Session, logon: LogonView, tag: AuditTag, failures: int) -> None:
        entry = AuditEntry(
            tag,
            person_key=logon.subject.audit_key,
            login=logon.subject.login,
            process_id=logon.process_id,
            event=logon.event,
            endpoint=logon.endpoint,
            address=logon.client.address,
            details={"method": self.name, "failures": failures},
        )
        self._audit.record(session, entry)


def _question(logon: LogonView) -> Asks:
    if logon.asks is None:
        raise ValueError("the method has not been begun")
    return logon.asks


def _opening(logon: LogonView, standing: Standing) -> MessageKey:
    """Return what to say above the field; holds are only told to somebody who has proven something already."""
    if logon.proven and standing.disabled:
        return MessageKey.METHOD_DISABLED
    if logon.proven and standing.held_until is not None:
        return MessageKey.CODE_HELD
    return MessageKey.APP_ASKED


def _decoy(subject: Subject, now: datetime) -> Enrollment:
    """Return what a code is compared with when there is nothing to compare it with."""
    seed = encode_seed(bytes.fromhex(subject.invent("seed"))[:SEED_BYTES])
    return Enrollment("", subject.key, TOTP, EnrollmentState.PENDING, seed, -1, "", now, None)
