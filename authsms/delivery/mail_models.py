"""The table of mails that are to go out."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import LargeBinary, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class MailRow(Base):
    """One mail to one person; address and words are sealed, and wiped when it is sent or given up.

    ``due_at`` is empty from then on; ``failure`` is why the last try failed.
    """

    __tablename__ = "mail"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_key: Mapped[str] = mapped_column(String(200), index=True)
    login: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    tries: Mapped[int]
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    failure: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


MAIL: Final = cast("Table", MailRow.__table__)
