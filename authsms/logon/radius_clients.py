"""RADIUS clients: the devices (VPN gateways, servers with PAM) that ask by RADIUS, known by where they are.

The most specific network that holds an address decides which client it is. The shared secret is all that proves one,
and MD5 is all that guards it, so it is drawn here and long; a given one must have 16 characters at least.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail, Author, Detail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError, SealBrokenError
from authsms.foundation.logs import get_logger
from authsms.foundation.vault import Vault
from authsms.logon.models import EventRow, RadiusClientRow
from authsms.logon.seed import ADMIN_EVENT, SETUP_EVENT

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

FEWEST_SECRET_CHARACTERS: Final = 16
SEPARATORS: Final = "#%+/:!~"
EVERYBODY: Final = "*"
_MOST_SECRET_CHARACTERS: Final = 128
_SECRET_BYTES: Final = 24
_LONGEST_NAME: Final = 200
_LONGEST_VALUE: Final = 253  # octets of an attribute's value, RFC 2865 section 5
_MOST_ATTRIBUTES: Final = 50
_NO_AUTHOR: Final = Author()
_log = get_logger(__name__)
_UNKNOWN: Final = "There is no such RADIUS client."


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


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client and the secret it shares with us."""

    client: RadiusClient
    secret: bytes = field(repr=False)


_DEFAULT: Final = RadiusProfile()


