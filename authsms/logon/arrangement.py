"""What administrators change about events, chains and endpoints: one change at a time, seen whole before it is written.

Every change reads all events, chains and endpoints in its own transaction, lets a rule look at what would be stored,
and writes. On PostgreSQL the events are held meanwhile, so that two changes that are fine one by one cannot break
something together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail, Author
from authsms.foundation.db import Database
from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.foundation.vault import Vault
from authsms.logon.catalog import Catalog, Chain, Event, Wanted, read_chains, read_events, write_chain, write_event
from authsms.logon.endpoints import Endpoint, EndpointService
from authsms.logon.kinds import checked_addresses, checked_networks
from authsms.logon.models import ChainRow, EndpointRow, EventRow, RadiusClientRow
from authsms.logon.redirects import check_redirect

_CHANGED: Final = "Somebody else changed this in the meantime; look at it again."


@dataclass(frozen=True, slots=True)
class Arranged:
    """Everything as it is stored."""

    events: Mapping[str, Event]
    chains: Mapping[str, Chain]
    endpoints: Mapping[str, Endpoint]

    def events_with(self, chain: str) -> list[Event]:
        """Return the events that offer a chain."""
        return [event for event in self.events.values() if any(one.name == chain for one in event.chains)]

    def endpoints_of(self, event: str) -> list[Endpoint]:
        """Return the endpoints that log people on to an event."""
        return [endpoint for endpoint in self.endpoints.values() if endpoint.event == event]


Rule = Callable[[Arranged, Arranged], None]
"""Looks at what is stored and at what would be, and raises `InvalidInputError` when that must not be."""


def fingerprint(thing: Chain | Event | Endpoint) -> str:
    """Return a word that changes with whatever an administrator can change about *thing*."""
    match thing:
        case Chain():
            grace = (thing.required, thing.grace_minutes)
            seen: Sequence[object] = (thing.title, thing.methods, sorted(thing.groups), thing.is_supplement, grace)
        case Event():
            seen = (
                thing.title,
                [chain.name for chain in thing.chains],
                sorted(thing.endpoints),
                *(thing.label, thing.overdue, thing.selection),
            )
        case Endpoint():
            oidc = (sorted(thing.oidc.options), thing.oidc.request_keys, thing.oidc.backchannel_uri)
            seen = (thing.name, thing.event, thing.redirect_uris, thing.logout_uris, oidc, thing.validate)
    return sha256(repr(seen).encode()).hexdigest()[:16]


class Arrangement:
    """Reads and changes events, chains and endpoints for administrators."""

    def __init__(
        self, database: Database, vault: Vault, audit: AuditTrail, catalog: Catalog, endpoints: EndpointService
    ) -> None:
        self._database = database
        self._vault = vault
        self._audit = audit
        self._catalog = catalog
        self._endpoints = endpoints

    def read(self) -> Arranged:
        """Return everything as it is stored now."""
        endpoints = {endpoint.id: endpoint for endpoint in self._endpoints.list()}
        with self._database.read() as session:
            return _arranged(session, endpoints)

    def save_chain(self, chain: Chain, seen: str, author: Author, rule: Rule) -> None:
        """Store a chain; *seen* is the fingerprint of what was changed, empty for a new one; *rule* has the last word.

        Raises:
            InvalidInputError: It is unusable, or the rule forbids it.
            ConflictError: Somebody else was faster, or the name is taken.
        """

        def change(session: Session, now: Arranged) -> Arranged:
            _check_seen(now.chains.get(chain.name), seen)
            write_chain(session, self._vault, chain)
            details = {"chain": chain.name, "methods": ", ".join(chain.methods), "groups": ", ".join(chain.groups)}
            details |= {"supplement": "yes"} if chain.is_supplement else {}
            details |= {"required": chain.required, "minutes": str(chain.grace_minutes)} if chain.required else {}
            self._audit.record(session, author.entry(AuditTag.CHAIN_SAVED, details=details))
            return _arranged(session, now.endpoints)

        self._run(change, rule)

    def remove_chain(self, name: str, author: Author) -> None:
        """Remove a chain that no event offers.

        Raises:
            NotFoundError: There is none of this name.
            InvalidInputError: An event offers it, or it unlocks another one; the text says which.
        """

        def change(session: Session, now: Arranged) -> Arranged:
            if name not in now.chains:
                raise NotFoundError("There is no such chain.")
            if shorter := [chain.title for chain in now.chains.values() if chain.required == name]:
                raise InvalidInputError(
                    "This chain unlocks: %(where)s. Change that first.", where=", ".join(sorted(shorter))
                )
            if users := now.events_with(name):
                where = ", ".join(event.title for event in users)
                raise InvalidInputError("This chain is used by: %(where)s. Take it out there first.", where=where)
            session.execute(delete(ChainRow).where(ChainRow.name == name))
            self._audit.record(session, author.entry(AuditTag.CHAIN_REMOVED, details={"chain": name}))
            return now

        self._run(change, _anything)

    def save_event(self, wanted: Wanted, seen: str, author: Author, rule: Rule) -> None:
        """Store an event; see `save_chain`.

        Raises:
            NotFoundError: One of the chains or endpoints is not there any more.
            InvalidInputError: It gets a list of endpoints, and RADIUS clients, which cannot be on it, use it.
        """

        def change(session: Session, now: Arranged) -> Arranged:
            _check_seen(now.events.get(wanted.name), seen)
            if any(endpoint not in now.endpoints for endpoint in wanted.endpoints):
                raise NotFoundError("One of these endpoints is not there any more.")
            if wanted.endpoints and (where := _devices(session, wanted.name)):
                raise InvalidInputError(
                    "An event with a list of endpoints admits no RADIUS clients, and these use it: %(where)s. "
                    "Change them first.",
                    where=where,
                )
            write_event(session, self._vault, wanted)
            details = {"chains": ", ".join(wanted.chains), "endpoints": ", ".join(wanted.endpoints)}
            details |= {"label": wanted.label} if wanted.label else {}
            details |= {"overdue": wanted.overdue.value, "selection": wanted.selection.value}
            self._audit.record(session, author.entry(AuditTag.EVENT_SAVED, event=wanted.name, details=details))
            return _arranged(session, now.endpoints)

        self._run(change, rule)

    def remove_event(self, name: str, author: Author) -> None:
        """Remove an event that neither an endpoint nor a RADIUS client uses.

        Raises:
            NotFoundError: There is none of this name.
            InvalidInputError: One of them logs people on to it; the text says which.
        """

        def change(session: Session, now: Arranged) -> Arranged:
            if name not in now.events:
                raise NotFoundError("There is no such event.")
            if users := now.endpoints_of(name):
                where = ", ".join(endpoint.name for endpoint in users)
                raise InvalidInputError(
                    "This event is used by these endpoints: %(where)s. Change them first.", where=where
                )
            if where := _devices(session, name):
                raise InvalidInputError(
                    "This event is used by these RADIUS clients: %(where)s. Change them first.", where=where
                )
            session.execute(delete(EventRow).where(EventRow.name == name))
            self._audit.record(session, author.entry(AuditTag.EVENT_REMOVED, event=name))
            return now

        self._run(change, _anything)

    def change_endpoint(self, endpoint: Endpoint, seen: str, author: Author) -> None:
        """Store name, event, addresses and options of an endpoint; its id and secret stay.

        Raises:
            NotFoundError: The endpoint or the event is not there any more.
            InvalidInputError: An address is not fit for redirecting, or an option not for it.
            ConflictError: Somebody else was faster, or the name is taken.
        """
        for address in endpoint.logout_uris:
            check_redirect(address)
        endpoint = replace(
            endpoint,
            redirect_uris=checked_addresses(endpoint.kind, endpoint.redirect_uris),
            validate=checked_networks(endpoint.validate),
        )
        endpoint.oidc.check(endpoint.kind)

        def change(session: Session, now: Arranged) -> Arranged:
            found = now.endpoints.get(endpoint.id)
            if found is None:
                raise NotFoundError("There is no such endpoint.")
            _check_seen(found, seen)
            if endpoint.event not in now.events:
                raise NotFoundError("There is no event called %(event)s.", event=endpoint.event)
            session.execute(
                update(EndpointRow)
                .where(EndpointRow.id == endpoint.id)
                .values(
                    name=endpoint.name,
                    event=endpoint.event,
                    redirect_uris=list(endpoint.redirect_uris),
                    logout_uris=list(endpoint.logout_uris),
                    options=sorted(endpoint.oidc.options),
                    request_keys=endpoint.oidc.request_keys,
                    backchannel_uri=endpoint.oidc.backchannel_uri,
                    networks=list(endpoint.validate.networks),
                    joins_codes=endpoint.validate.joins_codes,
                )
            )
            networks = ", ".join(endpoint.validate.networks)
            details = {"options": ", ".join(sorted(endpoint.oidc.options)), "networks": networks}
            tag = AuditTag.ENDPOINT_CHANGED
            entry = author.entry(tag, event=endpoint.event, endpoint=endpoint.name, details=details)
            self._audit.record(session, entry)
            return replace(now, endpoints={**now.endpoints, endpoint.id: endpoint})

        try:
            self._run(change, _anything)
        except IntegrityError as error:
            raise ConflictError("There is already an endpoint called %(name)s.", name=endpoint.name) from error

    def remove_endpoint(self, client_id: str, author: Author) -> None:
        """Remove an endpoint; what it still holds is worth nothing from then on.

        Raises:
            NotFoundError: There is no such endpoint.
            InvalidInputError: An event admits only some endpoints and names this one.
        """

        def change(session: Session, now: Arranged) -> Arranged:
            found = now.endpoints.get(client_id)
            if found is None:
                raise NotFoundError("There is no such endpoint.")
            if users := [event.title for event in now.events.values() if client_id in event.endpoints]:
                where = ", ".join(users)
                raise InvalidInputError(
                    "This endpoint is on the list of: %(where)s. Take it off there first.", where=where
                )
            session.execute(delete(EndpointRow).where(EndpointRow.id == client_id))
            self._audit.record(session, author.entry(AuditTag.ENDPOINT_REMOVED, endpoint=found.name))
            return now

        self._run(change, _anything)

    def _run(self, change: Callable[[Session, Arranged], Arranged], rule: Rule) -> None:
        with self._database.write() as session:
            session.scalars(select(EventRow.id).order_by(EventRow.id).with_for_update()).all()
            before = _arranged(session, {endpoint.id: endpoint for endpoint in self._endpoints.list()})
            rule(before, change(session, before))
        self._catalog.forget()


def _devices(session: Session, event: str) -> str:
    """Return the names of the RADIUS clients that log people on to an event."""
    return ", ".join(
        session.scalars(
            select(RadiusClientRow.name).where(RadiusClientRow.event == event).order_by(RadiusClientRow.name)
        )
    )


def _anything(_before: Arranged, _after: Arranged) -> None:
    """Allow every change."""


def _arranged(session: Session, endpoints: Mapping[str, Endpoint]) -> Arranged:
    session.flush()
    chains = {chain.name: chain for chain in read_chains(session).values()}
    return Arranged(read_events(session), chains, endpoints)


def _check_seen(stored: Chain | Event | Endpoint | None, seen: str) -> None:
    if (fingerprint(stored) if stored else "") != seen:
        raise ConflictError(_CHANGED if stored or seen else "This name is taken.")
