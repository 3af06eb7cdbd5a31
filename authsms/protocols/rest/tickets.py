"""Keeps the right to go on with a logon for the endpoint session that began it, and finds what came of it.

Endpoints get a process's public id only. The secret that goes with it changes with every method that passes and is
kept here, sealed, so that neither a row nor an address opens anything.
"""

import itertools
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select, update

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import NotFoundError, SealBrokenError
from authsms.foundation.vault import Vault
from authsms.logon.endpoint_sessions import EndpointSession
from authsms.logon.processes import LIFETIME
from authsms.logon.steps import Client, Ticket
from authsms.protocols.rest.models import REST_LOGON

OVER: Final = "This login is over, or it is not yours. Please start again."
_R = REST_LOGON.c


@dataclass(frozen=True, slots=True)
class Held:
    """A logon that an endpoint may go on with, and whom the endpoint calls for."""

    ticket: Ticket
    client: Client


class Tickets:
    """Keeps the rights of endpoints; safe to share between threads and processes."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def keep(self, caller: EndpointSession, held: Held) -> None:
        """Keep the right to go on with a new logon."""
        values = {
            "id": held.ticket.process_id,
            "endpoint_session": caller.id,
            "endpoint_id": caller.endpoint_id,
            "ticket": self._sealed(held),
            "told": "",
            "session_id": None,
            "expires_at": self._clock.now() + LIFETIME,
        }
        with self._database.jot() as connection:
            connection.execute(insert(REST_LOGON), values)

    def find(self, caller: EndpointSession, process_id: str) -> Held:
        """Return the right to go on with a logon.

        Raises:
            NotFoundError: It is unknown or over, or another endpoint session's.
        """
        query = select(_R.ticket).where(_R.id == process_id, _R.endpoint_session == caller.id)
        with self._database.read() as session:
            row = session.execute(query.where(_R.session_id.is_(None), _R.expires_at > self._clock.now())).first()
        if row is None:
            raise NotFoundError(OVER)
        return self._opened(caller, process_id, row.ticket)

    def renew(self, held: Held, ticket: Ticket) -> None:
        """Keep what a step brought: only whoever has passed a method holds another secret than before."""
        if ticket != held.ticket:
            sealed = self._sealed(Held(ticket, held.client))
            with self._database.jot() as connection:
                statement = update(REST_LOGON).where(_R.id == ticket.process_id)
                connection.execute(statement.values(ticket=sealed))

    def tell(self, held: Held, challenge: str) -> bool:
        """Note that the endpoint knows of the code of *challenge*; of several calls at once, the first returns True."""
        unknown = update(REST_LOGON).where(_R.id == held.ticket.process_id, _R.told != challenge)
        with self._database.jot() as connection:
            return connection.execute(unknown.values(told=challenge).returning(_R.id)).first() is not None

    def finish(self, held: Held, session_id: str, expires_at: datetime) -> None:
        """Keep which login session came of a logon, for as long as that may last."""
        done = {"ticket": b"", "session_id": session_id, "expires_at": expires_at}
        with self._database.jot() as connection:
            connection.execute(update(REST_LOGON).where(_R.id == held.ticket.process_id).values(done))

    def drop(self, held: Held) -> None:
        """Forget a logon that is over."""
        with self._database.jot() as connection:
            connection.execute(delete(REST_LOGON).where(_R.id == held.ticket.process_id))

    def has_brought(self, caller: EndpointSession, session_id: str) -> bool:
        """Return whether a login session came of a logon of the same endpoint."""
        query = select(_R.id).where(_R.session_id == session_id, _R.endpoint_id == caller.endpoint_id)
        with self._database.read() as session:
            return session.execute(query).first() is not None

    def purge(self) -> int:
        """Delete what is over; return how much it was."""
        with self._database.write() as session:
            return rowcount(session.execute(delete(REST_LOGON).where(_R.expires_at <= self._clock.now())))

    def _sealed(self, held: Held) -> bytes:
        client = held.client
        more = (client.takes_new_password, client.is_address_told)
        plain = json.dumps([held.ticket.secret, client.address, client.locale, *more]).encode()
        return self._vault.seal(plain, context=_context(held.ticket.process_id))

    def _opened(self, caller: EndpointSession, process_id: str, sealed: bytes) -> Held:
        try:
            found = json.loads(self._vault.unseal(sealed, context=_context(process_id)))
        except SealBrokenError:
            raise NotFoundError(OVER) from None
        # A logon from before an upgrade says less.
        secret, address, locale, takes, told, *_ = itertools.chain(found, (False, False))
        client = client_of(caller, address, locale)
        return Held(Ticket(process_id, secret), replace(client, takes_new_password=takes, is_address_told=told))


def client_of(caller: EndpointSession, address: str, locale: str) -> Client:
    """Return whom an endpoint calls for, as the logon service wants to know it."""
    return Client(address, f"REST {caller.endpoint}", locale, caller.endpoint, caller.endpoint_id, can_choose=True)


def _context(process_id: str) -> str:
    return f"rest_logon.ticket:{process_id}"
