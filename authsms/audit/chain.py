"""The chain over the audit records: each seal keys a hash over its record and the seal before it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

from sqlalchemy import Executable, Row, Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from authsms.audit.models import AuditHead, AuditRecord, AuditSeal
from authsms.foundation import portions
from authsms.foundation.db import Database, rowcount
from authsms.foundation.vault import Vault

GENESIS = "0" * 64
_LATE_COMMITS = 5000
_BATCH = 1000
_JSON = json.JSONEncoder(ensure_ascii=True, sort_keys=True)
_RECORDS = cast("Table", AuditRecord.__table__)
_SEALS = cast("Table", AuditSeal.__table__)
_HEADS = cast("Table", AuditHead.__table__)
_HEAD = select(_HEADS.c.position, _HEADS.c.hash)
_MOVE = (
    update(_HEADS)
    .where(_HEADS.c.position == bindparam("behind"), _HEADS.c.hash == bindparam("before"))
    .values(position=bindparam("to"), hash=bindparam("last"), mac=bindparam("proof"))
)
_FIRST = select(func.min(_SEALS.c.position))
_LAST = select(func.max(_SEALS.c.position))
_NEWEST = select(func.max(_SEALS.c.record_id))
_IS_LATELY_SEALED = _SEALS.c.record_id > bindparam("floor")
_COUNT = select(func.count()).select_from(_SEALS).where(_IS_LATELY_SEALED, _SEALS.c.record_id <= bindparam("newest"))
# The seals are bounded as well: PostgreSQL would look at all there are.
_NEW = (
    select(*_RECORDS.c)
    .outerjoin(_SEALS, (_SEALS.c.record_id == _RECORDS.c.id) & _IS_LATELY_SEALED)
    .where(_SEALS.c.position.is_(None), _RECORDS.c.id > bindparam("floor"))
    .order_by(_RECORDS.c.id)
    .limit(bindparam("most"))
)


@cache
def _insert(count: int) -> Executable:
    return portions.insert_given(_SEALS, count, ("position", "record_id", "hash"))


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of walking the chain.

    Attributes:
        sealed: How many records were found in order.
        waiting: How many records are not sealed yet.
        broken_at: Position of the first seal that does not fit, or None.
        reason: What is wrong there, in words.
        head: Hash of the last record; keep it elsewhere to prove later that the chain was not cut.
    """

    sealed: int
    waiting: int
    broken_at: int | None = None
    reason: str = ""
    head: str = GENESIS


