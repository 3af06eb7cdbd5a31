"""Tables of offers: what was asked, whom, at which numbers, by which links, and what they have said."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class OfferRow(Base):
    """A text that asks; ``number`` is what people name it by in their replies, and is never used again.

    ``texts`` holds what people read, by language, sealed: it is sent more than once. ``places_left`` only ever goes
    down, in the one conditional UPDATE that decides who was first. Once ``closed_at`` is set, ``told_at`` waits until
    everybody who must hear of it has been told.

    ``change`` counts what happens to those who are asked: each gets the next number with his new state, and as this row
    is locked for it, numbers are seen in their order. ``endpoint_id`` is the program whose offer it is, or empty, and
    ``content`` a keyed hash of what that has asked for.
    """

    __tablename__ = "offer"
    __table_args__ = (
        Index("ix_offer_expires_at", "expires_at"),
        Index("ix_offer_endpoint_id", "endpoint_id"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    name: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(16))
    texts: Mapped[bytes] = mapped_column(LargeBinary)
    places: Mapped[int]
    places_left: Mapped[int]
    attempts: Mapped[int]
    spread_seconds: Mapped[int]
    is_enforced: Mapped[bool]
    author: Mapped[str] = mapped_column(String(256))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end: Mapped[str] = mapped_column(String(16))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    endpoint_id: Mapped[str] = mapped_column(String(64), server_default="")
    content: Mapped[str] = mapped_column(String(64), server_default="")
    change: Mapped[int] = mapped_column(server_default="0")
    hook_change: Mapped[int] = mapped_column(server_default="0", doc="the last one its program has been told")
    hook_end: Mapped[str] = mapped_column(String(16), server_default="", doc="the end its program has been told")


class OfferRecipientRow(Base):
    """Somebody who is asked; ``place`` is his turn, and ``state`` leaves *asked* once; ``change`` numbers it then.

    ``due_at`` is set while a further attempt waits. ``message_id`` is the last text he was sent, ``told_state`` what he
    has been told of since.
    """

    __tablename__ = "offer_recipient"
    __table_args__ = (Index("ix_offer_recipient_due_at", "due_at"),)

    offer: Mapped[int] = mapped_column(ForeignKey(OfferRow.number, ondelete="CASCADE"), primary_key=True)
    person_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    login: Mapped[str] = mapped_column(String(256))
    display_name: Mapped[str] = mapped_column(String(256))
    place: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    way: Mapped[str] = mapped_column(String(16))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts_made: Mapped[int]
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    message_id: Mapped[str] = mapped_column(String(64))
    told_state: Mapped[str] = mapped_column(String(16))
    change: Mapped[int] = mapped_column(server_default="0")


class OfferReplyRow(Base):
    """A yes by text that came in time, until the directory has said whether the account is good; numbered in turn.

    It is answered from the number that was texted, through the same service.
    """

    __tablename__ = "offer_reply"
    __table_args__ = (
        UniqueConstraint("offer", "person_key"),
        Index("ix_offer_reply_due_at", "due_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    offer: Mapped[int] = mapped_column(ForeignKey(OfferRow.number, ondelete="CASCADE"))
    person_key: Mapped[str] = mapped_column(String(200))
    recipient_hash: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(16))
    service: Mapped[str] = mapped_column(String(64))
    sender: Mapped[str] = mapped_column(String(120))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OfferAddressRow(Base):
    """A number somebody was asked at; within an offer a number stands for one person, also when several share it.

    ``number`` is sealed, ``recipient_hash`` is that of the outbox.
    """

    __tablename__ = "offer_address"
    __table_args__ = (Index("ix_offer_address_recipient_hash", "recipient_hash"),)

    offer: Mapped[int] = mapped_column(ForeignKey(OfferRow.number, ondelete="CASCADE"), primary_key=True)
    recipient_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_key: Mapped[str] = mapped_column(String(200))
    number: Mapped[bytes] = mapped_column(LargeBinary)
    locale: Mapped[str] = mapped_column(String(16))
    texted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OfferLinkRow(Base):
    """A link that was texted; only the keyed hash of its token is kept, and each text has one of its own."""

    __tablename__ = "offer_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    offer: Mapped[int] = mapped_column(ForeignKey(OfferRow.number, ondelete="CASCADE"), index=True)
    person_key: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(16))
