"""Messages as a table for a spreadsheet: streamed, bounded, and harmless to the program that opens it."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from authsms.administration.actors import PROOF_LASTS, Actor
from authsms.administration.rights import Right
from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.delivery.activity import Activity, LoggedMessage, Place, Wanted
from authsms.foundation.db import Database
from authsms.foundation.errors import ProofNeededError

MOST_ROWS: Final = 50_000
_AT_ONCE: Final = 500
_COLUMNS: Final = (
    "id",
    "queued_at",
    "state",
    "reason",
    "purpose",
    "login",
    "recipient",
    "service",
    "provider_id",
    "code",
    "provider_words",
    "attempts",
    "segments",
    "accepted_at",
    "finished_at",
)
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


class MessageExport:
    """Hands the log out as CSV (RFC 4180).

    Args:
        most: Rows at most.
    """

    def __init__(self, database: Database, audit: AuditTrail, activity: Activity, *, most: int = MOST_ROWS) -> None:
        self._database = database
        self._audit = audit
        self._activity = activity
        self._most = most

    def lines(
        self, actor: Actor, wanted: Wanted, *, services: Sequence[str], shown: Mapping[str, str]
    ) -> Iterator[str]:
        """Return the lines of the table, newest message first, at most `MOST_ROWS`; recorded before the first one.

        Args:
            actor: Who wants it.
            wanted: Which messages.
            services: As `Activity.portion`.
            shown: What was asked for, in words; for the record.

        Raises:
            ForbiddenError: The actor may not see messages.
            ProofNeededError: So much at once is only given to somebody who has just proven who he is.
        """
        actor.require(Right.MESSAGES_SEE)
        if actor.proof_age > PROOF_LASTS:
            raise ProofNeededError("Sign in again to export messages.")
        entry = AuditEntry(
            AuditTag.MESSAGES_EXPORTED,
            person_key=actor.person_key,
            login=actor.login,
            address=actor.address,
            details=dict(shown),
        )
        with self._database.write() as session:
            self._audit.record(session, entry)
        return self._written(wanted, services)

    def _written(self, wanted: Wanted, services: Sequence[str]) -> Iterator[str]:
        yield line(_COLUMNS)
        left = self._most
        after: Place | None = None
        while left > 0:
            size = min(_AT_ONCE, left)
            found = self._activity.portion(wanted, services=services, after=after, size=size)
            yield from map(_row, found)
            left -= len(found)
            if len(found) < size:
                return
            after = found[-1].place


def line(cells: Iterable[str]) -> str:
    """Return one line of CSV whose cells no spreadsheet takes for formulas."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return written.getvalue()


def _harmless(cell: str) -> str:
    text = "".join(mark if mark.isprintable() else " " for mark in cell)
    return f"'{text}" if cell.startswith(_FORMULAS) else text


def _row(message: LoggedMessage) -> str:
    return line(
        (
            message.id,
            _moment(message.created_at),
            message.state.value,
            message.failure,
            message.purpose.value,
            message.login,
            message.masked,
            message.service,
            message.provider_id,
            message.code,
            message.detail,
            str(message.attempts),
            "" if message.segments is None else str(message.segments),
            _moment(message.accepted_at),
            _moment(message.finished_at),
        )
    )


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
