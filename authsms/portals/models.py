"""The portals' one table: answers to forms, kept for a minute."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class FormAnswer(Base):
    """A form that was sent; ``answer`` is sealed, and empty while the first copy is worked on."""

    __tablename__ = "form_answer"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
