"""Tables of the brakes: what sender services are like now, and how much may be sent."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class ServiceConditionRecord(Base):
    """One sender service; it has no row as long as nothing has ever been the matter with it."""

    __tablename__ = "service_condition"

    service: Mapped[str] = mapped_column(String(64), primary_key=True)
    breaker: Mapped[str] = mapped_column(String(10))
    failures: Mapped[list[float]] = mapped_column(JSON)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pause_seconds: Mapped[float] = mapped_column(Float(53))
    reason: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(64))
    probe: Mapped[str] = mapped_column(String(80))
    pace: Mapped[float] = mapped_column(Float(53), server_default="0")
    policy_version: Mapped[int]
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_by: Mapped[str] = mapped_column(String(200))


class PurposePauseRecord(Base):
    """A purpose whose messages wait."""

    __tablename__ = "purpose_pause"

    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    paused_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paused_by: Mapped[str] = mapped_column(String(200))


class DemotionRecord(Base):
    """A service that is tried after the others in one country, because what it takes does not arrive there."""

    __tablename__ = "service_demotion"

    service: Mapped[str] = mapped_column(String(64), primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    demoted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    pause_seconds: Mapped[float] = mapped_column(Float(53))
    is_active: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(200))


class DeliveryTally(Base):
    """What became, within minutes, of the texts of one minute that one service took for one country.

    Attributes:
        accepted: Texts the service took.
        reported: Those it has reported about since, whatever it said.
        delivered: Those it says have reached a phone.
    """

    __tablename__ = "delivery_tally"

    slot: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    service: Mapped[str] = mapped_column(String(64), primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    accepted: Mapped[int]
    reported: Mapped[int]
    delivered: Mapped[int]


class ServiceRateRecord(Base):
    """How many texts a second one service may be given, and how many at once."""

    __tablename__ = "service_rate"

    service: Mapped[str] = mapped_column(String(64), primary_key=True)
    per_second: Mapped[float] = mapped_column(Float(53))
    burst: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[str] = mapped_column(String(200))


class SpendingCapRecord(Base):
    """How much may be sent in an hour or a day; costs are in ten-thousandths of the policy's currency."""

    __tablename__ = "spending_cap"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    scope: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(64))
    period: Mapped[str] = mapped_column(String(4))
    most_texts: Mapped[int | None] = mapped_column(BigInteger)
    most_cost: Mapped[int | None] = mapped_column(BigInteger)
    reserve_percent: Mapped[int]
    alarm_percent: Mapped[int]
    is_brake: Mapped[bool]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[str] = mapped_column(String(200))


class SpendingUseRecord(Base):
    """What one cap has seen in one of its windows."""

    __tablename__ = "spending_use"

    cap_id: Mapped[str] = mapped_column(ForeignKey("spending_cap.id", ondelete="CASCADE"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    texts: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[int] = mapped_column(BigInteger)
