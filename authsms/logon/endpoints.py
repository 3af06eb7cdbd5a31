"""Endpoints: who may ask for a logon."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail, Author
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.foundation.vault import Vault
from authsms.logon.endpoint_sessions import forget_sessions, seal_secret
from authsms.logon.kinds import SECRET_ONLY, EndpointKind, ValidateProfile, checked_addresses, checked_networks
from authsms.logon.models import EndpointRow, EventRow
from authsms.logon.oidc_profile import CONFIDENTIAL, MESSAGING, OidcOption, OidcProfile, TokenAlgorithm
from authsms.logon.redirects import check_redirect
from authsms.logon.seed import ADMIN_EVENT, SETUP_EVENT

LOGON_SCOPE: Final = "logon"
_SECRET_BYTES = 32
_LONGEST_NAME = 200
_NOBODY = "0" * 64
_NO_AUTHOR = Author()
_CALLERS = frozenset({EndpointKind.REST, EndpointKind.VALIDATE})


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
        validate: How it asks as a plug-in of privacyIDEA.
    """

    id: str
    name: str
    event: str
    redirect_uris: tuple[str, ...]
    logout_uris: tuple[str, ...]
    created_at: datetime
    oidc: OidcProfile = CONFIDENTIAL
    kind: EndpointKind = EndpointKind.OIDC
    validate: ValidateProfile = SECRET_ONLY

    @property
    def own_scopes(self) -> frozenset[str]:
        """What its access tokens in its own name may be good for."""
        if not self.oidc.has(OidcOption.CLIENT_CREDENTIALS):
            return frozenset()
        further = frozenset(scope for option, scope in MESSAGING.items() if self.oidc.has(option))
        return further | {LOGON_SCOPE} if self.kind is EndpointKind.REST else further

    @property
    def has_secret(self) -> bool:
        """Whether it proves itself by a secret."""
        if self.kind is EndpointKind.OIDC:
            return not self.oidc.is_public
        return self.kind is not EndpointKind.FORWARD_AUTH


class EndpointService:
    """Creates endpoints and checks their secrets.

    Args:
        follow_renewal: Ends, in the same transaction, what was given for the old secret of the endpoint with this id.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        audit: AuditTrail,
        follow_renewal: Callable[[Session, str], None] = lambda _session, _client_id: None,
    ) -> None:
        self._follow_renewal = follow_renewal
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
        validate: ValidateProfile = SECRET_ONLY,
        author: Author = _NO_AUTHOR,
    ) -> tuple[Endpoint, str]:
        """Create an endpoint and return it with its secret, which cannot be shown again, if it has one.

        Raises:
            InvalidInputError: The name is empty, an address is not fit for redirecting, or an option or the event is
                not for it.
            NotFoundError: There is no such event.
            ConflictError: The name is taken.
        """
        name = name.strip()
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise InvalidInputError("Give the endpoint a name of up to 200 characters.", field="name")
        for address in logout_uris:
            check_redirect(address)
        if kind in _CALLERS and event in {ADMIN_EVENT, SETUP_EVENT}:
            raise InvalidInputError(
                "This event is for the administrators' portal only; choose another one.", field="event"
            )
        addresses = checked_addresses(kind, redirect_uris)
        oidc.check(kind)
        validate = checked_networks(validate)
        secret = self._vault.new_token(_SECRET_BYTES)
        now = self._clock.now()
        endpoint = Endpoint(self._vault.new_id(), name, event, addresses, logout_uris, now, oidc, kind, validate)
        try:
            self._store(endpoint, secret, author)
        except IntegrityError as error:
            raise ConflictError("There is already an endpoint called %(name)s.", name=name) from error
        return endpoint, secret if endpoint.has_secret else ""

    def _store(self, endpoint: Endpoint, secret: str, author: Author) -> None:
        is_rest = endpoint.kind is EndpointKind.REST
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
                    rest_secret=seal_secret(self._vault, endpoint.id, secret) if is_rest else None,
                    request_keys=endpoint.oidc.request_keys,
                    backchannel_uri=endpoint.oidc.backchannel_uri,
                    networks=list(endpoint.validate.networks),
                    joins_codes=endpoint.validate.joins_codes,
                    created_at=endpoint.created_at,
                )
            )
            details = {"kind": endpoint.kind.value, "networks": ", ".join(endpoint.validate.networks)}
            tag = AuditTag.ENDPOINT_CREATED
            entry = author.entry(tag, event=endpoint.event, endpoint=endpoint.name, details=details)
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
        with self._database.write() as session:
            found = session.get(EndpointRow, client_id, with_for_update=True)
            if found is None:
                raise NotFoundError("There is no such endpoint.")
            found.secret_hash = self._hash(client_id, secret)
            if found.rest_secret is not None:
                found.rest_secret = seal_secret(self._vault, client_id, secret)
                forget_sessions(session, client_id)
            self._follow_renewal(session, client_id)
            self._audit.record(session, author.entry(AuditTag.ENDPOINT_RENEWED, endpoint=client_id))
        return secret

    def _hash(self, client_id: str, secret: str) -> str:
        return self._vault.keyed_hash("endpoint-secret", client_id, secret)


def _endpoint(row: EndpointRow) -> Endpoint:
    known = frozenset(OidcOption(one) for one in row.options if one in set(OidcOption))
    algorithm = TokenAlgorithm(row.algorithm)
    oidc = OidcProfile(row.is_public, algorithm, known, row.request_keys, row.backchannel_uri)
    addresses = (tuple(row.redirect_uris), tuple(row.logout_uris))
    validate = ValidateProfile(tuple(row.networks), row.joins_codes)
    return Endpoint(row.id, row.name, row.event, *addresses, row.created_at, oidc, EndpointKind(row.kind), validate)
