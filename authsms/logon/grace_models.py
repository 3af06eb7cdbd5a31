"""The table of graces: who has finished a strong chain where, and when."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import JSON, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime
from authsms.logon.models import NAME


class GraceRow(Base):
    """A finished chain that unlocks shorter ones for a while, at one event and in one place."""

    __tablename__ = "grace"

    place: Mapped[str] = mapped_column(String(64), primary_key=True, doc="keyed hash: a browser's, or an endpoint's")
    person_key: Mapped[str] = mapped_column(NAME, index=True)
    event: Mapped[str] = mapped_column(NAME)
    chain: Mapped[str] = mapped_column(NAME)
    methods: Mapped[list[str]] = mapped_column(JSON, doc="wire names of what has passed")
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, doc="nothing is unlocked after this")


GRACE: Final = cast("Table", GraceRow.__table__)
