"""An authenticator app of one's own: set up, tried and removed by whoever is signed in.

Most apps look at the clock (TOTP). One that counts (HOTP) is set up and removed likewise, but a token that somebody was
given is not his to remove.

The first code is charged before it is compared, to the counter that codes at the sign-in are charged to. A trial is
charged to a limit of its own instead, so that nobody locks himself out by trying; a right one is used up like any
other, or a thief with a session could find out codes that are still good elsewhere.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.delivery.account_notices import Notice
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import SealBrokenError, TooManyRequestsError
from authsms.foundation.limits import Limits, Rate
from authsms.logon.enrollment import HOTP, PENDING_LIFETIME, Enrollments
from authsms.logon.holder import PROOF_LASTS, Holder
from authsms.logon.methods.totp import TOTP
from authsms.logon.reports import Reports
from authsms.otp.engine import COMMON, Recipe, canonical_code, provisioning_uri
from authsms.otp.failures import FailureCounter, HeldError, Standing

SETTING_UP_LASTS: Final = PROOF_LASTS + PENDING_LIFETIME
"""A seed is only shown, and its first code taken, this long after the sign-in that allowed to draw it."""

DRAWS: Final = Rate(10, timedelta(hours=1))
TRIALS: Final = Rate(5, timedelta(minutes=15))


class Verdict(StrEnum):
    """What became of a code.

    ``OVER``: there is nothing that waits for it; ``SWITCHED_OFF``: too many codes in a row were wrong.
    """

    RIGHT = "right"
    WRONG = "wrong"
    MALFORMED = "malformed"
    OVER = "over"
    SWITCHED_OFF = "switched-off"


@dataclass(frozen=True, slots=True)
class OwnAppTools:
    """What it takes.

    Attributes:
        issuer: Whose codes these are, as applications show it.
    """

    database: Database
    clock: Clock
    audit: AuditTrail
    limits: Limits
    enrollments: Enrollments
    failures: FailureCounter
    reports: Reports
    issuer: str


@dataclass(frozen=True, slots=True)
class AppView:
    """An app that was set up, or is being set up.

    Attributes:
        id: Changes with every seed; empty when the key of its seed is gone.
        since: When it was set up; None while it waits for its first code.
        seed: Base32, only while it waits for its first code.
        address: ``otpauth://`` address of the seed, as above.
        recipe: How its codes are made.
        is_given: It is a token that its owner was given.
        is_switched_off: Too many codes in a row were wrong.
        is_lost: The key of its seed is gone; it can only be removed.
    """

    since: datetime | None = None
    id: str = ""
    seed: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    recipe: Recipe = COMMON
    is_given: bool = False
    is_switched_off: bool = False
    is_lost: bool = False

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its first code."""
        return bool(self.seed)


