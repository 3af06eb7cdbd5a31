"""Table of the RADIUS door: where a logon that a device was asked about goes on."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import LargeBinary, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class RadiusChallengeRow(Base):
    """One open question.

    Attributes:
        id: Keyed hash of how it is found: client and user name, with the State of a challenge.
        ticket: The sealed right to go on.
    """

    __tablename__ = "radius_challenge"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    ticket: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


RADIUS_CHALLENGE: Final = cast("Table", RadiusChallengeRow.__table__)
