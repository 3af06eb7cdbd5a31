"""Tables of administration: who administers, which callers were checked, what was counted, and what is wrong."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import JSON, Integer, SmallInteger, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class AdministratorRow(Base):
    """A person with roles.

    ``setup_until``: until then a password alone opens the portal, because no text can be sent yet; empty from the first
    sign-in with two factors on.
    """

    __tablename__ = "administrator"

    person_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    login: Mapped[str] = mapped_column(String(256))
    display_name: Mapped[str] = mapped_column(String(256))
    roles: Mapped[list[str]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(Integer)
    setup_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(256))


class CallerCheckRow(Base):
    """The last code that an agent of the help desk had sent to somebody on the phone; ``id`` stands for both."""

    __tablename__ = "caller_check"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    challenge_id: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(64))
    masked: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    proven_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TrafficHour(Base):
    """An hour of which logins and messages were counted, and when that was done last."""

    __tablename__ = "traffic_hour"

    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LogonTraffic(Base):
    """How often something happened to logins within an hour."""

    __tablename__ = "traffic_logon"

    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
    times: Mapped[int] = mapped_column(Integer)


class MessageTraffic(Base):
    """How many messages of an hour have the same in common, and how many segments they have together.

    ``is_taken``: a provider took it. ``is_used``: its code was typed and was right. ``lag``: see `traffic.LAGS`.
    """

    __tablename__ = "traffic_message"

    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    service: Mapped[str] = mapped_column(String(64), primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), primary_key=True)
    failure: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    is_taken: Mapped[bool] = mapped_column(primary_key=True)
    is_used: Mapped[bool] = mapped_column(primary_key=True)
    lag: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    messages: Mapped[int] = mapped_column(Integer)
    segments: Mapped[int] = mapped_column(Integer)


class AlarmRow(Base):
    """Something that is wrong, or was; ``key`` names it for good, so that it is raised once, however often seen."""

    __tablename__ = "alarm"

    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    severity: Mapped[str] = mapped_column(String(20))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    facts: Mapped[dict[str, str | int]] = mapped_column(JSON)


CALLER_CHECK: Final = cast("Table", CallerCheckRow.__table__)
