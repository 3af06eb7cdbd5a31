"""The audit trail: who did what, when and from where; append only, and sealed into a hash chain.

A record is written inside the transaction of what it reports. Chaining it there would make every login wait for every
other one, so a record is chained a moment later by `AuditTrail.seal`, which the delivery process runs once a second:
it takes new records in the order in which it sees them, gives each a position and keys a hash over its content and
the hash before it. Whoever changes, removes or inserts a sealed record without the key breaks the chain;
`AuditTrail.verify` says where. Databases refuse UPDATE and DELETE on the records by trigger.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import JSON, BigInteger, Integer, String, Table, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from authsms.foundation.clock import Clock
from authsms.foundation.db import Base, Database, UtcDateTime
from authsms.foundation.vault import Vault

Detail = str | int | bool | None
_LONGEST = 200
_LATE_COMMITS = 5000
_BATCH = 1000
_BIG = BigInteger().with_variant(Integer, "sqlite")
GENESIS = "0" * 64


class AuditTag(StrEnum):
    """What an audit record may report."""

    LOGON_STARTED = "logon.started"
    LOGON_CHAIN_CHOSEN = "logon.chain-chosen"
    LOGON_METHOD_PASSED = "logon.method-passed"
    LOGON_METHOD_FAILED = "logon.method-failed"
    LOGON_SUSPICIOUS = "logon.suspicious"
    LOGON_FINISHED = "logon.finished"
    LOGON_CANCELLED = "logon.cancelled"
    LOGON_LIMITED = "logon.limited"
    METHOD_HELD = "method.held"
    METHOD_DISABLED = "method.disabled"
    METHOD_REBOUND = "method.re-bound"
    CHALLENGE_ISSUED = "challenge.issued"
    CHALLENGE_CONSUMED = "challenge.consumed"
    CHALLENGE_REFUSED = "challenge.refused"
    CHALLENGE_DEAD = "challenge.dead"
    MESSAGE_WITHHELD = "message.withheld"
    MESSAGE_ACCEPTED = "message.accepted"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_UNKNOWN = "message.unknown"
    MESSAGE_STALE = "message.stale"
    INBOUND_RECEIVED = "inbound.received"
    WEBHOOK_REFUSED = "webhook.refused"
    SESSION_ENDED = "session.ended"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - a word of the vocabulary, not a token
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - as above
    REPOSITORY_SAVED = "repository.saved"
    PEOPLE_IMPORTED = "people.imported"
    PERSON_REMOVED = "people.removed"
    SENDER_SAVED = "sender.saved"
    SENDER_TESTED = "sender.tested"
    ENDPOINT_CREATED = "endpoint.created"
    ENDPOINT_RENEWED = "endpoint.renewed"
    ADMINISTRATOR_CREATED = "administrator.created"
    KEY_ROTATED = "key.rotated"


class AuditRecord(Base):
    """One thing that happened; never changed, never deleted."""

    __tablename__ = "audit_record"

    id: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    tag: Mapped[str] = mapped_column(String(40))
    person_key: Mapped[str] = mapped_column(String(200), index=True)
    login: Mapped[str] = mapped_column(String(200), index=True)
    process_id: Mapped[str] = mapped_column(String(64), index=True)
    event: Mapped[str] = mapped_column(String(200))
    endpoint: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Detail]] = mapped_column(JSON)


class AuditSeal(Base):
    """The place of one record in the chain."""

    __tablename__ = "audit_seal"

    position: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    record_id: Mapped[int] = mapped_column(_BIG, unique=True)
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain: one row, locked while the chain grows."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(_BIG)
    hash: Mapped[str] = mapped_column(String(64))
    mac: Mapped[str] = mapped_column(String(64))


# Built once, and on the table: putting a statement together costs several times what running it does.
_INSERT = insert(cast("Table", AuditRecord.__table__))


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What to record; codes, texts, passwords and whole numbers have no place in it."""

    tag: AuditTag
    person_key: str = ""
    login: str = ""
    process_id: str = ""
    event: str = ""
    endpoint: str = ""
    address: str = ""
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditView:
    """One record as it is shown."""

    id: int
    at: datetime
    entry: AuditEntry


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


