"""A token that somebody was given: shown to him, and brought into step again when its button was pressed for nothing.

Two codes in a row are looked for much further ahead than one at the sign-in (RFC 4226 section 7.4). A try is charged
before it is compared, to the counter that codes at the sign-in are charged to; what is found is used up like any code,
so the counter only ever grows and no code is good a second time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import SealBrokenError, TooManyRequestsError
from authsms.logon.enrollment import HOTP, Enrollment, Enrollments
from authsms.logon.holder import Holder
from authsms.logon.own_app import Verdict
from authsms.otp.engine import TOTP_DIGITS, canonical_seed_code
from authsms.otp.failures import FailureCounter, HeldError, Standing


@dataclass(frozen=True, slots=True)
class OwnTokenTools:
    """What it takes."""

    database: Database
    clock: Clock
    audit: AuditTrail
    enrollments: Enrollments
    failures: FailureCounter


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token.

    Attributes:
        is_own: Its owner has set it up: an app that counts.
        digits: How long its codes are.
        is_switched_off: Too many codes in a row were wrong.
        is_lost: The key of its seed is gone; it can only be removed.
    """

    serial: str = ""
    since: datetime | None = None
    is_own: bool = False
    digits: int = TOTP_DIGITS
    is_switched_off: bool = False
    is_lost: bool = False


class OwnToken:
    """Does for people what they may do with their own token; safe to share between threads."""

    def __init__(self, tools: OwnTokenTools) -> None:
        self._tools = tools

    def view(self, holder: Holder) -> TokenView | None:
        """Return what somebody has."""
        try:
            found = self._tools.enrollments.find(holder.person_key, HOTP)
        except SealBrokenError:
            return TokenView(is_lost=True)
        if found is None or not found.is_active:
            return None
        with self._tools.database.read() as session:
            standing = self._standing(session, holder)
        return TokenView(
            *(found.label, found.confirmed_at, not found.is_given, found.recipe.digits),
            is_switched_off=standing.disabled,
        )

    def synchronise(self, holder: Holder, first: str, second: str) -> Verdict:
        """Bring a token into step by two codes that it has shown one after the other; both are used up.

        Raises:
            TooManyRequestsError: Too many codes were wrong; nothing was compared.
        """
        codes = [canonical_seed_code(typed) for typed in (first, second)]
        if codes[0] is None or codes[1] is None:
            return Verdict.MALFORMED
        found = self._tools.enrollments.find(holder.person_key, HOTP)
        if found is None or not found.is_active:
            return Verdict.OVER
        standing = self._charge(holder)
        if standing is None:
            return Verdict.SWITCHED_OFF
        counter = self._tools.enrollments.counter_of(found, codes[0], codes[1])
        with self._tools.database.write() as session:
            if counter is None or not self._use(session, holder, found, counter):
                self._note_miss(session, holder, standing)
                return Verdict.WRONG
        return Verdict.RIGHT

    def _use(self, session: Session, holder: Holder, found: Enrollment, counter: int) -> bool:
        if not self._tools.enrollments.use(session, found, counter):
            return False
        self._tools.failures.forget(session, holder.person_key, HOTP)
        self._tools.audit.record(session, holder.entry(AuditTag.METHOD_SYNCHRONISED, method=HOTP))
        return True

    def _charge(self, holder: Holder) -> Standing | None:
        """Count a try as wrong before it is compared; None when the method is switched off."""
        try:
            with self._tools.database.write() as session:
                return self._tools.failures.add(session, holder.person_key, HOTP)
        except HeldError:
            with self._tools.database.read() as session:
                standing = self._standing(session, holder)
        if standing.disabled:
            return None
        now = self._tools.clock.now()
        wait = max((standing.held_until or now) - now, timedelta(seconds=1))
        raise TooManyRequestsError("Too many tries. Wait a little.", retry_after=wait)

    def _note_miss(self, session: Session, holder: Holder, standing: Standing) -> None:
        tag = AuditTag.METHOD_DISABLED if standing.disabled else AuditTag.METHOD_HELD
        if standing.disabled or standing.held_until is not None:
            self._tools.audit.record(session, holder.entry(tag, method=HOTP, failures=standing.failures))

    def _standing(self, session: Session, holder: Holder) -> Standing:
        return self._tools.failures.standing(session, holder.person_key, HOTP)
