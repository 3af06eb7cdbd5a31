"""Settings of an LDAP repository, with presets for the usual directories."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from typing_extensions import override

from authsms.foundation.errors import ConfigurationError
from authsms.identity.ldap.requests import Filter

_LDAP_PORT = 389
_LDAPS_PORT = 636
_PLACEHOLDER = re.compile(r"\{(login|dn)\}")

Names = Annotated[tuple[str, ...], Field(max_length=10)]
Seconds = Annotated[float, Field(gt=0, le=60)]


class IdForm(StrEnum):
    """How the immutable id is written in the directory."""

    UUID = "uuid"
    GUID = "guid"
    TEXT = "text"


class GroupSource(StrEnum):
    """Where groups come from: nowhere, an attribute of the person, or a search for groups that name the person."""

    NONE = "none"
    MEMBER_OF = "member-of"
    SEARCH = "search"


PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "openldap": {
            "person_filter": "(&(objectClass=person)(uid={login}))",
            "id_attribute": "entryUUID",
            "id_form": IdForm.UUID,
            "login_attribute": "uid",
            "groups": GroupSource.SEARCH,
            "group_filter": "(|(&(objectClass=groupOfNames)(member={dn}))"
            "(&(objectClass=groupOfUniqueNames)(uniqueMember={dn})))",
        },
        "active_directory": {
            "person_filter": "(&(objectCategory=person)(objectClass=user)"
            "(|(sAMAccountName={login})(userPrincipalName={login})))",
            "id_attribute": "objectGUID",
            "id_form": IdForm.GUID,
            "login_attribute": "sAMAccountName",
            "groups": GroupSource.SEARCH,
            # LDAP_MATCHING_RULE_IN_CHAIN: members of members too.
            "group_filter": "(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={dn}))",
        },
    }
)


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """One directory server."""

    host: str
    port: int
    tls_at_once: bool

    @override
    def __str__(self) -> str:
        scheme = "ldaps" if self.tls_at_once else "ldap"
        return f"{scheme}://[{self.host}]:{self.port}" if ":" in self.host else f"{scheme}://{self.host}:{self.port}"


class LdapSettings(BaseModel):
    """Everything about one directory but its secret.

    Attributes:
        servers: ``ldaps://host:port`` or ``ldap://host:port``, the preferred one first.
        start_tls: Start TLS on ``ldap://`` before anything is said.
        allow_plaintext: Say aloud that passwords may travel unprotected.
        ca_file: Certificates that servers must be signed by (PEM); it replaces the machine's own and whatever the
            environment names. Empty: the machine's own.
        certificates: The same as a text instead of a file.
        bind_dn: Service account that may search; empty searches anonymously.
        base: Where people are.
        preset: ``openldap`` or ``active_directory``: defaults of what is left out below.
        person_filter: Filter of the one person with ``{login}``.
        id_attribute: What never changes about a person, not even by renaming.
        id_form: How that is written: ``uuid``, ``guid`` or ``text``.
        login_attribute: The user name.
        phone_attributes: Attributes with numbers, the preferred one first.
        name_attributes: Attributes with a name to show; the first that is there counts.
        mail_attribute: The mail address.
        groups: Where groups come from: ``search``, ``member-of`` (an attribute of the person) or ``none``.
        group_filter: Filter of the groups of ``{dn}`` or ``{login}``.
        group_base: Where groups are; empty: *base*. Groups elsewhere do not count.
        group_name_attribute: What a group is called.
        group_names: Compare groups by ``name`` or by ``dn``.
        allow_password_changes: People whose password is overdue may change it by way of this server, and others on
            the page of their account; by the directory's own rules.
        decoy_dn: An existing account whose password nobody knows; it is tried when nobody was found. Needed only where
            the directory hashes slowly or counts failures, because it answers for an unknown DN sooner.
        default_region: Country of numbers without a country code; empty: that of the server.
        connect_timeout_seconds: How long opening a connection may take.
        receive_timeout_seconds: How long an answer may take.
        patience_seconds: How long a caller waits for a free connection.
        connections: Most connections each process opens to a directory.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    servers: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)]
    start_tls: bool = False
    allow_plaintext: bool = False
    ca_file: str = ""
    certificates: str = ""
    bind_dn: str = ""
    base: str
    preset: str = "openldap"
    person_filter: str = ""
    id_attribute: str = ""
    id_form: IdForm = IdForm.UUID
    login_attribute: str = ""
    phone_attributes: Names = ("mobile",)
    name_attributes: Names = ("displayName", "cn")
    mail_attribute: str = "mail"
    groups: GroupSource = GroupSource.SEARCH
    group_filter: str = ""
    group_base: str = ""
    group_name_attribute: str = "cn"
    group_names: Annotated[str, Field(pattern="^(name|dn)$")] = "name"
    allow_password_changes: bool = False
    decoy_dn: str = ""
    default_region: Annotated[str, Field(pattern="^([A-Z]{2})?$")] = ""
    connect_timeout_seconds: Seconds = 2.0
    receive_timeout_seconds: Seconds = 4.0
    patience_seconds: Seconds = 1.0
    connections: Annotated[int, Field(ge=1, le=64)] = 6

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Self:
        """Return checked settings.

        Raises:
            ConfigurationError: A key is unknown, missing or unusable; each is named.
        """
        try:
            return cls.model_validate(dict(settings))
        except ValidationError as error:
            problems = "; ".join(map(_problem, error.errors(include_url=False, include_input=False)))
            raise ConfigurationError(f"The LDAP repository cannot be used: {problems}.") from None

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        preset = given.get("preset", "openldap")
        if preset not in PRESETS:
            raise ValueError(f"preset is none of {', '.join(PRESETS)}")
        return {**PRESETS[preset], **{name: value for name, value in given.items() if value != "" or name == "base"}}

    @field_validator("person_filter", "group_filter")
    @classmethod
    def _filter_is_readable(cls, text: str) -> str:
        left = _PLACEHOLDER.sub("x", text)
        if "{" in left or "}" in left:
            raise ValueError("the filter knows {login} and {dn} only")
        Filter(left)
        return text

    @field_validator("ca_file")
    @classmethod
    def _ca_file_exists(cls, text: str) -> str:
        if text and not Path(text).is_file():
            raise ValueError("there is no such file")
        return text

    @field_validator("certificates")
    @classmethod
    def _certificates_are_readable(cls, text: str) -> str:
        if text:
            try:
                ssl.create_default_context(cadata=text)
            except (ssl.SSLError, ValueError, TypeError):
                raise ValueError("the text holds no certificate in PEM form") from None
        return text

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if "{login}" not in self.person_filter:
            raise ValueError("person_filter needs {login}")
        for server in self.addresses():
            if not (server.tls_at_once or self.start_tls or self.allow_plaintext):
                raise ValueError(
                    f"{server} would carry passwords unprotected; write ldaps://, or set start_tls = true, "
                    "or, if you really mean it, allow_plaintext = true"
                )
        return self

    def addresses(self) -> tuple[ServerAddress, ...]:
        """Return the servers in order."""
        return tuple(_address(url) for url in self.servers)

    def trust(self) -> tuple[object, ...]:
        """Return what decides to whom the service account's password is shown."""
        return (self.addresses(), self.start_tls, self.allow_plaintext, self.ca_file, self.certificates)


def _address(url: str) -> ServerAddress:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    if parts.scheme not in {"ldap", "ldaps"} or not parts.hostname or parts.username or parts.path.strip("/"):
        raise ValueError("a server is written ldaps://host:port or ldap://host:port")
    tls_at_once = parts.scheme == "ldaps"
    return ServerAddress(parts.hostname, port or (_LDAPS_PORT if tls_at_once else _LDAP_PORT), tls_at_once)


def _problem(item: ErrorDetails) -> str:
    place = ".".join(map(str, item["loc"])) or "settings"
    if item["type"] == "extra_forbidden":
        return f"Unknown setting {place}: check the spelling"
    return f"{place}: {item['msg'].removeprefix('Value error, ')}"
