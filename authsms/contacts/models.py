"""Tables of consent: whom not to text, what people have texted us, and what they have agreed to."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class SuppressionRecord(Base):
    """A number that must not be texted from a sender, until ``lifted_at`` is set.

    ``recipient_hash`` is that of the outbox. One row for a number, a service and a sender, however often somebody
    changes his mind; the audit trail knows the past. An empty ``sender`` stands for every sender of the service.
    """

    __tablename__ = "suppression"
    __table_args__ = (
        UniqueConstraint("recipient_hash", "service", "sender", name="uq_suppression_recipient_hash"),
        Index(
            "ix_suppression_standing",
            "since",
            "id",
            sqlite_where=sql("lifted_at IS NULL"),
            postgresql_where=sql("lifted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    recipient_hash: Mapped[str] = mapped_column(String(64))
    service: Mapped[str] = mapped_column(String(64))
    sender: Mapped[str] = mapped_column(String(40))
    shown_sender: Mapped[str] = mapped_column(String(40))
    masked: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(16))
    word: Mapped[str] = mapped_column(String(64))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[str] = mapped_column(String(200))


class InboundTextRecord(Base):
    """A text that somebody sent us; ``key`` lets a provider tell it as often as it likes.

    The words are sealed, and wiped after a while; the row stays, so that an old call that is replayed finds it.
    """

    __tablename__ = "inbound_text"
    __table_args__ = (
        Index("ix_inbound_text_recipient_hash", "recipient_hash", "received_at"),
        Index("ix_inbound_text_service", "service"),
        Index("ix_inbound_text_received_at", "received_at"),
    )

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    service: Mapped[str] = mapped_column(String(64))
    recipient_hash: Mapped[str] = mapped_column(String(64))
    masked: Mapped[str] = mapped_column(String(32))
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    kind: Mapped[str] = mapped_column(String(16))
    is_answered: Mapped[bool]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContactRow(Base):
    """A number that somebody has named for notices and offers; ``recipient_hash`` is that of the outbox.

    ``challenge_id`` is the code that makes this number of this person a live one, and no other: it goes with the
    number. ``wording`` is what was ticked when that code was asked for.
    """

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("person_key", "recipient_hash"),
        Index("ix_contact_recipient_hash", "recipient_hash"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_key: Mapped[str] = mapped_column(String(200))
    login: Mapped[str] = mapped_column(String(256))
    kind: Mapped[str] = mapped_column(String(16))
    position: Mapped[int]
    number: Mapped[bytes] = mapped_column(LargeBinary)
    recipient_hash: Mapped[str] = mapped_column(String(64))
    masked: Mapped[str] = mapped_column(String(32))
    country: Mapped[str] = mapped_column(String(2))
    state: Mapped[str] = mapped_column(String(16))
    locale: Mapped[str] = mapped_column(String(16))
    challenge_id: Mapped[str] = mapped_column(String(64))
    wording: Mapped[str] = mapped_column(String(600))
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConsentRow(Base):
    """Who has agreed to be texted where, or no longer does; rows are added and never changed, the database sees to it.

    ``stated_at`` is when the consent was given according to a file; our own is ``at``.
    """

    __tablename__ = "consent"
    __table_args__ = (
        Index("ix_consent_person_key", "person_key", "id"),
        Index("ix_consent_recipient_hash", "recipient_hash", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    person_key: Mapped[str] = mapped_column(String(200))
    login: Mapped[str] = mapped_column(String(256))
    contact_id: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(16))
    number: Mapped[bytes] = mapped_column(LargeBinary)
    recipient_hash: Mapped[str] = mapped_column(String(64))
    masked: Mapped[str] = mapped_column(String(32))
    wording: Mapped[str] = mapped_column(String(600))
    source: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64))
    stated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
