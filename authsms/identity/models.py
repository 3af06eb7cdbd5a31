"""Tables of identity: which repositories there are, and the people and groups of built-in ones."""

from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, LargeBinary, String, Table, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class RepositoryRow(Base):
    """One configured repository; *version* grows with every change, so that other processes notice."""

    __tablename__ = "repository"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_set_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    secret_set_by: Mapped[str] = mapped_column(String(256), server_default="")
    is_default: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OwnNumberRow(Base):
    """A phone number that somebody has given himself, in place of the one that his repository has."""

    __tablename__ = "own_number"

    person_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[bytes] = mapped_column(LargeBinary, doc="sealed")
    masked: Mapped[str] = mapped_column(String(32))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    listed_hash: Mapped[str] = mapped_column(String(64), server_default="", doc="keyed; the one that was used before")


class PreferenceRow(Base):
    """What somebody has chosen for himself."""

    __tablename__ = "preference"

    person_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    language: Mapped[str] = mapped_column(String(16))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LocalPerson(Base):
    """Someone in a built-in repository."""

    __tablename__ = "local_person"
    __table_args__ = (UniqueConstraint("repository", "login_key"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    repository: Mapped[str] = mapped_column(String(32))
    login: Mapped[str] = mapped_column(String(256))
    login_key: Mapped[str] = mapped_column(String(256))
    display_name: Mapped[str] = mapped_column(String(200))
    mail: Mapped[str] = mapped_column(String(254))
    phones: Mapped[list[str]] = mapped_column(JSON)
    password_digest: Mapped[str | None] = mapped_column(String(256))
    must_change: Mapped[bool] = mapped_column(Boolean, server_default=false(), doc="the password, at the next sign-in")
    enabled: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LocalGroup(Base):
    """A group of a built-in repository."""

    __tablename__ = "local_group"
    __table_args__ = (UniqueConstraint("repository", "name_key"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    repository: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))


class LocalMembership(Base):
    """Who is in which group."""

    __tablename__ = "local_membership"

    person_id: Mapped[str] = mapped_column(ForeignKey(LocalPerson.id, ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey(LocalGroup.id, ondelete="CASCADE"), primary_key=True, index=True)


OWN_NUMBER: Final = cast("Table", OwnNumberRow.__table__)
PREFERENCE: Final = cast("Table", PreferenceRow.__table__)
