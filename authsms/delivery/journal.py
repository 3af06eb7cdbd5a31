"""What delivery tells others about a message: an audit record and a count, without text and without the number."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.contacts.consent import Way
from authsms.contacts.suppression import Source, Stop, SuppressionList
from authsms.delivery import statements
from authsms.delivery.ledger import Subject
from authsms.delivery.states import Failure, MessageState, Settle, Verdict
from authsms.foundation.db import after_commit
from authsms.foundation.metrics import MESSAGES

_TAGS: Final = {
    MessageState.ACCEPTED: AuditTag.MESSAGE_ACCEPTED,
    MessageState.DELIVERED: AuditTag.MESSAGE_DELIVERED,
    MessageState.FAILED: AuditTag.MESSAGE_FAILED,
    MessageState.UNKNOWN: AuditTag.MESSAGE_UNKNOWN,
    MessageState.STALE: AuditTag.MESSAGE_STALE,
    MessageState.WITHHELD: AuditTag.MESSAGE_WITHHELD,
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Who or what brought a message into its new state."""

    service: str = ""
    reason: str = ""
    code: str = ""
    attempts: int = 0


class Journal:
    """Writes within the caller's transaction; counts once it is committed.

    Args:
        audit: Takes the records.
        suppressions: Learns from messages who has told a provider to stop; nobody does when left out.
    """

    def __init__(self, audit: AuditTrail, suppressions: SuppressionList | None = None) -> None:
        self._audit = audit
        self._suppressions = suppressions

    def note(self, session: Session, subject: Subject, verdict: Verdict, cause: Cause) -> None:
        """Report *verdict*; a message that is to be tried again is no news."""
        if not isinstance(verdict, Settle):
            return
        reason = verdict.failure.value if verdict.failure else cause.reason
        self._audit.record(
            session,
            AuditEntry(
                _TAGS[verdict.state],
                person_key=subject.person_key,
                login=subject.login,
                process_id=subject.process_id,
                details={
                    "message": subject.id,
                    "purpose": subject.purpose.value,
                    "reference": subject.reference,
                    "recipient": subject.masked,
                    "service": cause.service,
                    "attempts": cause.attempts,
                    "reason": reason,
                    "code": cause.code,
                },
            ),
        )
        if self._suppressions is not None and cause.service:
            self._learn(session, self._suppressions, subject.id, verdict, cause)
        after_commit(session, partial(_count, cause.service, verdict.state.value))

    def _learn(
        self, session: Session, suppressions: SuppressionList, message_id: str, verdict: Settle, cause: Cause
    ) -> None:
        """Tell the suppression list what a message says about its recipient."""
        if verdict.failure is Failure.OPTED_OUT:
            recipient_hash, masked = session.execute(statements.WHOSE, {"w_id": message_id}).one()
            way = Way(cause.service, "")
            suppressions.refused(session, Stop(recipient_hash, masked, way, Source.PROVIDER, cause.code))
        elif verdict.state is MessageState.DELIVERED:
            suppressions.delivered(
                session,
                lambda: str(session.execute(statements.WHOSE, {"w_id": message_id}).one()[0]),
                cause.service,
            )


def _count(service: str, state: str) -> None:
    MESSAGES.labels(service, state).inc()
