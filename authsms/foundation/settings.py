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
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator

from authsms.foundation.db import sqlite_url
from authsms.foundation.errors import ConfigurationError
from authsms.foundation.mail_settings import MailSettings
from authsms.foundation.sections import (
    AlarmSettings,
    DatabaseSettings,
    DeliverySettings,
    HelpdeskSettings,
    LoggingSettings,
    MetricsSettings,
    NetworkSettings,
    NoticeSettings,
    OtpSettings,
    RadiusSettings,
    RetentionSettings,
    Section,
    ServerSettings,
    SessionSettings,
    SmsSettings,
)
from authsms.foundation.settings_sources import PREFIX, merge, read_environment, read_toml

_LOOPBACK_NAMES = frozenset({"localhost"})


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise ValueError("write the address people use, without a path, e.g. https://login.example.com")
    return f"{parts.scheme}://{parts.netloc}".lower()


class Settings(Section):
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
        description="Plugins to load: providers and methods",
    )
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    otp: OtpSettings = OtpSettings()
    sms: SmsSettings = SmsSettings()
    helpdesk: HelpdeskSettings = HelpdeskSettings()
    notices: NoticeSettings = NoticeSettings()
    mail: MailSettings = MailSettings()
    delivery: DeliverySettings = DeliverySettings()
    sessions: SessionSettings = SessionSettings()
    network: NetworkSettings = NetworkSettings()
    radius: RadiusSettings = RadiusSettings()
    logging: LoggingSettings = LoggingSettings()
    metrics: MetricsSettings = MetricsSettings()
    alarms: AlarmSettings = AlarmSettings()
    retention: RetentionSettings = RetentionSettings()

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
