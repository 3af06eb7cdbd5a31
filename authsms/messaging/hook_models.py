"""Tables of webhooks: where a program is told of what became of its messages, and what it has not taken yet."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, LargeBinary, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class HookRow(Base):
    """Where one endpoint is told; its secret is sealed."""

    __tablename__ = "hook"

    endpoint_id: Mapped[str] = mapped_column(ForeignKey("endpoint.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    kinds: Mapped[list[str]] = mapped_column(JSON, doc="see HookKind")
    consents_seen: Mapped[int] = mapped_column(BigInteger, doc="id of the last consent record that was looked at")


class HookEventRow(Base):
    """One thing that an endpoint is still to be told; what it is told is sealed.

    ``due_at`` is empty once nobody tries any more.
    """

    __tablename__ = "hook_event"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("endpoint.id", ondelete="CASCADE"), index=True)
    person_key: Mapped[str] = mapped_column(String(200), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    failure: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HookToldRow(Base):
    """The state of a text that its program has been told last."""

    __tablename__ = "hook_told"

    message_id: Mapped[str] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))


HOOK: Final = cast("Table", HookRow.__table__)
HOOK_EVENT: Final = cast("Table", HookEventRow.__table__)
HOOK_TOLD: Final = cast("Table", HookToldRow.__table__)
