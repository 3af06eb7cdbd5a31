"""Tables of notices: what is to be sent, what was sent under which name, and to whom, once each."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class NoticeRow(Base):
    """A notice or an offer; its texts are only in the outbox, sealed, until they are handed over."""

    __tablename__ = "notice"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    author: Mapped[str] = mapped_column(String(256))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoticeRecipientRow(Base):
    """Somebody who was sent a notice: once, however often it is started again, and each number once.

    ``recipient_hash`` is that of the outbox; empty in rows of old.
    """

    __tablename__ = "notice_recipient"
    __table_args__ = (Index("ix_notice_recipient_number", "notice", "recipient_hash", unique=True),)

    notice: Mapped[str] = mapped_column(ForeignKey(NoticeRow.name, ondelete="CASCADE"), primary_key=True)
    person_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    recipient_hash: Mapped[str | None] = mapped_column(String(64))


class NoticeOrderRow(Base):
    """A notice from the moment somebody wrote it until its last text is queued.

    ``letter`` holds texts and audience, ``samples`` what a few people would read; both are sealed, and wiped when they
    have served. ``place`` is the one of the audience who was dealt with last; it moves in the transaction that queues
    the texts up to there. An order belongs to a process until ``leased_until``, as long as ``owner`` stays the same.
    """

    __tablename__ = "notice_order"
    __table_args__ = (Index("ix_notice_order_state", "state", "starts_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    author: Mapped[str] = mapped_column(String(256))
    letter: Mapped[bytes | None] = mapped_column(LargeBinary)
    samples: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(String(300))
    looked_up: Mapped[int] = mapped_column(Integer)
    audience: Mapped[int] = mapped_column(Integer)
    tally: Mapped[dict[str, int]] = mapped_column(JSON)
    problem: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(64))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoticeTemplateRow(Base):
    """Texts to be used again, by language; a change is a further version, and the last few of them are kept."""

    __tablename__ = "notice_template"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    texts: Mapped[dict[str, str]] = mapped_column(JSON)
    author: Mapped[str] = mapped_column(String(256))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
