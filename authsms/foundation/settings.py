"""Settings: ``instance/config.toml``, over it the environment (``AUTHSMS_…``), and secrets from files.

``AUTHSMS_DATABASE__URL`` sets ``url`` in the table ``[database]``; ``AUTHSMS_DATABASE__URL_FILE`` names a file that
holds the value. A key that is unknown or misspelt, in the file or in the environment, is refused by its name: a
setting that silently does nothing is worse than none. (pydantic-settings passes over unknown variables of the
environment, so the reading is done here and pydantic judges the result.)

People, repositories, events and sender services are not settings: they live in the database, where administrators
change them.
"""

import ipaddress
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from authsms.foundation.db import sqlite_url
from authsms.foundation.errors import ConfigurationError
from authsms.foundation.settings_sources import PREFIX, merge, read_environment, read_toml

_LOOPBACK_NAMES = frozenset({"localhost"})


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise ValueError("write the address people use, without a path, e.g. https://login.example.com")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _network(value: str) -> str:
    ipaddress.ip_network(value, strict=False)
    return value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(_Section):
    """Where everything is kept."""

    url: SecretStr = Field(
        SecretStr(""), description="`sqlite:////path/file.db` or `postgresql://…`; empty: SQLite in the instance folder"
    )
    pool_size: int = Field(10, ge=1, le=100, description="PostgreSQL connections each process keeps")


class ServerSettings(_Section):
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


class OtpSettings(_Section):
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

    @property
    def lifetime(self) -> timedelta:
        """How long a code is good."""
        return timedelta(seconds=self.lifetime_seconds)


class SmsSettings(_Section):
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

    @property
    def fallback(self) -> timedelta:
        """After how long a text that no provider has taken is late."""
        return timedelta(seconds=self.fallback_seconds)


class DeliverySettings(_Section):
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


class SessionSettings(_Section):
    """How long somebody stays signed in here."""

    idle_seconds: int = Field(3600, ge=60, le=86_400, description="Ends a session that is not used, in seconds")
    absolute_seconds: int = Field(43_200, ge=300, le=86_400, description="Ends every session, in seconds")

    @property
    def idle(self) -> timedelta:
        """After how long without use a session ends."""
        return timedelta(seconds=self.idle_seconds)

    @property
    def absolute(self) -> timedelta:
        """After how long every session ends."""
        return timedelta(seconds=self.absolute_seconds)


class NetworkSettings(_Section):
    """What outgoing calls may reach."""

    allowed: tuple[str, ...] = Field(
        (),
        description="Private hosts (`gateway.internal`, `host:port`) or networks that may be called, also over http",
    )
    ca_file: Path | None = Field(
        None, description="Certificates to trust for sender services, instead of the usual ones"
    )


