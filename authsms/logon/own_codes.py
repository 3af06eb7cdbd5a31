"""Recovery codes of one's own: made, and made anew, by whoever is signed in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from authsms.audit import AuditTag
from authsms.delivery.account_notices import Notice
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, gettext_noop
from authsms.foundation.limits import Limits, Rate
from authsms.logon.enrollment import Enrollments
from authsms.logon.holder import Holder
from authsms.logon.recovery import CODES, RECOVERY_CODE, RecoveryCodes, Stock
from authsms.logon.reports import Reports
from authsms.otp.failures import FailureCounter

SHEETS: Final = Rate(5, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class OwnCodesTools:
    """What it takes."""

    database: Database
    limits: Limits
    codes: RecoveryCodes
    enrollments: Enrollments
    failures: FailureCounter
    reports: Reports


class OwnCodes:
    """Does for people what they may do with their own recovery codes; safe to share between threads."""

    def __init__(self, tools: OwnCodesTools) -> None:
        self._tools = tools

    def stock(self, holder: Holder) -> Stock:
        """Return what somebody has left."""
        return self._tools.codes.stock(holder.person_key)

    def make(self, holder: Holder, *, may_replace: bool = True) -> list[str]:
        """Make new codes and return them as they are printed; the old ones are dead from then on.

        Args:
            holder: Whose codes.
            may_replace: Also where some are left.

        Raises:
            ConflictError: Some are left, and they were to stay.
            ProofNeededError: He must prove again who he is.
            TooManyRequestsError: That was done too often.
            UnavailableError: The directory does not answer; the old codes are still good.
        """
        holder.require_proof()
        report = self._tools.reports.of(holder, AuditTag.RECOVERY_CODES_MADE, Notice.RECOVERY_CODES_MADE, codes=CODES)
        with self._tools.database.write() as session:
            # First of all: its row keeps a second sheet for the same person waiting, so that one of them is good.
            self._tools.limits.take(holder.limit_key("codes"), SHEETS, session=session)
            if not may_replace and self._tools.codes.has_any(session, holder.person_key):
                raise ConflictError(gettext_noop("There are recovery codes already."))
            codes = self._tools.codes.make(session, holder.person_key)
            self._tools.enrollments.look_again(session)
            self._tools.failures.forget(session, holder.person_key, RECOVERY_CODE)
            report(session)
        return codes
