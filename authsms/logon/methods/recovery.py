"""The recovery code: one of those that somebody has printed, when neither text nor app is at hand.

An attempt is charged to the person's failures in a row and committed, then the code is looked for by its keyed hash,
then it is used up by one conditional statement, in the transaction that also writes what the person gains by it. To
applications it proves what a code does (``otp``): something that one has on paper, not something one knows.
"""

from collections.abc import Mapping
from typing import ClassVar

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.audit import AuditTrail
from authsms.delivery.account_notices import AccountNotices, Notice
from authsms.foundation.db import Database
from authsms.logon.machine import Failed, MessageKey, Passed, Prompt, Result
from authsms.logon.methods.base import Answer, LogonView, typed_answer
from authsms.logon.methods.counted import CountedMethod
from authsms.logon.recovery import RECOVERY_CODE, RecoveryCodes
from authsms.logon.subject import Subject
from authsms.otp.failures import FailureCounter
from authsms.otp.recovery import CODE_LENGTH, canonical_recovery_code


class RecoveryMethod(CountedMethod):
    """Asks for a recovery code."""

    name = RECOVERY_CODE
    amr: ClassVar[tuple[str, ...]] = ("otp",)
    prompt: ClassVar[Prompt] = Prompt.RECOVERY
    length: int = CODE_LENGTH
    asked: ClassVar[MessageKey] = MessageKey.RECOVERY_ASKED
    missing: ClassVar[MessageKey] = MessageKey.RECOVERY_MISSING
    refused: ClassVar[MessageKey] = MessageKey.RECOVERY_REFUSED

    def __init__(
        self,
        database: Database,
        audit: AuditTrail,
        codes: RecoveryCodes,
        failures: FailureCounter,
        notices: AccountNotices,
    ) -> None:
        super().__init__(database, audit, failures)
        self._codes = codes
        self._notices = notices

    @override
    def _length_of(self, subject: Subject) -> int:
        return self.length if self._codes.stock(subject.key).left > 0 else 0

    @override
    def answer(self, logon: LogonView, response: Mapping[str, str]) -> Answer:
        code = canonical_recovery_code(typed_answer(response, "code"))
        if code is None:
            return Failed(MessageKey.RECOVERY_MALFORMED, reason="malformed", counted=False)
        person, key = logon.subject.person, logon.subject.key
        standing = self._charge(key)
        if standing is None:
            return lambda session: self._unseen(session, logon)
        is_right = self._codes.knows(key, code)
        if not is_right or person is None or not person.enabled:
            return lambda session: self._miss(session, logon, standing)
        tell = self._notices.prepare(person, Notice.RECOVERY_CODE_USED, logon.client.locale)

        def use(session: Session) -> Result:
            result = self._use(session, key, code)
            if isinstance(result, Passed):
                tell(session)
            return result

        return use

    def _use(self, session: Session, key: str, code: str) -> Result:
        if not self._codes.use(session, key, code):
            # Not counted: of many right codes at once, those that came too late must not end the process.
            return Failed(self.refused, reason="used-code", counted=False)
        self._failures.forget(session, key, self.name)
        return Passed()