class LoggingSettings(_Section):
    """What is logged, to standard error."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe level")
    as_json: bool = Field(default=True, description="One JSON object a line; otherwise lines for people")


class RadiusSettings(_Section):
    """Where RADIUS is answered; who may ask is kept in the database (`authsms radius client`)."""

    host: str = Field("", description="Address to listen on, `0.0.0.0` or `::` for all; empty: no RADIUS")
    port: int = Field(1812, ge=1, le=65535, description="UDP port to listen on")
    threads: int = Field(16, ge=1, le=128, description="Requests worked on at once; eight times as many may wait")


class MetricsSettings(_Section):
    """Who may read `/metrics`."""

    token: SecretStr = Field(SecretStr(""), description="Bearer token; empty: only from this machine")


class AlarmSettings(_Section):
    """When the dashboard and the audit trail report trouble that is coming."""

    balance_below: float = Field(
        10, ge=0, description="What is left on a provider's account, in its currency, before it is told; 0: never"
    )
    certificate_days: int = Field(14, ge=0, le=365, description="Days before a certificate ends that it is told")
    silent_webhook_hours: int = Field(
        6, ge=0, le=168, description="Hours without any report from a provider that takes messages; 0: any time"
    )


class Settings(_Section):
    """Everything set outside the database; see the tables in the README."""

    instance: Path = Field(Path("instance"), exclude=True)
    environment: Literal["production", "development"] = Field(
        "production", description="`development` allows http on loopback"
    )
    debug: bool = Field(default=False, description="Never in production: it shows internals to strangers")
    public_url: Annotated[str, AfterValidator(_origin)] = Field(
        "http://127.0.0.1:8080", description="The address people use, e.g. `https://login.example.com`"
    )
    plugins: tuple[str, ...] = Field(
        (
            *("authsms_twilio", "authsms_generic_http", "authsms_clickatell", "authsms_clickatell_platform"),
            *("authsms_lox24", "authsms_lox24_httpsms", "authsms_messagebird", "authsms_messagebird_v1"),
            *("authsms_messagemedia", "authsms_messagemedia_soap", "authsms_signalwire"),
        ),
        description="Provider plugins to load",
    )
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    otp: OtpSettings = OtpSettings()
    sms: SmsSettings = SmsSettings()
    delivery: DeliverySettings = DeliverySettings()
    sessions: SessionSettings = SessionSettings()
    network: NetworkSettings = NetworkSettings()
    radius: RadiusSettings = RadiusSettings()
    logging: LoggingSettings = LoggingSettings()
    metrics: MetricsSettings = MetricsSettings()
    alarms: AlarmSettings = AlarmSettings()

    @model_validator(mode="after")
    def _refuse_danger(self) -> "Settings":
        if self.debug and self.environment == "production":
            raise ValueError('debug is on in production; remove it or set environment = "development"')
        if not self.is_https and (self.environment == "production" or not self.is_loopback):
            raise ValueError(
                'public_url must start with https:// (http only with environment = "development" on loopback)'
            )
        if self.server.trusted_proxies and not self.server.proxy_drops_underscores:
            raise ValueError(
                "server.trusted_proxies is set, but the embedded server takes X_Forwarded_For for X-Forwarded-For; "
                "make the proxy drop header names with underscores and set server.proxy_drops_underscores = true"
            )
        return self

    @property
    def is_https(self) -> bool:
        """Whether people reach this server by https."""
        return self.public_url.startswith("https://")

    @property
    def is_loopback(self) -> bool:
        """Whether people reach this server on this machine only."""
        host = urlsplit(self.public_url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host in _LOOPBACK_NAMES

    @property
    def public_host(self) -> str:
        """Host part of the public address, without a port."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def database_url(self) -> str:
        """Address of the database; SQLite in the instance folder unless another one is set."""
        return self.database.url.get_secret_value() or sqlite_url(self.instance / "authsms.db")

    @property
    def keys_file(self) -> Path:
        """Where the keys are kept."""
        return self.instance / "keys.json"


def load_settings(instance: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of one installation.

    Args:
        instance: Its folder; ``AUTHSMS_INSTANCE`` or ``instance`` below the current folder when left out.
        environment: The variables of the process when left out.

    Raises:
        ConfigurationError: Names every key that is unknown or out of range.
    """
    variables = dict(os.environ if environment is None else environment)
    folder = (instance or Path(variables.get("AUTHSMS_INSTANCE", "instance"))).absolute()
    file = folder / "config.toml"
    values = merge(read_toml(file), read_environment(variables, Settings))
    try:
        return Settings.model_validate({**values, "instance": folder})
    except ValidationError as error:
        problems = "\n".join(_sentence(item) for item in error.errors())
        source = (
            f"Settings come from {file}{'' if file.exists() else ' (which is missing)'} and from {PREFIX}… variables."
        )
        raise ConfigurationError(f"{problems}\n{source}") from None


def _sentence(item: Any) -> str:
    place = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"Unknown setting {place}: check the spelling."
    problem = str(item["msg"]).removeprefix("Value error, ")
    return f"{place}: {problem}" if place else problem
