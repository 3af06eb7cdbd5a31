"""The tables of the audit trail."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from authsms.audit.vocabulary import Detail
from authsms.foundation.db import Base, UtcDateTime

_BIG = BigInteger().with_variant(Integer, "sqlite")


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
