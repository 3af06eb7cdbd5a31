"""Tables of notices: what was sent under which name, and to whom, once each."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
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
    """Somebody who was sent a notice: once, however often it is started again."""

    __tablename__ = "notice_recipient"

    notice: Mapped[str] = mapped_column(ForeignKey(NoticeRow.name, ondelete="CASCADE"), primary_key=True)
    person_key: Mapped[str] = mapped_column(String(200), primary_key=True)
