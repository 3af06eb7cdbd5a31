"""The table ``[mail]`` of ``config.toml``."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from authsms.foundation.errors import InvalidInputError
from authsms.foundation.mail_address import read_address
from authsms.foundation.sections import Section

_HOST = re.compile(r"[A-Za-z0-9.:-]*")


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise ValueError("write a host name or an address, without a port")
    return value


def _address(value: str) -> str:
    try:
        return read_address(value) if value else ""
    except InvalidInputError:
        raise ValueError("write one plain address, e.g. login@example.com") from None


class MailSettings(Section):
    """Which mail server takes the notices of changed factors."""

    host: Annotated[str, AfterValidator(_host)] = Field(
        "", description="Mail server (SMTP) for notices of changed factors; empty: they go by text only"
    )
    port: int = Field(587, ge=1, le=65535, description="Its port; usually 465 with `tls`, 25 for relays")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`starttls` (never in clear), `tls` from the first byte, or `none`: readable on the way"
    )
    user: str = Field("", description="Name to sign in there with; empty: no sign-in")
    password: SecretStr = Field(SecretStr(""), description="Password for that")
    from_address: Annotated[str, AfterValidator(_address)] = Field("", description="Address that mails come from")
    ca_file: Path | None = Field(
        None, description="Certificates to trust for the mail server, instead of the usual ones"
    )
    timeout_seconds: int = Field(20, ge=1, le=60, description="How long one mail may take in all, in seconds")

    @model_validator(mode="after")
    def _belong_together(self) -> "MailSettings":
        password = self.password.get_secret_value()
        if self.host and not self.from_address:
            raise ValueError("mail.from_address is missing: the address that mails come from")
        if bool(self.user) != bool(password):
            raise ValueError("mail.user and mail.password: write both or none")
        if password and self.security == "none":
            raise ValueError('mail.password would be sent in clear; use security = "starttls" or "tls"')
        return self
