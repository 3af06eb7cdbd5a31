"""Writes audit records and finds them again."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache, partial
from typing import Any, cast

from sqlalchemy import Executable, Table, bindparam, insert, select
from sqlalchemy.orm import Session

from authsms.audit.chain import AuditChain, Verification
from authsms.audit.models import AuditRecord
from authsms.audit.vocabulary import AuditEntry, AuditTag, AuditView
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, before_commit, post
from authsms.foundation.vault import Vault

_LONGEST = 200
_AT_ONCE = 10
_WAITING = "authsms_audit_records"
_TABLE = cast("Table", AuditRecord.__table__)
_COLUMNS = tuple(column for column in _TABLE.c if not column.primary_key)


class AuditTrail:
    """Writes, seals, checks and searches the records."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._chain = AuditChain(database, vault)

    def record(self, session: Session, entry: AuditEntry) -> None:
        """Add *entry* within the caller's transaction; it is written together with others, right before the commit."""
        waiting: list[dict[str, Any]] | None = session.info.get(_WAITING)
        if waiting is None:
            waiting = session.info[_WAITING] = []
            before_commit(session, partial(_write, session))
        waiting.append(
            {
                "at": self._clock.now(),
                "tag": entry.tag.value,
                "person_key": _bounded(entry.person_key),
                "login": _bounded(entry.login),
                "process_id": entry.process_id,
                "event": _bounded(entry.event),
                "endpoint": _bounded(entry.endpoint),
                "address": _bounded(entry.address)[:64],
                "details": {
                    name: _bounded(value) if isinstance(value, str) else value for name, value in entry.details.items()
                },
            },
        )

    def seal(self, limit: int = 1000) -> int:
        """Chain up to *limit* new records; return how many. Safe to run in several processes at once."""
        return self._chain.seal(limit)

    def verify(self) -> Verification:
        """Walk the whole chain and say where it breaks, if it does."""
        return self._chain.verify()

    def verify_part(self, start: int, limit: int = 20_000) -> Verification:
        """Walk the next *limit* seals behind position *start*; ``waiting`` is how many are left."""
        return self._chain.verify_part(start, limit)

    def search(self, *, user: str = "", since: datetime | None = None, limit: int = 200) -> list[AuditView]:
        """Return the newest records, newest first, of one login name or person key, or of everybody."""
        query = select(AuditRecord).order_by(AuditRecord.id.desc()).limit(limit)
        if user:
            query = query.where((AuditRecord.login == user) | (AuditRecord.person_key == user))
        if since is not None:
            query = query.where(AuditRecord.at >= since)
        with self._database.read() as session:
            return list(views(session.scalars(query)))


def views(records: Iterable[AuditRecord]) -> Iterator[AuditView]:
    """Yield *records* as they are shown."""
    for record in records:
        entry = AuditEntry(
            AuditTag(record.tag),
            record.person_key,
            record.login,
            record.process_id,
            record.event,
            record.endpoint,
            record.address,
            record.details,
        )
        yield AuditView(record.id, record.at, entry)


def _write(session: Session) -> None:
    """Write the records that wait in a session, in their order."""
    rows = session.info.pop(_WAITING)
    for start in range(0, len(rows), _AT_ONCE):
        portion = rows[start : start + _AT_ONCE]
        values = {f"{name}_{number}": value for number, row in enumerate(portion) for name, value in row.items()}
        post(session, _insert(len(portion)), values)


@cache
def _insert(count: int) -> Executable:
    """Return the statement that writes so many records; putting it together costs more than running it."""
    names = [
        {column.name: bindparam(f"{column.name}_{number}", type_=column.type) for column in _COLUMNS}
        for number in range(count)
    ]
    return insert(_TABLE).values(names).inline()  # nobody asks for the numbers they get


def _bounded(text: str) -> str:
    short = text[:_LONGEST]
    return short if short.isprintable() else "".join(mark if mark.isprintable() else "�" for mark in short)
