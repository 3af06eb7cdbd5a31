"""The tables of ``config.toml``, each with its defaults and what may stand there."""

import ipaddress
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator


def _network(value: str) -> str:
    ipaddress.ip_network(value, strict=False)
    return value


def _time_of_day(value: str) -> str:
    if value:
        try:
            time.fromisoformat(value)
        except ValueError:
            raise ValueError("write a time as 21:00") from None
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("there is no such time zone; write one as Europe/Berlin") from None
    return value


class Section(BaseModel):
    """A table: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(Section):
    """Where everything is kept."""

    url: SecretStr = Field(
        SecretStr(""), description="`sqlite:////path/file.db` or `postgresql://…`; empty: SQLite in the instance folder"
    )
    pool_size: int = Field(
        10,
        ge=1,
        le=100,
        description="PostgreSQL connections each process keeps; single statements may open as many again, a queue two",
    )


class ServerSettings(Section):
    """How the embedded web server runs."""

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8080, ge=1, le=65535, description="Port to listen on")
    workers: int = Field(0, ge=0, le=64, description="Web processes; 0: as many as cores, at most 4")
    threads: int = Field(32, ge=1, le=256, description="Requests each process works on at once")
    requests_per_minute: int = Field(
        6000, ge=0, description="Requests a minute from one address to one web process before it answers 429; 0: any"
    )
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        (), description="Addresses or networks of reverse proxies whose forwarding headers are believed"
    )
    proxy_drops_underscores: bool = Field(
        default=False,
        description="The proxy drops header names with underscores (nginx does); needed behind a proxy",
    )


class OtpSettings(Section):
    """One-time codes."""

    length: int = Field(6, ge=6, le=10, description="Digits of a code")
    lifetime_seconds: int = Field(120, ge=30, le=600, description="How long a code is good, in seconds")
    attempts: int = Field(5, ge=1, le=5, description="Tries per code")
    profile: Literal["owasp", "light"] = Field(
        "owasp", description="Cost of hashing codes: `owasp` (19 MiB, 2 passes) or `light` (7 MiB, 1 pass)"
    )
    hold_after: int = Field(
        5, ge=1, le=20, description="Consecutive failures of a person before each further try has to wait"
    )
    failure_cap: int = Field(
        20, ge=5, le=100, description="Consecutive failures before the method is disabled until it is bound again"
    )
    app_digits: int = Field(
        6, ge=6, le=8, multiple_of=2, description="Digits of the codes of authenticator apps set up from now on: 6 or 8"
    )
    app_algorithm: Literal["SHA1", "SHA256", "SHA512"] = Field(
        "SHA1", description="What those apps make codes with; several show wrong codes with anything but `SHA1`"
    )

    @property
    def lifetime(self) -> timedelta:
        """How long a code is good."""
        return timedelta(seconds=self.lifetime_seconds)


class SmsSettings(Section):
    """Limits of what is sent, and how numbers without a country code are read."""

    default_region: str = Field(
        "DE", pattern="^[A-Z]{2}$", description="Country of numbers written without a country code"
    )
    countries: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = Field(
        (), description="Countries that may be texted; empty: all"
    )
    resend_seconds: int = Field(
        30, ge=10, le=600, description="Wait before the first resend; it doubles with each further one"
    )
    fallback_seconds: int = Field(
        20, ge=5, le=600, description="A text no provider has taken by then: the page offers another way to sign in"
    )
    per_ten_minutes: int = Field(3, ge=1, le=20, description="Most codes to one number in ten minutes")
    per_day: int = Field(10, ge=1, le=200, description="Most codes to one number in a day")
    number_change_hours: int = Field(
        24,
        ge=0,
        le=720,
        description="Wait before codes go to a number that was changed in a directory; 0: only the old one is told",
    )

    own_numbers: bool = Field(
        default=False, description="People may give a number of their own on their page, in place of the directory's"
    )

    @property
    def number_change(self) -> timedelta:
        """How long a number that was changed in a directory waits."""
        return timedelta(hours=self.number_change_hours)

    @property
    def fallback(self) -> timedelta:
        """After how long a text that no provider has taken is late."""
        return timedelta(seconds=self.fallback_seconds)


class HelpdeskSettings(Section):
    """What a help desk may do for callers."""

    require_proof: bool = Field(
        default=False,
        description="Unlocking, resetting and emergency passwords only after the caller has read out a code",
    )
    emergency_hours: int = Field(24, ge=1, le=168, description="Longest life of an emergency password")


class NoticeSettings(Section):
    """When notices and offers are sent; codes are never held back."""

    quiet_from: Annotated[str, AfterValidator(_time_of_day)] = Field(
        "", description="`21:00`: from then on notices and offers wait; empty: they go at any hour"
    )
    quiet_until: Annotated[str, AfterValidator(_time_of_day)] = Field(
        "", description="`08:00`: until then they wait, by the recipient's clock where the number tells its time zone"
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="Of this installation, e.g. `Europe/Berlin`: for all other numbers, and what people type"
    )

    @model_validator(mode="after")
    def _know_both_ends(self) -> "NoticeSettings":
        if bool(self.quiet_from) != bool(self.quiet_until) or (self.quiet_from and self.quiet_from == self.quiet_until):
            raise ValueError("quiet_from and quiet_until: write both, as two times of day")
        return self


class DeliverySettings(Section):
    """What carries word of new messages to delivery processes; the messages themselves stay in the database."""

    broker: SecretStr = Field(
        SecretStr(""), description="`amqp(s)://…` or `redis(s)://…`, needs `authsms[celery]`; empty: no broker"
    )
    ca_file: Path | None = Field(None, description="Certificates to trust for the broker, instead of the usual ones")

    @model_validator(mode="after")
    def _know_the_broker(self) -> "DeliverySettings":
        kind = self.broker.get_secret_value().partition("://")[0]
        if kind not in {"", "amqp", "amqps", "redis", "rediss"}:
            raise ValueError("broker: write amqp://…, amqps://…, redis://… or rediss://…")
        return self


class SessionSettings(Section):
    """How long somebody stays signed in here."""

    idle_seconds: int = Field(3600, ge=60, le=86_400, description="Ends a session that is not used, in seconds")
    absolute_seconds: int = Field(43_200, ge=300, le=86_400, description="Ends every session, in seconds")
    offline_days: int = Field(
        30, ge=1, le=365, description="Ends what an application got by `offline_access`, in days from the sign-in"
    )

    @property
    def idle(self) -> timedelta:
        """After how long without use a session ends."""
        return timedelta(seconds=self.idle_seconds)

    @property
    def absolute(self) -> timedelta:
        """After how long every session ends."""
        return timedelta(seconds=self.absolute_seconds)

    @property
    def offline(self) -> timedelta:
        """After how long every line of refresh tokens ends."""
        return timedelta(days=self.offline_days)


class NetworkSettings(Section):
    """What outgoing calls may reach."""

    allowed: tuple[str, ...] = Field(
        (),
        description="Private hosts (`gateway.internal`, `host:port`) or networks that may be called, also over http",
    )
    ca_file: Path | None = Field(
        None, description="Certificates to trust for sender services, instead of the usual ones"
    )


class LoggingSettings(Section):
    """What is logged, to standard error."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe level")
    as_json: bool = Field(default=True, description="One JSON object a line; otherwise lines for people")


