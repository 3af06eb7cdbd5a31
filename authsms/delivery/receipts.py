"""Receipts: what providers report later, in any order, more than once, and sometimes before we know that they accepted.

Every report is kept as a row, once. A message's state is then worked out from all reports known about it, so that
neither order nor repetition matters. A report that belongs to no attempt yet waits: it is taken up when the provider's
answer is recorded, or by the delivery process a moment later when both happened at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any, Final, cast

from sqlalchemy import Row, Table, delete, select
from sqlalchemy.orm import Session

from authsms.audit import AuditTrail
from authsms.contacts.suppression import SuppressionList
from authsms.delivery import ledger, statements
from authsms.delivery.journal import Cause, Journal
from authsms.delivery.ledger import subject_of
from authsms.delivery.models import Attempt, ReceiptRecord, fit
from authsms.delivery.states import LIVE, Failure, MessageState, Settle, after_receipt, after_receipts
from authsms.foundation import portions
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, after_commit, rowcount
from authsms.foundation.logs import get_logger
from authsms.foundation.metrics import DELIVERED_SECONDS
from authsms.foundation.vault import Vault
from authsms.senders.webhook import Receipt, ReceiptState

_KEEP_WAITING: Final = timedelta(days=3)
_AT_ONCE: Final = 200
_IN_PASSING: Final = frozenset({ReceiptState.SENT.value})
"""Reports that tell what the provider's answer has told: a power cut may take them."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Carried:
    """A message, the service that has had it, and what that calls it: empty when it did not say."""

    message_id: str
    service: str
    provider_id: str = ""