class AuditChain:
    """Seals new records and walks the seals."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._whole_up_to = 0  # the id up to which every record is known to be sealed
        first = {"id": 1, "position": 0, "hash": GENESIS, "mac": self._head_mac(0, GENESIS)}
        self._begin = database.insert(_HEADS).values(first).on_conflict_do_nothing()

    def seal(self, limit: int = 1000) -> int:
        """Chain up to *limit* new records; return how many. Safe to run in several processes at once."""
        while (sealed := self._seal(limit)) is None:
            continue  # another process was faster
        return sealed

    def _seal(self, limit: int) -> int | None:
        """Chain records, or return None when the chain has grown meanwhile.

        The links are worked out before the transaction: on SQLite nobody else can write while it is open.
        """
        with self._database.read() as session:
            head = session.execute(_HEAD).one_or_none()
            new = session.execute(_NEW, {"floor": self._floor(session), "most": limit}).all()
        if not new:
            return 0
        behind, before = (head.position, head.hash) if head else (0, GENESIS)
        position, digest = behind, before
        rows = []
        for record in new:
            position, digest = position + 1, self._link(digest, record)
            rows.append({"position": position, "record_id": record.id, "hash": digest})
        move = {"behind": behind, "before": before, "to": position, "last": digest}
        with self._database.write() as session:
            session.execute(self._begin)
            moved = session.execute(_MOVE, {**move, "proof": self._head_mac(position, digest)})
            if not rowcount(moved):
                return None
            portions.run(session, _insert, rows)
        return len(rows)

    def verify(self) -> Verification:
        """Walk the whole chain and say where it breaks, if it does."""
        with self._database.read() as session:
            first, newest = self._ends(session)
            head = session.execute(select(AuditHead)).scalar_one_or_none()
            total = session.execute(select(func.count()).select_from(AuditRecord)).scalar_one()
            length = head.position if head else 0
            walked = self._walk(self._pairs(session, length))
        if walked.broken_at is not None:
            return replace(walked, waiting=max(total - length, 0))
        if first < 1 or newest > length or (head and head.mac != self._head_mac(head.position, head.hash)):
            return Verification(walked.sealed, 0, length, "the end of the chain was rewritten")
        if walked.sealed != length or (head and walked.head != head.hash):
            return Verification(walked.sealed, 0, walked.sealed + 1, "the end of the chain was cut off")
        return replace(walked, waiting=max(total - length, 0))

    def verify_part(self, start: int, limit: int) -> Verification:
        """Walk at most *limit* seals behind position *start*, which was walked before; at the end, check that too.

        Attributes of the result count from the beginning: ``waiting`` is what comes after ``sealed``.
        """
        with self._database.read() as session:
            first, newest = self._ends(session)
            head = session.execute(select(AuditHead)).scalar_one_or_none()
            length = head.position if head else 0
            before = session.get(AuditSeal, start) if start else None
            if start and before is None:
                return Verification(start - 1, 0, start, "a seal is missing")
            digest = before.hash if before else GENESIS
            stop = min(start + limit, length)
            walked = self._walk(self._pairs(session, stop, start), start, digest)
        if walked.broken_at is not None:
            return walked
        if first < 1 or newest > length or (head and head.mac != self._head_mac(head.position, head.hash)):
            return Verification(walked.sealed, 0, length, "the end of the chain was rewritten")
        if walked.sealed != max(stop, start) or (head and walked.sealed >= length and walked.head != head.hash):
            return Verification(walked.sealed, 0, walked.sealed + 1, "the end of the chain was cut off")
        return replace(walked, waiting=max(length - walked.sealed, 0))

    def _floor(self, session: Session) -> int:
        """Return an id below which every record is sealed; late commits lie a little below the newest seal.

        Once there are as many seals as ids, nothing can commit late between them, and they are not looked at again.
        """
        newest = session.execute(_NEWEST).scalar_one() or 0
        known = self._whole_up_to if self._whole_up_to <= newest else 0  # fewer than before: it is another database
        floor = max(known, newest - _LATE_COMMITS)
        if session.execute(_COUNT, {"floor": floor, "newest": newest}).scalar_one() == newest - floor:
            floor = newest
        self._whole_up_to = floor
        return floor

    @staticmethod
    def _ends(session: Session) -> tuple[int, int]:
        """Return the first and the last position of all seals, also those that somebody forged.

        The head is to be read afterwards: what others seal meanwhile would look forged.
        """
        first, newest = (session.execute(end).scalar_one() for end in (_FIRST, _LAST))
        return (1, 0) if newest is None else (first, newest)

    @staticmethod
    def _pairs(session: Session, length: int, behind: int = 0) -> Iterator[tuple[AuditSeal, AuditRecord | None]]:
        """Yield every seal behind one position and up to *length* with its record, a batch at a time."""
        query = (
            select(AuditSeal, AuditRecord)
            .outerjoin(AuditRecord, AuditRecord.id == AuditSeal.record_id)
            .order_by(AuditSeal.position)
        )
        for start in range(behind, length, _BATCH):
            within = AuditSeal.position.between(start + 1, min(start + _BATCH, length))
            yield from session.execute(query.where(within))
            session.expunge_all()

    def _walk(
        self, pairs: Iterable[tuple[AuditSeal, AuditRecord | None]], expected: int = 0, digest: str = GENESIS
    ) -> Verification:
        for seal, record in pairs:
            expected += 1
            problem = self._problem(expected, digest, seal, record)
            if problem:
                return Verification(expected - 1, 0, expected, problem)
            digest = seal.hash
        return Verification(expected, 0, head=digest)

    def _problem(self, expected: int, previous: str, seal: AuditSeal, record: AuditRecord | None) -> str:
        if seal.position != expected:
            return "a seal is missing"
        if record is None:
            return "the sealed record is gone"
        return "" if seal.hash == self._link(previous, record) else "the record or its seal was changed"

    def _link(self, previous: str, record: AuditRecord | Row[Any]) -> str:
        content = _JSON.encode(
            [
                record.id,
                record.at.isoformat(timespec="microseconds"),
                record.tag,
                record.person_key,
                record.login,
                record.process_id,
                record.event,
                record.endpoint,
                record.address,
                record.details,
            ]
        )
        return self._vault.keyed_hash("audit", previous, content)

    def _head_mac(self, position: int, digest: str) -> str:
        return self._vault.keyed_hash("audit-head", str(position), digest)