class RadiusSettings(Section):
    """Where RADIUS is answered; who may ask is kept in the database (`authsms radius client`)."""

    host: str = Field("", description="Address to listen on, `0.0.0.0` or `::` for all; empty: no RADIUS")
    port: int = Field(1812, ge=1, le=65535, description="UDP port to listen on")
    threads: int = Field(16, ge=1, le=128, description="Requests worked on at once; eight times as many may wait")


class RetentionSettings(Section):
    """How long what is known of people is kept; consents and the audit trail stay."""

    messages_days: int = Field(90, ge=1, le=3650, description="Messages, from when they were queued, in days")
    inbound_texts_days: int = Field(30, ge=1, le=365, description="The words of texts that people sent here, in days")
    notices_days: int = Field(90, ge=1, le=3650, description="Whom a notice or an offer went to, from its end, in days")

    @property
    def messages(self) -> timedelta:
        """How long messages are kept."""
        return timedelta(days=self.messages_days)

    @property
    def inbound_texts(self) -> timedelta:
        """How long the words of texts are kept that people sent."""
        return timedelta(days=self.inbound_texts_days)

    @property
    def notices(self) -> timedelta:
        """How long it is known whom a notice went to."""
        return timedelta(days=self.notices_days)


class MetricsSettings(Section):
    """Who may read `/metrics`."""

    token: SecretStr = Field(SecretStr(""), description="Bearer token; empty: only from this machine")


class AlarmSettings(Section):
    """When the dashboard and the audit trail report trouble that is coming."""

    balance_below: float = Field(
        10, ge=0, description="What is left on a provider's account, in its currency, before it is told; 0: never"
    )
    certificate_days: int = Field(14, ge=0, le=365, description="Days before a certificate ends that it is told")
    silent_webhook_hours: int = Field(
        6, ge=0, le=168, description="Hours without any report from a provider that takes messages; 0: any time"
    )
