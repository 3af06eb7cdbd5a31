"""Endpoints (who may ask for a logon) and continuations (where their request goes on afterwards)."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from authsms.audit import AuditTag, AuditTrail, Author
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.foundation.vault import Vault
from authsms.logon.kinds import EndpointKind, checked_addresses
from authsms.logon.models import ContinuationRow, EndpointRow, EventRow
from authsms.logon.oidc_profile import CONFIDENTIAL, OidcOption, OidcProfile, TokenAlgorithm
from authsms.logon.redirects import check_redirect

GIVE_UP = "/give-up"
_SECRET_BYTES = 32
_CONTINUATION_LIFETIME = timedelta(minutes=30)
_LONGEST_NAME = 200
_LONGEST_PATH = 2000
_LONGEST_HINT = 256
_NOBODY = "0" * 64
_NO_AUTHOR = Author()
_WAITS_NO_MORE = "This login request is over. Go back to the application and start again."


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A calling device or program.

    Attributes:
        id: Its public id (the OIDC client_id).
        name: For administrators and message texts.
        event: Name of the event it logs people on to.
        redirect_uris: Where it may be returned to, compared as exact strings; of a protected site, its origin.
        logout_uris: Where it may be returned to after log-out, likewise.
        oidc: What it is as an OpenID Connect client.
    """

    id: str
    name: str
    event: str
    redirect_uris: tuple[str, ...]
    logout_uris: tuple[str, ...]
    created_at: datetime
    oidc: OidcProfile = CONFIDENTIAL
    kind: EndpointKind = EndpointKind.OIDC

    @property
    def has_secret(self) -> bool:
        """Whether it proves itself by a secret."""
        return self.kind is EndpointKind.OIDC and not self.oidc.is_public


@dataclass(frozen=True, slots=True)
class Continuation:
    """A door's request that waits for a login.

    Attributes:
        endpoint: Name of the endpoint, for people.
        path: Local path at which the door takes it up again.
        payload: The door's own notes.
    """

    id: str
    endpoint_id: str
    endpoint: str
    event: str
    path: str
    payload: dict[str, Any]
    login_hint: str
    expires_at: datetime


class EndpointService:
    """Creates endpoints and checks their secrets."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit

    def create(  # noqa: PLR0913 - one parameter a column
        self,
        name: str,
        *,
        event: str,
        redirect_uris: tuple[str, ...] = (),
        logout_uris: tuple[str, ...] = (),
        oidc: OidcProfile = CONFIDENTIAL,
        kind: EndpointKind = EndpointKind.OIDC,
        author: Author = _NO_AUTHOR,
    ) -> tuple[Endpoint, str]:
        """Create an endpoint and return it with its secret, which cannot be shown again, if it has one.

        Raises:
            InvalidInputError: The name is empty, an address is not fit for redirecting, or an option not for it.
            NotFoundError: There is no such event.
            ConflictError: The name is taken.
        """
        name = name.strip()
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise InvalidInputError("Give the endpoint a name of up to 200 characters.", field="name")
        for address in logout_uris:
            check_redirect(address)
        addresses = checked_addresses(kind, redirect_uris)
        oidc.check()
        secret = self._vault.new_token(_SECRET_BYTES)
        now = self._clock.now()
        endpoint = Endpoint(self._vault.new_id(), name, event, addresses, logout_uris, now, oidc, kind)
        try:
            self._store(endpoint, secret, author)
        except IntegrityError as error:
            raise ConflictError("There is already an endpoint called %(name)s.", name=name) from error
        return endpoint, secret if endpoint.has_secret else ""

    def _store(self, endpoint: Endpoint, secret: str, author: Author) -> None:
        with self._database.write() as session:
            if session.scalar(select(EventRow.id).where(EventRow.name == endpoint.event)) is None:
                raise NotFoundError("There is no event called %(event)s.", event=endpoint.event)
            session.execute(
                insert(EndpointRow).values(
                    id=endpoint.id,
                    name=endpoint.name,
                    event=endpoint.event,
                    secret_hash=self._hash(endpoint.id, secret),
                    redirect_uris=list(endpoint.redirect_uris),
                    logout_uris=list(endpoint.logout_uris),
                    is_public=endpoint.oidc.is_public,
                    algorithm=endpoint.oidc.algorithm.value,
                    kind=endpoint.kind.value,
                    options=sorted(endpoint.oidc.options),
                    created_at=endpoint.created_at,
                )
            )
            entry = author.entry(AuditTag.ENDPOINT_CREATED, event=endpoint.event, endpoint=endpoint.name)
            self._audit.record(session, entry)

    def find(self, client_id: str) -> Endpoint | None:
        """Return the endpoint with this id."""
        with self._database.read() as session:
            row = session.get(EndpointRow, client_id)
            return None if row is None else _endpoint(row)

    def may_use_event(self, endpoint: Endpoint) -> bool:
        """Return whether the endpoint's event exists and admits it; an event without a list admits every endpoint."""
        with self._database.read() as session:
            admitted = session.scalar(select(EventRow.endpoints).where(EventRow.name == endpoint.event))
        return admitted is not None and (not admitted or endpoint.id in admitted)

    def list(self) -> list[Endpoint]:
        """Return all endpoints by name."""
        with self._database.read() as session:
            return [_endpoint(row) for row in session.scalars(select(EndpointRow).order_by(EndpointRow.name))]

    def check_secret(self, client_id: str, secret: str) -> bool:
        """Return whether *secret* is the endpoint's; unknown endpoints take the same time."""
        with self._database.read() as session:
            stored = session.scalar(select(EndpointRow.secret_hash).where(EndpointRow.id == client_id))
        return hmac.compare_digest(stored or _NOBODY, self._hash(client_id, secret)) and stored is not None

    def renew_secret(self, client_id: str, author: Author = _NO_AUTHOR) -> str:
        """Replace the secret and return the new one; the old one is dead at once.

        Raises:
            NotFoundError: There is no such endpoint.
        """
        secret = self._vault.new_token(_SECRET_BYTES)
        statement = update(EndpointRow).where(EndpointRow.id == client_id)
        with self._database.write() as session:
            if rowcount(session.execute(statement.values(secret_hash=self._hash(client_id, secret)))) == 0:
                raise NotFoundError("There is no such endpoint.")
            self._audit.record(session, author.entry(AuditTag.ENDPOINT_RENEWED, endpoint=client_id))
        return secret

    def _hash(self, client_id: str, secret: str) -> str:
        return self._vault.keyed_hash("endpoint-secret", client_id, secret)


