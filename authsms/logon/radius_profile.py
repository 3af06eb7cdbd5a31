"""What is known of a RADIUS client, and what of it can be used: the rules, and nothing else."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, TypeAlias

from authsms.foundation.errors import InvalidInputError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

FEWEST_SECRET_CHARACTERS: Final = 16
SEPARATORS: Final = "#%+/:!~"
LOCALES: Final = ("en", "de")
EVERYBODY: Final = "*"
_MOST_SECRET_CHARACTERS: Final = 128
_LONGEST_NAME: Final = 200
_LONGEST_VALUE: Final = 253  # octets of an attribute's value, RFC 2865 section 5
_MOST_ATTRIBUTES: Final = 50


class Grant(StrEnum):
    """An attribute that tells a device what somebody may do (RFC 2865 sections 5.11 and 5.25)."""

    FILTER_ID = "Filter-Id"
    CLASS = "Class"


@dataclass(frozen=True, slots=True)
class GroupAttribute:
    """What the members of a group get in an Access-Accept; of `EVERYBODY`, all."""

    grant: Grant
    group: str
    value: str


@dataclass(frozen=True, slots=True)
class RadiusProfile:
    """How a client behaves.

    Attributes:
        must_sign: Requests without a Message-Authenticator are dropped. Without it anybody on the way can forge
            requests and answers (CVE-2024-3596), so switching it off is for devices that know nothing better.
        can_challenge: It shows a second question; otherwise people log in twice, the second time with
            ``password,code``.
        separator: Mark before the short name of a chain in a user name (``alice#sms``); empty: names hold no chain.
        locale: Language of what people read.
        attributes: What an Access-Accept carries, in order.
    """

    must_sign: bool = True
    can_challenge: bool = True
    separator: str = ""
    locale: str = "en"
    attributes: tuple[GroupAttribute, ...] = ()

    def granted(self, grant: Grant) -> list[str]:
        """Return the attributes of one kind as `read_grants` takes them."""
        return [f"{one.group}={one.value}" for one in self.attributes if one.grant is grant]


DEFAULT_PROFILE: Final = RadiusProfile()


@dataclass(frozen=True, slots=True)
class RadiusDraft:
    """A client as somebody typed it; *network* is one address, or one with the length of its prefix."""

    name: str
    network: str
    event: str
    profile: RadiusProfile = DEFAULT_PROFILE


@dataclass(frozen=True, slots=True)
class RadiusClient:
    """A device that asks by RADIUS.

    Attributes:
        name: For administrators and message texts.
        network: Where its requests come from.
        event: Name of the event it logs people on to.
    """

    id: str
    name: str
    network: Network
    event: str
    profile: RadiusProfile
    created_at: datetime

    @property
    def fingerprint(self) -> str:
        """A word that changes with whatever can be changed about it."""
        return sha256(repr((self.name, str(self.network), self.event, self.profile)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client and the secret it shares with us."""

    client: RadiusClient
    secret: bytes = field(repr=False)


def read_grants(grant: Grant, lines: Iterable[str]) -> tuple[GroupAttribute, ...]:
    """Return what is written as ``group=value``, one a line; empty lines are passed over.

    Raises:
        InvalidInputError: A line holds no equals sign.
    """
    found = []
    for line in lines:
        group, equals, value = line.partition("=")
        if not equals and line.strip():
            raise InvalidInputError(
                "Write %(attribute)s as group=value; the group * is everybody.",
                attribute=grant.value,
                field="attributes",
            )
        if equals:
            found.append(GroupAttribute(grant, group.strip(), value.strip()))
    return tuple(found)


def read_network(text: str) -> Network:
    """Return the network that *text* names: one address, or one with the length of its prefix.

    Raises:
        InvalidInputError: It names none, or an address within a network instead of the network.
    """
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError as error:
        raise InvalidInputError(
            "Write one address, or a network such as 192.0.2.0/28 or 2001:db8::/64.", field="network"
        ) from error


def check_secret(secret: str) -> None:
    """Make sure that a shared secret is long enough, and made of what devices take.

    Raises:
        InvalidInputError: It is not.
    """
    fits = FEWEST_SECRET_CHARACTERS <= len(secret) <= _MOST_SECRET_CHARACTERS
    if not fits or not secret.isascii() or not secret.isprintable() or not secret.strip() or " " in secret:
        raise InvalidInputError(
            "A RADIUS secret has 16 to 128 characters: letters, digits and signs, no spaces.", field="secret"
        )


def check_profile(profile: RadiusProfile) -> None:
    """Make sure that a client can behave like this.

    Raises:
        InvalidInputError: It cannot.
    """
    if profile.separator and (len(profile.separator) != 1 or profile.separator not in SEPARATORS):
        raise InvalidInputError("The separator is one of these marks: # % + / : ! ~", field="separator")
    if profile.locale not in LOCALES:
        raise InvalidInputError("This language is not spoken here.", field="locale")
    if len(profile.attributes) > _MOST_ATTRIBUTES:
        raise InvalidInputError("These are too many attributes.", field="attributes")
    for one in profile.attributes:
        fits = 0 < len(one.value.encode()) <= _LONGEST_VALUE and one.value.isprintable()
        if not fits or not one.group.strip() or not one.group.isprintable() or len(one.group) > _LONGEST_NAME:
            raise InvalidInputError("An attribute has a group and a value of up to 253 bytes.", field="attributes")


def checked_name(name: str) -> str:
    """Return a name without spaces around it.

    Raises:
        InvalidInputError: Nothing is left of it, or it is too long or holds odd characters.
    """
    name = name.strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidInputError("Give the RADIUS client a name of up to 200 characters.", field="name")
    return name