class ReceiptService:
    """Applies what verified webhooks (and polling) bring."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        audit: AuditTrail,
        suppressions: SuppressionList | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._journal = Journal(audit, suppressions)
        self._keep = statements.keep_receipt(database.insert(cast("Table", ReceiptRecord.__table__)))

    def apply(self, service: str, receipts: Sequence[Receipt]) -> int:
        """Record *receipts* of a sender service, which the plugin has verified; return how many were new."""
        now = self._clock.now()
        rows = [self._row(service, receipt, now) for receipt in receipts]
        # In one order, so that two calls with the same receipts wait for each other instead of blocking each other.
        rows.sort(key=itemgetter("key"))
        if len(rows) == 1 and rows[0]["state"] in _IN_PASSING:
            return int(self._jot(rows[0]))
        with self._database.write() as session:
            return sum(self._take(session, row) for row in rows)

    def absorb(self, session: Session, carried: Sequence[Carried]) -> None:
        """Take up what was reported about messages while their attempts were open."""
        # An empty provider id is nobody's: no waiting receipt shall match it.
        rows = [
            {"id": one.message_id, "service": one.service, "provider_id": one.provider_id or None} for one in carried
        ]
        found = portions.ask(session, statements.receipts_of, rows)
        for message_id, key, known in found:
            if known is None:
                _attach(session, message_id, key)
        for message_id in dict.fromkeys(row.id for row in found):
            self._advance(session, message_id, self._clock.now())

    def match_waiting(self) -> int:
        """Take up receipts that were recorded at the same moment as the attempt they belong to; return how many."""
        query = (
            select(ReceiptRecord.key, Attempt.message_id)
            .join(
                Attempt,
                (Attempt.service == ReceiptRecord.service) & (Attempt.provider_id == ReceiptRecord.provider_id),
            )
            .where(ReceiptRecord.message_id.is_(None))
            .limit(_AT_ONCE)
        )
        with self._database.read() as session:
            pairs = session.execute(query).all()
        for key, message_id in pairs:
            with self._database.write() as session:
                _attach(session, message_id, key)
                self._advance(session, message_id, self._clock.now())
        return len(pairs)

    def purge(self) -> int:
        """Delete receipts that nothing has claimed for days; return how many."""
        old = ReceiptRecord.received_at < self._clock.now() - _KEEP_WAITING
        with self._database.write() as session:
            return rowcount(session.execute(delete(ReceiptRecord).where(ReceiptRecord.message_id.is_(None), old)))

    def _row(self, service: str, receipt: Receipt, now: datetime) -> dict[str, Any]:
        provider_id = fit(receipt.provider_id or "", 255)
        reference = fit(receipt.reference or "", 100)
        word, code = fit(receipt.word, 64), fit(receipt.code, 64)
        return {
            "key": self._vault.keyed_hash("receipt", service, provider_id, reference, receipt.state.value, word, code),
            "service": service,
            "provider_id": provider_id,
            "reference": reference,
            "state": receipt.state.value,
            "word": word,
            "code": code,
            "opted_out": receipt.opted_out,
            "occurred_at": receipt.occurred_at,
            "received_at": now,
            "w_service": service,
            "w_provider_id": provider_id or None,
            "w_reference": reference or None,
        }

    def _jot(self, row: dict[str, Any]) -> bool:
        """Keep a receipt that hardly ever changes anything, at the cost of one statement; return whether it is new."""
        with self._database.jot_one() as connection:
            kept = connection.execute(self._keep, row).one_or_none()
        if kept is None:
            return False
        if _may_matter(kept, row):
            with self._database.write() as session:
                self._advance(session, kept[0], row["received_at"])
        return True

    def _take(self, session: Session, row: dict[str, Any]) -> bool:
        """Keep one receipt and do what it asks for; return False when it is known already."""
        kept = session.execute(self._keep, row).one_or_none()
        if kept is None:
            return False
        if row["state"] == ReceiptState.UNKNOWN_WORD.value:
            _log.warning("receipt.unknown_word", service=row["service"], word=row["word"])
        if not _may_matter(kept, row):
            return True
        if row["state"] == ReceiptState.DELIVERED.value:
            self._deliver(session, kept[0], row)
        else:
            self._advance(session, kept[0], row["received_at"])
        return True

    def _deliver(self, session: Session, message_id: str, row: dict[str, Any]) -> None:
        """Do what `_advance` would: nothing outweighs this report, so the others need not be looked at."""
        now, word, code = row["received_at"], row["word"], row["code"]
        found = ledger.deliver(session, message_id, now, code=code, word=word)
        if found is not None:
            self._tell(session, found, Settle(MessageState.DELIVERED), (word, code), now)

    def _advance(self, session: Session, message_id: str, now: datetime) -> None:
        """Work out the state of a message from all its receipts, and write it when it is another one."""
        found = session.execute(statements.STANDING, {"w_id": message_id}).one_or_none()
        if found is None:
            return
        reports = session.execute(statements.REPORTS, {"w_id": message_id}).all()
        old = MessageState(found.state)
        new = after_receipts(old, (ReceiptState(report.state) for report in reports))
        if new is old:
            return
        word, code = _reason(reports, new)
        verdict = Settle(new, _failure(reports) if new is MessageState.FAILED else None)
        ledger.report(session, message_id, verdict, now, code=code, word=word)
        self._tell(session, found, verdict, (word, code), now)

    def _tell(self, session: Session, found: Row[Any], verdict: Settle, reason: tuple[str, str], now: datetime) -> None:
        """Report what has become of a message; *reason* is word and code."""
        subject = subject_of(found)
        self._journal.note(session, subject, verdict, Cause(found.service, *reason, subject.attempts))
        if verdict.state is MessageState.DELIVERED:
            after_commit(session, partial(_measure, found.service, now - subject.created_at))


def _measure(service: str, duration: timedelta) -> None:
    DELIVERED_SECONDS.labels(service).observe(duration.total_seconds())


def _may_matter(kept: Sequence[Any], row: dict[str, Any]) -> bool:
    """Tell whether a receipt that was *kept* can change its message, which may have gone on since it was looked at.

    What changes nothing about a message that has left the queue changes nothing later either, because states never go
    backwards; as long as an attempt may be open, that is certain only while the row is held.
    """
    message_id, state = kept
    if message_id is None:
        return False
    seen = MessageState(state)
    return seen in LIVE or after_receipt(seen, ReceiptState(row["state"])) is not seen


def _attach(session: Session, message_id: str, key: str) -> None:
    session.execute(statements.ATTACH, {"w_key": key, "v_message_id": message_id})


def _failure(reports: Iterable[Row[Any]]) -> Failure:
    return Failure.OPTED_OUT if any(report.opted_out for report in reports) else Failure.UNDELIVERED


def _reason(reports: Iterable[Row[Any]], state: MessageState) -> tuple[str, str]:
    """Return word and code of the newest report that says *state*."""
    spoken = {MessageState.ACCEPTED: ReceiptState.SENT.value}.get(state, state.value)
    matching = [(report.word, report.code) for report in reports if report.state == spoken]
    return matching[-1] if matching else ("", "")