class Continuations:
    """Keeps a door's request while the person logs in."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def open(self, endpoint_id: str, event: str, path: str, payload: dict[str, Any], login_hint: str = "") -> str:
        """Store a request and return its id; ``{id}`` in *path* is replaced by it.

        Args:
            endpoint_id: Who asked.
            event: Name of the event to log on to.
            path: Local path at which the door takes the request up again after the login; with `GIVE_UP` behind it,
                it tells the endpoint that the person does not want to log in.
            payload: The door's own notes; JSON.
            login_hint: User name to begin with.

        Raises:
            InvalidInputError: The path is not local.
        """
        identifier = self._vault.new_id()
        path = path.replace("{id}", identifier)
        if not path.startswith("/") or path.startswith(("//", "/\\")) or len(path) > _LONGEST_PATH:
            raise InvalidInputError("A continuation leads to a local path.", field="path")
        with self._database.write() as session:
            session.execute(
                insert(ContinuationRow).values(
                    id=identifier,
                    endpoint_id=endpoint_id,
                    event=event,
                    path=path,
                    payload=payload,
                    login_hint=login_hint[:_LONGEST_HINT],
                    expires_at=self._clock.now() + _CONTINUATION_LIFETIME,
                    finished_at=None,
                )
            )
        return identifier

    def get(self, continuation_id: str) -> Continuation:
        """Return a request that still waits.

        Raises:
            NotFoundError: It is unknown, too old or finished; the person starts again at the application.
        """
        waiting = (ContinuationRow.finished_at.is_(None), ContinuationRow.expires_at > self._clock.now())
        query = select(ContinuationRow, EndpointRow.name).join(
            EndpointRow, EndpointRow.id == ContinuationRow.endpoint_id
        )
        with self._database.read() as session:
            found = session.execute(query.where(ContinuationRow.id == continuation_id, *waiting)).one_or_none()
        if found is None:
            raise NotFoundError(_WAITS_NO_MORE)
        return _continuation(*found)

    def finish(self, continuation_id: str) -> Continuation:
        """Take a request up for good: of several callers exactly one gets it.

        Raises:
            NotFoundError: It is unknown, too old or finished already.
        """
        found = self.get(continuation_id)
        now = self._clock.now()
        statement = update(ContinuationRow).where(
            ContinuationRow.id == continuation_id,
            ContinuationRow.finished_at.is_(None),
            ContinuationRow.expires_at > now,
        )
        with self._database.write() as session:
            if rowcount(session.execute(statement.values(finished_at=now))) != 1:
                raise NotFoundError(_WAITS_NO_MORE)
        return found

    def purge(self) -> int:
        """Delete requests that are over; return how many."""
        with self._database.write() as session:
            old = ContinuationRow.expires_at <= self._clock.now()
            return rowcount(session.execute(delete(ContinuationRow).where(old)))


def _endpoint(row: EndpointRow) -> Endpoint:
    known = frozenset(OidcOption(one) for one in row.options if one in set(OidcOption))
    oidc = OidcProfile(row.is_public, TokenAlgorithm(row.algorithm), known)
    addresses = (tuple(row.redirect_uris), tuple(row.logout_uris))
    return Endpoint(row.id, row.name, row.event, *addresses, row.created_at, oidc, EndpointKind(row.kind))


def _continuation(row: ContinuationRow, endpoint: str) -> Continuation:
    return Continuation(
        row.id, row.endpoint_id, endpoint, row.event, row.path, row.payload, row.login_hint, row.expires_at
    )
