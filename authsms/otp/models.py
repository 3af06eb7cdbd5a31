"""Tables of codes: challenges, failures in a row, and when texts were sent."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import JSON, Boolean, Index, Integer, LargeBinary, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class ChallengeRow(Base):
    """One issued code; only its keyed hash is kept."""

    __tablename__ = "challenge"
    __table_args__ = (Index(None, "process_id", "method"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    process_id: Mapped[str] = mapped_column(String(64))
    person_key: Mapped[str] = mapped_column(String(200))
    method: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(16))
    sendable: Mapped[bool] = mapped_column(Boolean, doc="False: nobody was sent this code, so nobody can know it")
    attempts: Mapped[int] = mapped_column(Integer)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    number_hash: Mapped[str] = mapped_column(String(64), server_default="", doc="bound to the person by a right answer")
    number: Mapped[bytes | None] = mapped_column(LargeBinary, doc="sealed")


class MethodFailureRow(Base):
    """How one person stands with one method; survives codes, sessions, doors and restarts.

    Consecutive failures, and for codes by text message the number that the last one came back from. Both are in one
    row because a login reads and writes both at the same moments.
    """

    __tablename__ = "method_failure"

    person_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    method: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled: Mapped[bool] = mapped_column(Boolean)
    failed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    number_hash: Mapped[str] = mapped_column(String(64), server_default="", doc="keyed; empty: none is bound yet")
    number: Mapped[bytes | None] = mapped_column(LargeBinary, doc="sealed")
    new_number_hash: Mapped[str] = mapped_column(String(64), server_default="", doc="another one that was seen since")
    new_number_from: Mapped[datetime | None] = mapped_column(UtcDateTime, doc="from when on that one may be used")


class SendBudgetRow(Base):
    """When texts went to one number, or to one person, within the last day (seconds since 1970, oldest first)."""

    __tablename__ = "send_budget"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    sent: Mapped[list[float]] = mapped_column(JSON)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


CHALLENGE: Final = cast("Table", ChallengeRow.__table__)
METHOD_FAILURE: Final = cast("Table", MethodFailureRow.__table__)
SEND_BUDGET: Final = cast("Table", SendBudgetRow.__table__)
