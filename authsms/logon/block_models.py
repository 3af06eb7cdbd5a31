"""The table of blocks: whom an administrator keeps out."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import String, Table
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime
from authsms.logon.models import NAME


class PersonBlockRow(Base):
    """Somebody whom an administrator keeps out, whatever the directory says."""

    __tablename__ = "person_block"

    person_key: Mapped[str] = mapped_column(NAME, primary_key=True)
    login: Mapped[str] = mapped_column(NAME)
    reason: Mapped[str] = mapped_column(String(300))
    blocked_by: Mapped[str] = mapped_column(NAME)
    blocked_at: Mapped[datetime] = mapped_column(UtcDateTime)


PERSON_BLOCK: Final = cast("Table", PersonBlockRow.__table__)
