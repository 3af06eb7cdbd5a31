"""Tables of programs that have people texted."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import String, Table
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class ProgramNoticeRow(Base):
    """A notice that a program has sent, and no other may look at; a request that comes again finds this row."""

    __tablename__ = "program_notice"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(String(64), doc="keyed hash of its texts")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


PROGRAM_NOTICE: Final = cast("Table", ProgramNoticeRow.__table__)
