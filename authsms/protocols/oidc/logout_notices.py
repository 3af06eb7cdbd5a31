"""Which endpoints are still to be told that a login session has ended: one row each, until they have heard it.

A row is written in the transaction that ends the session. Trying it moves its next try on first, so that a process that
dies in between costs nothing but time, and of two processes one tries.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.vault import Vault
from authsms.logon.models import EndpointRow
from authsms.logon.sessions import Ending
from authsms.protocols.oidc.models import AuthorizationCodeRow, LogoutNoticeRow

WAITS: Final = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 900, 1800))
_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Notice:
    """That one endpoint is to be told of the end of one session.

    Attributes:
        tries: How often that was tried already.
    """

    id: str
    client_id: str
    session_id: str
    person_key: str
    tries: int

    @property
    def is_last_try(self) -> bool:
        """Whether nobody tries again when the next try fails, too."""
        return self.tries + 1 >= len(WAITS)


class LogoutNotices:
    """Writes down, hands out and settles notices."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit

    def follow(self, session: Session, ending: Ending) -> None:
        """Note, together with the end of sessions, which endpoints that got a token in them want to know."""
        code = AuthorizationCodeRow
        took_part = (
            select(code.client_id, code.session_id)
            .join(EndpointRow, EndpointRow.id == code.client_id)
            .where(code.session_id.in_(ending.sessions), code.used_at.is_not(None), EndpointRow.backchannel_uri != "")
            .distinct()
        )
        rows = [
            {
                "id": self._vault.new_id(),
                "client_id": client_id,
                "session_id": session_id,
                "person_key": ending.person_key,
                "tries": 0,
                "due_at": self._clock.now(),
            }
            for client_id, session_id in (session.execute(took_part).all() if ending.sessions else ())
        ]
        if rows:
            session.execute(insert(LogoutNoticeRow), rows)

    def due(self, *, without: Collection[str] = ()) -> Sequence[Notice]:
        """Return some notices that are due, oldest first, but none for the endpoints *without*."""
        row = LogoutNoticeRow
        query = (
            select(row.id, row.client_id, row.session_id, row.person_key, row.tries)
            .where(row.due_at <= self._clock.now(), row.client_id.not_in(without))
            .order_by(row.due_at, row.id)
            .limit(_AT_ONCE)
        )
        with self._database.read() as session:
            return [Notice(*found) for found in session.execute(query)]

    def take(self, notice: Notice) -> bool:
        """Count a try that begins now; False when another process has begun it."""
        mine = update(LogoutNoticeRow).where(LogoutNoticeRow.id == notice.id, LogoutNoticeRow.tries == notice.tries)
        next_try = self._clock.now() + WAITS[min(notice.tries, len(WAITS) - 1)]
        with self._database.write() as session:
            return rowcount(session.execute(mine.values(tries=notice.tries + 1, due_at=next_try))) == 1

    def settle(self, notice: Notice, *, failure: str = "") -> None:
        """Forget a notice; *failure* is why its endpoint will not hear of it, for the audit trail."""
        with self._database.write() as session:
            session.execute(delete(LogoutNoticeRow).where(LogoutNoticeRow.id == notice.id))
            if failure:
                entry = AuditEntry(
                    AuditTag.LOGOUT_UNHEARD,
                    person_key=notice.person_key,
                    endpoint=notice.client_id,
                    details={"session": notice.session_id, "reason": failure},
                )
                self._audit.record(session, entry)