class RadiusClients:
    """Keeps RADIUS clients; safe to share between threads."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit

    def add(
        self,
        name: str,
        network: str,
        *,
        event: str,
        profile: RadiusProfile = _DEFAULT,
        secret: str = "",
        author: Author = _NO_AUTHOR,
    ) -> tuple[RadiusClient, str]:
        """Store a client and return it with its secret, which cannot be shown again; one is drawn when none is given.

        Raises:
            InvalidInputError: Name, network, secret or profile cannot be used, or the event is not for RADIUS.
            NotFoundError: There is no such event.
            ConflictError: The name or the network is taken.
        """
        secret = secret or self._vault.new_token(_SECRET_BYTES)
        _check_secret(secret)
        _check_profile(profile)
        client = RadiusClient(
            self._vault.new_id(), _checked_name(name), parse_network(network), event, profile, self._clock.now()
        )
        try:
            with self._database.write() as session:
                _check_event(session, event)
                session.execute(insert(RadiusClientRow).values(self._values(client, secret)))
                details: dict[str, Detail] = {
                    "door": "radius",
                    "network": str(client.network),
                    "signed": profile.must_sign,
                }
                entry = author.entry(AuditTag.ENDPOINT_CREATED, event=event, endpoint=client.name, details=details)
                self._audit.record(session, entry)
        except IntegrityError as error:
            raise ConflictError("There is already a RADIUS client of this name or in exactly this network.") from error
        return client, secret

    def renew(self, name: str, *, secret: str = "", author: Author = _NO_AUTHOR) -> str:
        """Replace a client's secret and return the new one; the old one is dead within seconds.

        Raises:
            InvalidInputError: The given secret is too short or holds odd characters.
            NotFoundError: There is no such client.
        """
        secret = secret or self._vault.new_token(_SECRET_BYTES)
        _check_secret(secret)
        with self._database.write() as session:
            found = _find(session, name)
            sealed = self._vault.seal(secret.encode(), context=_context(found.id))
            session.execute(update(RadiusClientRow).where(RadiusClientRow.id == found.id).values(secret=sealed))
            entry = author.entry(
                AuditTag.ENDPOINT_RENEWED, event=found.event, endpoint=name, details={"door": "radius"}
            )
            self._audit.record(session, entry)
        return secret

    def remove(self, name: str, *, author: Author = _NO_AUTHOR) -> None:
        """Remove a client; its requests are dropped within seconds.

        Raises:
            NotFoundError: There is no such client.
        """
        with self._database.write() as session:
            found = _find(session, name)
            session.execute(delete(RadiusClientRow).where(RadiusClientRow.id == found.id))
            entry = author.entry(
                AuditTag.ENDPOINT_REMOVED, event=found.event, endpoint=name, details={"door": "radius"}
            )
            self._audit.record(session, entry)

    def list(self) -> list[RadiusClient]:
        """Return all clients by name."""
        with self._database.read() as session:
            return [_client(row) for row in session.scalars(select(RadiusClientRow).order_by(RadiusClientRow.name))]

    def known(self) -> Sequence[KnownClient]:
        """Return all clients with their secrets, the most specific network first.

        One whose secret was altered, or whose key is gone, is left out.
        """
        found: list[KnownClient] = []
        with self._database.read() as session:
            for row in session.scalars(select(RadiusClientRow)):
                try:
                    found.append(KnownClient(_client(row), self._vault.unseal(row.secret, context=_context(row.id))))
                except SealBrokenError:
                    _log.error("radius.client_broken", client=row.name)
        return sorted(found, key=lambda one: -one.client.network.prefixlen)

    def _values(self, client: RadiusClient, secret: str) -> dict[str, object]:
        profile = client.profile
        return {
            "id": client.id,
            "name": client.name,
            "network": str(client.network),
            "secret": self._vault.seal(secret.encode(), context=_context(client.id)),
            "event": client.event,
            "must_sign": profile.must_sign,
            "can_challenge": profile.can_challenge,
            "separator": profile.separator,
            "locale": profile.locale,
            "attributes": [[one.grant.value, one.group, one.value] for one in profile.attributes],
            "created_at": client.created_at,
        }


def parse_network(text: str) -> Network:
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


def _check_secret(secret: str) -> None:
    fits = FEWEST_SECRET_CHARACTERS <= len(secret) <= _MOST_SECRET_CHARACTERS
    if not fits or not secret.isascii() or not secret.isprintable() or not secret.strip() or " " in secret:
        raise InvalidInputError(
            "A RADIUS secret has 16 to 128 characters: letters, digits and signs, no spaces.", field="secret"
        )


def _check_profile(profile: RadiusProfile) -> None:
    if profile.separator and (len(profile.separator) != 1 or profile.separator not in SEPARATORS):
        raise InvalidInputError("The separator is one of these marks: # % + / : ! ~", field="separator")
    if len(profile.attributes) > _MOST_ATTRIBUTES:
        raise InvalidInputError("These are too many attributes.", field="attributes")
    for one in profile.attributes:
        fits = 0 < len(one.value.encode()) <= _LONGEST_VALUE and one.value.isprintable()
        if not fits or not one.group.strip() or not one.group.isprintable() or len(one.group) > _LONGEST_NAME:
            raise InvalidInputError("An attribute has a group and a value of up to 253 bytes.", field="attributes")


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidInputError("Give the RADIUS client a name of up to 200 characters.", field="name")
    return name


def _check_event(session: Session, name: str) -> None:
    if name in {ADMIN_EVENT, SETUP_EVENT}:
        raise InvalidInputError("This event is for the administrators' portal only; choose another one.", field="event")
    admitted = session.scalar(select(EventRow.endpoints).where(EventRow.name == name))
    if admitted is None:
        raise NotFoundError("There is no event of this name.")
    if admitted:
        raise InvalidInputError(
            "This event admits only the endpoints on its list, and RADIUS clients cannot be on it; choose another one.",
            field="event",
        )


def _find(session: Session, name: str) -> RadiusClientRow:
    found = session.scalar(select(RadiusClientRow).where(RadiusClientRow.name == name.strip()))
    if found is None:
        raise NotFoundError(_UNKNOWN)
    return found


def _context(client_id: str) -> str:
    return f"radius_client.secret:{client_id}"


def _client(row: RadiusClientRow) -> RadiusClient:
    attributes = tuple(GroupAttribute(Grant(grant), group, value) for grant, group, value in row.attributes)
    profile = RadiusProfile(row.must_sign, row.can_challenge, row.separator, row.locale, attributes)
    return RadiusClient(row.id, row.name, ipaddress.ip_network(row.network), row.event, profile, row.created_at)
