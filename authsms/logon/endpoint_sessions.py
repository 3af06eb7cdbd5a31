"""Endpoint sessions: how a program that calls the REST door proves itself, and what it shows from then on.

It never sends its secret. It draws a salt and sends ``sha256(secret + sha256(id + salt))`` in hexadecimal digits, so
the secret has to be read here again and is sealed, not hashed. A salt is good once; it is remembered for as long as
the secret lives, because whoever overheard the proof could show it again at any time.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, NoReturn

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import ForgeryError, SealBrokenError
from authsms.foundation.limits import Limits
from authsms.foundation.logs import get_logger
from authsms.foundation.vault import Vault
from authsms.logon.endpoint_refusals import EndpointRefusals
from authsms.logon.models import ENDPOINT_SESSION, EndpointRow, EndpointSaltRow, EndpointSessionRow

LIFETIME: Final = timedelta(hours=1)
_REFUSED: Final = "Endpoint, salt or proof is not right, or the salt was used before."
_S = ENDPOINT_SESSION.c
_FIND = (
    select(_S.id, _S.expires_at, EndpointRow.id.label("endpoint_id"), EndpointRow.name, EndpointRow.event)
    .join(EndpointRow, EndpointRow.id == _S.endpoint_id)
    .where(_S.id == bindparam("wanted"), _S.expires_at > bindparam("moment"))
)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EndpointSession:
    """An endpoint that has proven itself.

    Attributes:
        id: Keyed hash of what the endpoint shows; fit for keeping.
        endpoint_id: Id of the endpoint.
        endpoint: Its name.
        event: Name of the event it logs people on to.
        expires_at: When it has to prove itself again.
        token: What the endpoint shows; only known when the session is opened.
    """

    id: str
    endpoint_id: str
    endpoint: str
    event: str
    expires_at: datetime
    token: str = field(default="", repr=False)


class EndpointSessions:
    """Opens, finds and ends endpoint sessions; safe to share between threads and processes."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, audit: AuditTrail, limits: Limits) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self._refusals = EndpointRefusals(database, audit, limits)

    def open(self, endpoint_id: str, salt: str, shown: str, address: str) -> EndpointSession:
        """Open a session for an endpoint whose proof is right.

        Args:
            endpoint_id: Who it says it is.
            salt: What it drew.
            shown: The proof, hexadecimal digits.
            address: Where the request came from, for the audit trail.

        Raises:
            ForgeryError: There is no such endpoint, it does not use the REST door, the proof is wrong, or the salt was
                used before; which of these is not told.
        """
        found = self._row(endpoint_id)
        secret = self._secret(found)
        right = hmac.compare_digest(proof(endpoint_id, secret, salt).encode(), shown.lower().encode())
        if found is None or not secret or not right:
            self._refuse(found, address)
        token = self._vault.new_token()
        opened = EndpointSession(
            self._hash(token), found.id, found.name, found.event, self._clock.now() + LIFETIME, token
        )
        if not self._store(opened, found, salt, address):
            self._refuse(found, address)
        return opened

    def find(self, token: str) -> EndpointSession | None:
        """Return the session of *token*; None when it is unknown or over."""
        wanted = {"wanted": self._hash(token), "moment": self._clock.now()}
        with self._database.read() as session:
            row = session.execute(_FIND, wanted).one_or_none()
        return None if row is None else EndpointSession(row.id, row.endpoint_id, row.name, row.event, row.expires_at)

    def end(self, session_id: str) -> None:
        """End a session."""
        with self._database.write() as session:
            session.execute(delete(EndpointSessionRow).where(EndpointSessionRow.id == session_id))

    def purge(self) -> int:
        """Delete sessions that are over; return how many."""
        with self._database.write() as session:
            old = EndpointSessionRow.expires_at <= self._clock.now()
            return rowcount(session.execute(delete(EndpointSessionRow).where(old)))

    def _row(self, endpoint_id: str) -> EndpointRow | None:
        with self._database.read() as session:
            return session.get(EndpointRow, endpoint_id)

    def _secret(self, found: EndpointRow | None) -> str:
        """Return the secret to check with; nothing when there is none."""
        if found is None or found.rest_secret is None:
            return ""
        try:
            return self._vault.unseal(found.rest_secret, context=_context(found.id)).decode()
        except SealBrokenError:
            _log.error("endpoint.secret_broken", endpoint=found.name)
            return ""

    def _store(self, opened: EndpointSession, found: EndpointRow, salt: str, address: str) -> bool:
        """Store a session and use up its salt; return False when that is used up, or the secret was renewed."""
        used = self._vault.keyed_hash("endpoint-salt", found.id, salt)
        taking = self._database.insert(EndpointSaltRow).values(endpoint_id=found.id, salt=used)
        unchanged = select(EndpointRow.id).where(
            EndpointRow.id == found.id, EndpointRow.secret_hash == found.secret_hash
        )
        values = {"id": opened.id, "endpoint_id": opened.endpoint_id, "expires_at": opened.expires_at}
        entry = AuditEntry(
            AuditTag.ENDPOINT_SESSION_OPENED, event=opened.event, endpoint=opened.endpoint, address=address
        )
        with self._database.write() as session:
            # Held until the end: a secret that is renewed meanwhile ends the sessions of the old one, this one too.
            if session.scalar(unchanged.with_for_update()) is None:
                return False
            if session.execute(taking.on_conflict_do_nothing().returning(EndpointSaltRow.salt)).first() is None:
                return False
            session.execute(insert(EndpointSessionRow).values(values))
            self._audit.record(session, entry)
        return True

    def _refuse(self, found: EndpointRow | None, address: str) -> NoReturn:
        """Refuse, and record it for an endpoint there is."""
        _log.warning("endpoint_session.refused", endpoint=found.name if found else "")
        if found is not None:
            self._refusals.note(found, address, AuditTag.ENDPOINT_SESSION_REFUSED)
        raise ForgeryError(_REFUSED)

    def _hash(self, token: str) -> str:
        return self._vault.keyed_hash("endpoint-session", token)


def proof(endpoint_id: str, secret: str, salt: str) -> str:
    """Return what an endpoint shows in place of its secret."""
    inner = sha256(f"{endpoint_id}{salt}".encode()).hexdigest()
    return sha256(f"{secret}{inner}".encode()).hexdigest()


def seal_secret(vault: Vault, endpoint_id: str, secret: str) -> bytes:
    """Return an endpoint's secret as it is kept."""
    return vault.seal(secret.encode(), context=_context(endpoint_id))


def forget_sessions(session: Session, endpoint_id: str) -> None:
    """End every session of an endpoint that gets a new secret, and forget the salts used with the old one."""
    session.execute(delete(EndpointSessionRow).where(EndpointSessionRow.endpoint_id == endpoint_id))
    session.execute(delete(EndpointSaltRow).where(EndpointSaltRow.endpoint_id == endpoint_id))


def _context(endpoint_id: str) -> str:
    return f"endpoint.rest_secret:{endpoint_id}"
