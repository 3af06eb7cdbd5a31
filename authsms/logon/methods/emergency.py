"""The emergency password: stands in for the code of somebody whose phone is lost, for a while and a few uses.

An attempt is charged to the person's failures in a row and committed, then compared, then one use is counted down by
one conditional statement, in the transaction that also writes what the person gains by it. Whoever has none, and
nobody, takes the same steps and is compared with a hash that no password has.

To applications it proves what a code does (``otp``): something that was handed over, not something one made up.
"""

from collections.abc import Mapping
from typing import ClassVar

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditTag, AuditTrail
from authsms.foundation.db import Database
from authsms.logon.emergency import EMERGENCY, LENGTH, EmergencyPassword, EmergencyPasswords, canonical_letters
from authsms.logon.machine import Failed, MessageKey, Passed, Prompt, Result
from authsms.logon.methods.base import Answer, LogonView, typed_answer
from authsms.logon.methods.counted import CountedMethod
from authsms.logon.subject import Subject
from authsms.otp.failures import FailureCounter


class EmergencyMethod(CountedMethod):
    """Asks for the emergency password."""

    name = EMERGENCY
    is_relief: ClassVar[bool] = True
    amr: ClassVar[tuple[str, ...]] = ("otp",)
    prompt: ClassVar[Prompt] = Prompt.EMERGENCY
    length: int = LENGTH
    asked: ClassVar[MessageKey] = MessageKey.EMERGENCY_ASKED
    missing: ClassVar[MessageKey] = MessageKey.EMERGENCY_MISSING
    refused: ClassVar[MessageKey] = MessageKey.EMERGENCY_REFUSED

    def __init__(
        self, database: Database, audit: AuditTrail, passwords: EmergencyPasswords, failures: FailureCounter
    ) -> None:
        super().__init__(database, audit, failures)
        self._passwords = passwords
        self._decoy = passwords.of_nobody()

    @override
    def _length_of(self, subject: Subject) -> int:
        return self.length if self._passwords.find(subject.key) is not None else 0

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        letters = canonical_letters(typed_answer(response, "password"))
        if letters is None:
            return Failed(self.refused, reason="malformed", counted=False)
        person, key = logon.subject.person, logon.subject.key
        standing = self._charge(key)
        if standing is None:
            return lambda session: self._unseen(session, logon)
        found = self._passwords.find(key)
        is_right = self._passwords.matches(found or self._decoy, letters)
        if found is None or not is_right or person is None or not person.enabled:
            return lambda session: self._miss(session, logon, standing)
        return lambda session: self._use(session, logon, found)

    def _use(self, session: Session, logon: LogonView, found: EmergencyPassword) -> Result:
        left = self._passwords.use(session, found)
        if left is None:
            # Not counted: of many right answers at once, those that came too late must not end the process.
            return Failed(self.refused, reason="used-up", counted=False)
        self._failures.forget(session, found.person_key, self.name)
        self._record(session, logon, AuditTag.EMERGENCY_USED, left=left)
        return Passed()
