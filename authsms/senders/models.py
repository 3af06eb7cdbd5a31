"""Tables of the sender policy: the services, the policy itself, every version of both, and tests."""

from datetime import datetime

from sqlalchemy import JSON, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime
from authsms.senders.settings import SettingValue


class SenderServiceRecord(Base):
    """One configured provider account; its secrets are sealed together."""

    __tablename__ = "sender_service"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(64))
    position: Mapped[int]
    is_enabled: Mapped[bool]
    purposes: Mapped[list[str]] = mapped_column(JSON)
    countries: Mapped[list[str]] = mapped_column(JSON)
    prefixes: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    groups: Mapped[list[str]] = mapped_column("group_names", JSON, server_default="[]")
    labels: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    weight: Mapped[int] = mapped_column(server_default="1")
    senders: Mapped[dict[str, list[str]]] = mapped_column(JSON, server_default="{}")
    settings: Mapped[dict[str, SettingValue]] = mapped_column(JSON)
    secrets: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_marks: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    version: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[str] = mapped_column(String(200))


class SenderPolicyRecord(Base):
    """The policy: one row."""

    __tablename__ = "sender_policy"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    masks_recipients: Mapped[bool]
    wording: Mapped[str] = mapped_column(String(40))
    templates: Mapped[dict[str, str]] = mapped_column(JSON)
    segment_price: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[str] = mapped_column(String(200))


class SenderPolicyVersion(Base):
    """What policy and services looked like at one version, without secrets."""

    __tablename__ = "sender_policy_version"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    author: Mapped[str] = mapped_column(String(200))
    change: Mapped[str] = mapped_column(String(200))
    document: Mapped[dict[str, object]] = mapped_column(JSON)


class SenderTestRecord(Base):
    """A message an administrator sent to see whether a service works; cleaned of secrets, text and number."""

    __tablename__ = "sender_test"
    __table_args__ = (Index("ix_sender_test_service_started_at", "service", "started_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    service: Mapped[str] = mapped_column(String(40))
    is_typed: Mapped[bool]
    masked: Mapped[str] = mapped_column(String(32))
    author: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(String(400))
    provider_id: Mapped[str] = mapped_column(String(255))
    request: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None]
    answer: Mapped[str] = mapped_column(Text)
    advice: Mapped[str] = mapped_column(Text)
    milliseconds: Mapped[int]
