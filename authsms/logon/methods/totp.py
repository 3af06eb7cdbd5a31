"""Codes that an application or a token makes from a seed (RFC 6238, RFC 4226): nothing is sent, so no text is needed.

An attempt is charged to the person's failures in a row and committed, then compared, then the time step or counter it
belongs to is used up by one conditional statement, in the transaction that also writes what the person gains by it.
Whoever has neither, and nobody, takes the same steps and is compared with a seed that no application holds.
"""

from collections.abc import Mapping
from typing import ClassVar

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.logon.enrollment import HOTP, Enrollment, Enrollments, EnrollmentState
from authsms.logon.machine import Failed, MessageKey, Passed, Prompt, Result
from authsms.logon.methods.base import Answer, LogonView, typed_answer
from authsms.logon.methods.counted import CountedMethod, question
from authsms.logon.subject import Subject
from authsms.otp.engine import LENGTHS, SEED_BYTES, Recipe, canonical_seed_code, encode_seed
from authsms.otp.failures import FailureCounter

TOTP = "TOTP:1"


class SeedMethod(CountedMethod):
    """Asks for a code that is made from a seed."""

    amr: ClassVar[tuple[str, ...]] = ("otp",)
    prompt: ClassVar[Prompt] = Prompt.CODE

    def __init__(
        self, database: Database, clock: Clock, audit: AuditTrail, enrollments: Enrollments, failures: FailureCounter
    ) -> None:
        super().__init__(database, audit, failures)
        self._clock = clock
        self._enrollments = enrollments
        self.length = enrollments.recipe.digits

    @override
    def _length_of(self, subject: Subject) -> int:
        return self._enrollments.digits(subject.key, self.name)

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        # Before anything is proven, nobody is told how long his codes are.
        lengths = (question(logon).length,) if logon.proven else LENGTHS
        code = canonical_seed_code(typed_answer(response, "code"), lengths)
        if code is None:
            return Failed(MessageKey.CODE_MALFORMED, reason="malformed", counted=False)
        person, key = logon.subject.person, logon.subject.key
        standing = self._charge(key)
        if standing is None:
            return lambda session: self._unseen(session, logon)
        found = self._enrollments.find(key, self.name)
        is_usable = person is not None and person.enabled and found is not None and found.is_active
        enrollment = found if found is not None and is_usable else self._decoy(logon.subject, len(code))
        step = self._enrollments.step_of(enrollment, code)
        if step is None or not is_usable:
            return lambda session: self._miss(session, logon, standing)
        return lambda session: self._use(session, enrollment, step)

    def _decoy(self, subject: Subject, digits: int) -> Enrollment:
        """Return what a code is compared with when there is nothing to compare it with."""
        seed, now = encode_seed(bytes.fromhex(subject.invent("seed"))[:SEED_BYTES]), self._clock.now()
        made = Recipe(digits, self._enrollments.recipe.algorithm)
        return Enrollment("", subject.key, self.name, EnrollmentState.PENDING, seed, -1, "", now, None, made)

    def _use(self, session: Session, enrollment: Enrollment, step: int) -> Result:
        if not self._enrollments.use(session, enrollment, step):
            # Not counted: of many right codes at once, those that came too late must not end the process.
            return Failed(self.refused, reason="used-code", counted=False)
        self._failures.forget(session, enrollment.person_key, self.name)
        return Passed()


class TotpMethod(SeedMethod):
    """Asks for the code that the person's application shows."""

    name = TOTP
    asked: ClassVar[MessageKey] = MessageKey.APP_ASKED
    missing: ClassVar[MessageKey] = MessageKey.APP_NOT_SET_UP
    refused: ClassVar[MessageKey] = MessageKey.APP_REFUSED


class HotpMethod(SeedMethod):
    """Asks for the next code of a token that counts."""

    name = HOTP
    asked: ClassVar[MessageKey] = MessageKey.HOTP_ASKED
    missing: ClassVar[MessageKey] = MessageKey.HOTP_MISSING
    refused: ClassVar[MessageKey] = MessageKey.HOTP_REFUSED
