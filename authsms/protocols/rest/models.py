"""Table of the REST door: which endpoint session may go on with which logon."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import LargeBinary, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class RestLogonRow(Base):
    """A logon that an endpoint began, and the login session that came of it.

    Attributes:
        id: The process's.
        endpoint_session: Id of the endpoint session that may go on with it.
        endpoint_id: Whose session that is; it may look at what came of the logon later, too.
        ticket: The sealed right to go on, and whom the endpoint calls for.
        told: The challenge of which the endpoint has been told that its code is on its way.
        session_id: Public id of the login session, once there is one.
    """

    __tablename__ = "rest_logon"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    endpoint_session: Mapped[str] = mapped_column(String(64))
    endpoint_id: Mapped[str] = mapped_column(String(64))
    ticket: Mapped[bytes] = mapped_column(LargeBinary)
    told: Mapped[str] = mapped_column(String(64))
    session_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


REST_LOGON: Final = cast("Table", RestLogonRow.__table__)
