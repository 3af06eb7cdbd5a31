"""Tables of delivery: messages, the attempts to hand them over, what providers reported, workers, and their tasks."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, String, Text, false
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime

TROUBLE: Final = "failure <> ''"
"""What somebody may come to look for among many that went well; has an index that holds nothing else.

It is the messages that failed, are unknown, stale or withheld, each of which has a reason. An index that named their
states would have PostgreSQL write every index of the table anew whenever any message reaches its next state.
"""


class Message(Base):
    """A text to be sent.

    A message waits exactly while ``due_at`` is set, and belongs to a worker exactly while ``owner`` is set; never
    both. The two partial indexes hold only such rows, so that claiming stays fast however many messages have been sent
    before. ``country`` is the ISO 3166 one of the recipient's number, ``ZZ`` for none, empty for no number; ``label``
    is that of the event, and ``member_of`` holds, one a line, those groups of the recipient that the sender policy
    asks for: what the way of the text depends on, kept until it is sent. ``through`` is the only way that an answer may
    take, service and sender one a line; empty for all other texts.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_waiting",
            "priority",
            "turn",
            "due_at",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
        Index(
            "ix_message_waiting_expires_at",
            "expires_at",
            sqlite_where=sql("due_at IS NOT NULL"),
            postgresql_where=sql("due_at IS NOT NULL"),
        ),
        Index(
            "ix_message_owner",
            "owner",
            sqlite_where=sql("owner IS NOT NULL"),
            postgresql_where=sql("owner IS NOT NULL"),
        ),
        Index("ix_message_person", "person_key", "login", "created_at"),
        Index("ix_message_trouble", "created_at", sqlite_where=sql(TROUBLE), postgresql_where=sql(TROUBLE)),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    priority: Mapped[int] = mapped_column(SmallInteger)
    turn: Mapped[int] = mapped_column(BigInteger, server_default="0")
    recipient: Mapped[bytes | None] = mapped_column(LargeBinary)
    recipient_hash: Mapped[str] = mapped_column(String(64), index=True)
    masked: Mapped[str] = mapped_column(String(32))
    country: Mapped[str] = mapped_column(String(2), server_default="")
    label: Mapped[str] = mapped_column(String(40), server_default="")
    member_of: Mapped[str] = mapped_column(Text, server_default="")
    through: Mapped[str] = mapped_column(String(120), server_default="")
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    reference: Mapped[str] = mapped_column(String(100), index=True)
    person_key: Mapped[str] = mapped_column(String(200))
    login: Mapped[str] = mapped_column(String(200))
    process_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    owner: Mapped[str | None] = mapped_column(String(100))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int]
    doubts: Mapped[int]
    is_proven: Mapped[bool] = mapped_column(server_default=false())
    in_flight: Mapped[bool]
    service: Mapped[str] = mapped_column(String(64))
    provider_id: Mapped[str] = mapped_column(String(255))
    segments: Mapped[int | None]
    failure: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Attempt(Base):
    """One try to hand a message to a sender service; written before the socket opens."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index(
            "ix_attempt_service_provider_id",
            "service",
            "provider_id",
            sqlite_where=sql("provider_id IS NOT NULL"),
            postgresql_where=sql("provider_id IS NOT NULL"),
        ),
    )

    message_id: Mapped[str] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    service: Mapped[str] = mapped_column(String(64))
    policy_version: Mapped[int]
    worker: Mapped[str] = mapped_column(String(100))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(String(300))
    provider_id: Mapped[str | None] = mapped_column(String(255))
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReceiptRecord(Base):
    """What a provider reported about a message; ``key`` makes a repeated report one row.

    A receipt that no attempt is known for yet (it was faster than the provider's answer) waits with an empty
    ``message_id``.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        Index(
            "ix_receipt_waiting",
            "received_at",
            sqlite_where=sql("message_id IS NULL"),
            postgresql_where=sql("message_id IS NULL"),
        ),
    )

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    service: Mapped[str] = mapped_column(String(64))
    provider_id: Mapped[str] = mapped_column(String(255), index=True)
    reference: Mapped[str] = mapped_column(String(100))
    message_id: Mapped[str | None] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    word: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(64))
    opted_out: Mapped[bool]
    occurred_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WorkerRecord(Base):
    """A delivery process and when it was last seen alive."""

    __tablename__ = "worker"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    host: Mapped[str] = mapped_column(String(200))
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PeriodicRun(Base):
    """One run of a periodic task; the key lets no two processes run the same slot."""

    __tablename__ = "periodic_run"

    task: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(String(64))


def fit(words: str, limit: int) -> str:
    """Return foreign *words* fit for a column: no control characters, no lone surrogates, at most *limit* long."""
    short = words[:limit]
    return (short if short.isprintable() else "".join(mark if mark.isprintable() else " " for mark in short)).strip()