class AuditTrail:
    """Writes, seals, checks and searches the records."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def record(self, session: Session, entry: AuditEntry) -> None:
        """Add *entry* within the caller's transaction."""
        session.execute(
            _INSERT,
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
        with self._database.write() as session:
            first = {"id": 1, "position": 0, "hash": GENESIS, "mac": self._head_mac(0, GENESIS)}
            session.execute(self._database.insert(AuditHead).values(first).on_conflict_do_nothing())
            head = session.execute(select(AuditHead).with_for_update()).scalar_one()
            new = session.scalars(
                select(AuditRecord)
                .outerjoin(AuditSeal, AuditSeal.record_id == AuditRecord.id)
                .where(AuditSeal.position.is_(None), AuditRecord.id > self._floor(session))
                .order_by(AuditRecord.id)
                .limit(limit)
            ).all()
            position, digest = head.position, head.hash
            rows = []
            for record in new:
                position, digest = position + 1, self._link(digest, record)
                rows.append({"position": position, "record_id": record.id, "hash": digest})
            if rows:
                session.execute(insert(AuditSeal), rows)
                session.execute(
                    update(AuditHead).values(position=position, hash=digest, mac=self._head_mac(position, digest))
                )
        return len(rows)

    def verify(self) -> Verification:
        """Walk the whole chain and say where it breaks, if it does."""
        with self._database.read() as session:
            head = session.execute(select(AuditHead)).scalar_one_or_none()
            total = session.execute(select(func.count()).select_from(AuditRecord)).scalar_one()
            length = head.position if head else 0
            walked = self._walk(self._pairs(session, length))
        if walked.broken_at is not None or head is None:
            return replace(walked, waiting=max(total - length, 0))
        if head.mac != self._head_mac(head.position, head.hash):
            return Verification(walked.sealed, 0, length, "the end of the chain was rewritten")
        if walked.sealed != length or walked.head != head.hash:
            return Verification(walked.sealed, 0, walked.sealed + 1, "the end of the chain was cut off")
        return replace(walked, waiting=max(total - length, 0))

    def search(self, *, user: str = "", since: datetime | None = None, limit: int = 200) -> list[AuditView]:
        """Return the newest records, newest first, of one login name or person key, or of everybody."""
        query = select(AuditRecord).order_by(AuditRecord.id.desc()).limit(limit)
        if user:
            query = query.where((AuditRecord.login == user) | (AuditRecord.person_key == user))
        if since is not None:
            query = query.where(AuditRecord.at >= since)
        with self._database.read() as session:
            return list(_views(session.scalars(query)))

    def _floor(self, session: Session) -> int:
        """Return an id below which every record is sealed; late commits lie a little below the newest seal."""
        newest = session.execute(select(func.max(AuditSeal.record_id))).scalar_one()
        return max((newest or 0) - _LATE_COMMITS, 0)

    @staticmethod
    def _pairs(session: Session, length: int) -> Iterator[tuple[AuditSeal, AuditRecord | None]]:
        """Yield every seal up to *length* with its record, a batch at a time."""
        query = (
            select(AuditSeal, AuditRecord)
            .outerjoin(AuditRecord, AuditRecord.id == AuditSeal.record_id)
            .order_by(AuditSeal.position)
        )
        for start in range(0, length, _BATCH):
            within = AuditSeal.position.between(start + 1, min(start + _BATCH, length))
            yield from session.execute(query.where(within))
            session.expunge_all()

    def _walk(self, pairs: Iterable[tuple[AuditSeal, AuditRecord | None]]) -> Verification:
        expected, digest = 0, GENESIS
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

    def _link(self, previous: str, record: AuditRecord) -> str:
        content = json.dumps(
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
            ],
            ensure_ascii=True,
            sort_keys=True,
        )
        return self._vault.keyed_hash("audit", previous, content)

    def _head_mac(self, position: int, digest: str) -> str:
        return self._vault.keyed_hash("audit-head", str(position), digest)


def _views(records: Iterable[AuditRecord]) -> Iterator[AuditView]:
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


def _bounded(text: str) -> str:
    return "".join(mark if mark.isprintable() else "�" for mark in text[:_LONGEST])