class OwnApp:
    """Does for people what they may do with their own app; safe to share between threads.

    Args:
        tools: What it takes.
        method: Wire name of what the app is for.
    """

    def __init__(self, tools: OwnAppTools, method: str = TOTP) -> None:
        self._tools = tools
        self._method = method

    @property
    def counting(self) -> "OwnApp":
        """The same for an app that counts."""
        return OwnApp(self._tools, HOTP)

    @property
    def digits(self) -> int:
        """How long the codes of apps are that are set up from now on."""
        return self._tools.enrollments.recipe.digits

    def view(self, holder: Holder) -> AppView | None:
        """Return what somebody has; a seed is only shown to whoever has proven who he is, else there is nothing."""
        try:
            found = self._tools.enrollments.find(holder.person_key, self._method)
        except SealBrokenError:
            return AppView(is_lost=True)
        if found is None:
            return None
        if found.is_active:
            with self._tools.database.read() as session:
                standing = self._standing(session, holder)
            is_off = standing.disabled
            shown = AppView(found.confirmed_at, found.id, recipe=found.recipe, is_given=found.is_given)
            return replace(shown, is_switched_off=is_off)
        if not holder.has_proof(SETTING_UP_LASTS):
            return None
        counter = found.last_step + 1 if self._method == HOTP else None
        names = {"account": found.label, "issuer": self._tools.issuer}
        address = provisioning_uri(found.seed, **names, recipe=found.recipe, counter=counter)
        return AppView(id=found.id, seed=found.seed, address=address, recipe=found.recipe)

    def begin(self, holder: Holder) -> None:
        """Draw a seed that waits for its first code; one that still waits is replaced.

        Whatever wrong codes there were belonged to another seed, so the count begins anew.

        Raises:
            ProofNeededError: He must prove again who he is.
            ConflictError: An app is set up already.
            TooManyRequestsError: That was done too often.
        """
        holder.require_proof()
        self._tools.limits.take(holder.limit_key("app"), DRAWS)
        with self._tools.database.write() as session:
            self._tools.enrollments.draw(session, holder.person_key, self._method, holder.login)
            self._tools.failures.forget(session, holder.person_key, self._method)

    def confirm(self, holder: Holder, typed: str) -> Verdict:
        """Let the app count once its first code is right; several right ones at once confirm it once.

        Raises:
            ProofNeededError: He must prove again who he is.
            TooManyRequestsError: Too many codes were wrong; nothing was compared.
            UnavailableError: The directory does not answer; the code is still good.
        """
        holder.require_proof(SETTING_UP_LASTS)
        found = self._tools.enrollments.find(holder.person_key, self._method)
        code = canonical_code(typed, found.recipe.digits if found else self.digits)
        if code is None:
            return Verdict.MALFORMED
        if found is None or found.is_active:
            return Verdict.OVER
        standing = self._charge(holder)
        if standing is None:
            return Verdict.SWITCHED_OFF
        step = self._tools.enrollments.step_of(found, code)
        if step is None:
            with self._tools.database.write() as session:
                self._note_miss(session, holder, standing)
            return Verdict.WRONG
        report = self._tools.reports.of(holder, AuditTag.METHOD_SET_UP, Notice.APP_SET_UP, method=self._method)
        with self._tools.database.write() as session:
            is_first = self._tools.enrollments.confirm(session, found, step)
            if is_first:
                self._tools.failures.forget(session, holder.person_key, self._method)
                report(session)
        return Verdict.RIGHT if is_first else Verdict.OVER

    def try_code(self, holder: Holder, typed: str) -> Verdict:
        """Tell whether a code is right, and use it up; wrong ones do not count at the sign-in.

        Raises:
            TooManyRequestsError: That was tried too often, or the next code at the sign-in has to wait, too.
        """
        found = self._tools.enrollments.find(holder.person_key, self._method)
        code = canonical_code(typed, found.recipe.digits if found else self.digits)
        if code is None:
            return Verdict.MALFORMED
        self._tools.limits.take(holder.limit_key("try"), TRIALS)
        if found is None or not found.is_active:
            return Verdict.OVER
        with self._tools.database.write() as session:
            standing = self._standing(session, holder)
            if standing.disabled:
                return Verdict.SWITCHED_OFF
            if standing.held_until is not None:
                raise self._too_early(standing)
            step = self._tools.enrollments.step_of(found, code)
            is_right = step is not None and self._tools.enrollments.use(session, found, step)
            verdict = Verdict.RIGHT if is_right else Verdict.WRONG
            told = {"method": self._method, "outcome": verdict.value}
            self._tools.audit.record(session, holder.entry(AuditTag.METHOD_TRIED, **told))
        return verdict

    def remove(self, holder: Holder) -> bool:
        """Forget the app and what was counted for it; False when there was none, or it is a token he was given.

        Raises:
            ProofNeededError: He must prove again who he is.
            UnavailableError: The directory does not answer; nothing was changed.
        """
        holder.require_proof()
        if not self._is_own(holder):
            return False
        report = self._tools.reports.of(holder, AuditTag.METHOD_REMOVED, Notice.APP_REMOVED, method=self._method)
        with self._tools.database.write() as session:
            if not self._tools.enrollments.remove(session, holder.person_key, self._method):
                return False
            self._tools.failures.forget(session, holder.person_key, self._method)
            report(session)
        return True

    def _is_own(self, holder: Holder) -> bool:
        if self._method == TOTP:
            return True
        found = self._tools.enrollments.find(holder.person_key, self._method)
        return found is not None and not found.is_given

    def _charge(self, holder: Holder) -> Standing | None:
        """Count a code as wrong before it is compared; None when the method is switched off."""
        try:
            with self._tools.database.write() as session:
                return self._tools.failures.add(session, holder.person_key, self._method)
        except HeldError:
            with self._tools.database.read() as session:
                standing = self._standing(session, holder)
        if standing.disabled:
            return None
        raise self._too_early(standing)

    def _note_miss(self, session: Session, holder: Holder, standing: Standing) -> None:
        tag = AuditTag.METHOD_DISABLED if standing.disabled else AuditTag.METHOD_HELD
        if standing.disabled or standing.held_until is not None:
            self._tools.audit.record(session, holder.entry(tag, method=self._method, failures=standing.failures))

    def _standing(self, session: Session, holder: Holder) -> Standing:
        return self._tools.failures.standing(session, holder.person_key, self._method)

    def _too_early(self, standing: Standing) -> TooManyRequestsError:
        now = self._tools.clock.now()
        wait = max((standing.held_until or now) - now, timedelta(seconds=1))
        return TooManyRequestsError("Too many tries. Wait a little.", retry_after=wait)
