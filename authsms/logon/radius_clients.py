"""RADIUS clients: the devices (VPN gateways, servers with PAM) that ask by RADIUS, known by where they are.

The most specific network that holds an address decides which client it is. The shared secret is all that proves one,
and MD5 is all that guards it, so it is drawn here and long; a given one must have 16 characters at least.
"""

import ipaddress
from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail, Author, Detail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    SealBrokenError,
    gettext_noop,
)
from authsms.foundation.logs import get_logger
from authsms.foundation.vault import Vault
from authsms.logon.models import EventRow, RadiusClientRow
from authsms.logon.radius_profile import (
    DEFAULT_PROFILE,
    Grant,
    GroupAttribute,
    KnownClient,
    RadiusClient,
    RadiusDraft,
    RadiusProfile,
    check_profile,
    check_secret,
    checked_name,
    read_network,
)
from authsms.logon.seed import ADMIN_EVENT, SETUP_EVENT

_SECRET_BYTES: Final = 24
_NO_AUTHOR: Final = Author()
_UNKNOWN: Final = gettext_noop("There is no such RADIUS client.")
_TAKEN: Final = gettext_noop("There is already a RADIUS client of this name or in exactly this network.")
_log = get_logger(__name__)


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
        profile: RadiusProfile = DEFAULT_PROFILE,
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
        check_secret(secret)
        check_profile(profile)
        client = RadiusClient(
            self._vault.new_id(), checked_name(name), read_network(network), event, profile, self._clock.now()
        )
        values = {"id": client.id, "secret": self._sealed(client.id, secret), "created_at": client.created_at}
        try:
            with self._database.write() as session:
                _check_event(session, event)
                session.execute(insert(RadiusClientRow).values(**values, **_values(client)))
                self._record(session, AuditTag.ENDPOINT_CREATED, client, author)
        except IntegrityError as error:
            raise ConflictError(_TAKEN) from error
        return client, secret

    def change(self, client_id: str, draft: RadiusDraft, seen: str, author: Author = _NO_AUTHOR) -> None:
        """Store what was typed about a client; its secret stays. It counts within seconds.

        Args:
            client_id: Which one.
            draft: What was typed.
            seen: Fingerprint of what was looked at.
            author: Who does it.

        Raises:
            InvalidInputError: Name, network or profile cannot be used, or the event is not for RADIUS.
            NotFoundError: There is no such client or event.
            ConflictError: Somebody else was faster, or the name or the network is taken.
        """
        check_profile(draft.profile)
        name, network = checked_name(draft.name), read_network(draft.network)
        try:
            with self._database.write() as session:
                row = session.scalar(select(RadiusClientRow).where(RadiusClientRow.id == client_id).with_for_update())
                if row is None:
                    raise NotFoundError(_UNKNOWN)
                if _client(row).fingerprint != seen:
                    raise ConflictError("Somebody else has changed this RADIUS client; look at it again.")
                _check_event(session, draft.event)
                client = RadiusClient(row.id, name, network, draft.event, draft.profile, row.created_at)
                session.execute(
                    update(RadiusClientRow).where(RadiusClientRow.id == client_id).values(**_values(client))
                )
                self._record(session, AuditTag.ENDPOINT_CHANGED, client, author)
        except IntegrityError as error:
            raise ConflictError(_TAKEN) from error

    def renew(self, name: str, *, secret: str = "", author: Author = _NO_AUTHOR) -> str:
        """Replace a client's secret and return the new one; the old one is dead within seconds.

        Raises:
            InvalidInputError: The given secret is too short or holds odd characters.
            NotFoundError: There is no such client.
        """
        secret = secret or self._vault.new_token(_SECRET_BYTES)
        check_secret(secret)
        with self._database.write() as session:
            found = _find(session, name)
            sealed = self._sealed(found.id, secret)
            session.execute(update(RadiusClientRow).where(RadiusClientRow.id == found.id).values(secret=sealed))
            self._record(session, AuditTag.ENDPOINT_RENEWED, _client(found), author)
        return secret

    def remove(self, name: str, *, author: Author = _NO_AUTHOR) -> None:
        """Remove a client; its requests are dropped within seconds.

        Raises:
            NotFoundError: There is no such client.
        """
        with self._database.write() as session:
            found = _find(session, name)
            session.execute(delete(RadiusClientRow).where(RadiusClientRow.id == found.id))
            self._record(session, AuditTag.ENDPOINT_REMOVED, _client(found), author)

    def find(self, client_id: str) -> RadiusClient:
        """Return a client.

        Raises:
            NotFoundError: There is none with this id.
        """
        with self._database.read() as session:
            found = session.get(RadiusClientRow, client_id)
            if found is None:
                raise NotFoundError(_UNKNOWN)
            return _client(found)

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

    def _sealed(self, client_id: str, secret: str) -> bytes:
        return self._vault.seal(secret.encode(), context=_context(client_id))

    def _record(self, session: Session, tag: AuditTag, client: RadiusClient, author: Author) -> None:
        details: dict[str, Detail] = {
            "door": "radius",
            "network": str(client.network),
            "signed": client.profile.must_sign,
        }
        self._audit.record(session, author.entry(tag, event=client.event, endpoint=client.name, details=details))


def _values(client: RadiusClient) -> dict[str, object]:
    profile = client.profile
    return {
        "name": client.name,
        "network": str(client.network),
        "event": client.event,
        "must_sign": profile.must_sign,
        "can_challenge": profile.can_challenge,
        "separator": profile.separator,
        "locale": profile.locale,
        "attributes": [[one.grant.value, one.group, one.value] for one in profile.attributes],
    }


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
