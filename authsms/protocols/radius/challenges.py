"""Finds the logon again that an answer belongs to.

A logon is kept under two names. One is the State of its newest challenge: 256 random bits, good for one answer of the
same user name to the same client. The other is client and user name, with a proof that the password is the one that
has passed: whoever logs in again while a code is on its way (a device that tries twice, or one that cannot show a
second question) goes on with that code instead of killing it. Names are kept as keyed hashes and the right to go on is
sealed, so rows are worth nothing to whoever reads them.
"""

import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, delete, select

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import SealBrokenError
from authsms.foundation.vault import Vault
from authsms.logon.steps import Ticket
from authsms.protocols.radius.models import RADIUS_CHALLENGE

LIFETIME: Final = timedelta(minutes=10)
"""As long as a logon process; the code itself ends sooner."""
_STATE_BYTES: Final = 32
_C = RADIUS_CHALLENGE.c
_IS_IT = (_C.id == bindparam("wanted")) & (_C.expires_at > bindparam("moment"))
_TAKE = delete(RADIUS_CHALLENGE).where(_IS_IT).returning(_C.ticket)
_LOOK = select(_C.ticket).where(_IS_IT)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asked: a person at a client, both as the request names them."""

    client_id: str
    user_name: str


@dataclass(frozen=True, slots=True)
class Open:
    """A logon that waits; *proof* stands for the password that has passed."""

    ticket: Ticket
    proof: str = field(repr=False)


class Challenges:
    """Keeps open questions; safe to share between threads and processes."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        insert = database.insert(RADIUS_CHALLENGE)
        renewed = {"ticket": insert.excluded.ticket, "expires_at": insert.excluded.expires_at}
        self._keep = insert.on_conflict_do_update(index_elements=[_C.id], set_=renewed)

    def proof(self, caller: Caller, password: str) -> str:
        """Return what stands for a password; nobody finds the password in it without the key file."""
        return self._vault.keyed_hash("radius-proof", caller.client_id, caller.user_name, password)

    def ask(self, caller: Caller, found: Open, *, with_state: bool) -> bytes:
        """Keep a logon that waits for an answer; return the new State, or nothing where there is no challenge."""
        state = secrets.token_bytes(_STATE_BYTES) if with_state else b""
        names = [self._name(caller)] + ([self._name(caller, state)] if state else [])
        with self._database.jot() as connection:
            for name in names:
                connection.execute(self._keep, self._row(name, found))
        return state

    def take(self, caller: Caller, state: bytes) -> Open | None:
        """Return the logon of a challenge, this once; None when it is another's, answered already, or over."""
        name = self._name(caller, state)
        with self._database.jot() as connection:
            row = connection.execute(_TAKE, {"wanted": name, "moment": self._clock.now()}).first()
        return None if row is None else self._opened(name, row.ticket)

    def put_back(self, caller: Caller, state: bytes, found: Open) -> None:
        """Undo `take`: nothing could be decided, and the client will ask again."""
        with self._database.jot() as connection:
            connection.execute(self._keep, self._row(self._name(caller, state), found))

    def resume(self, caller: Caller, password: str) -> Open | None:
        """Return the logon of *caller* that this very password has brought so far; None when there is none."""
        name = self._name(caller)
        with self._database.read() as session:
            row = session.execute(_LOOK, {"wanted": name, "moment": self._clock.now()}).first()
        found = None if row is None else self._opened(name, row.ticket)
        right = found is not None and hmac.compare_digest(found.proof, self.proof(caller, password))
        return found if right else None

    def purge(self) -> int:
        """Delete what is over; return how much it was."""
        with self._database.write() as session:
            return rowcount(session.execute(delete(RADIUS_CHALLENGE).where(_C.expires_at <= self._clock.now())))

    def _name(self, caller: Caller, state: bytes = b"") -> str:
        purpose = "radius-state" if state else "radius-caller"
        return self._vault.keyed_hash(purpose, caller.client_id, caller.user_name, state.hex())

    def _row(self, name: str, found: Open) -> dict[str, object]:
        plain = json.dumps([found.ticket.process_id, found.ticket.secret, found.proof]).encode()
        sealed = self._vault.seal(plain, context=_context(name))
        return {"id": name, "ticket": sealed, "expires_at": self._clock.now() + LIFETIME}

    def _opened(self, name: str, sealed: bytes) -> Open | None:
        try:
            process_id, secret, proof = json.loads(self._vault.unseal(sealed, context=_context(name)))
        except SealBrokenError:
            return None
        return Open(Ticket(process_id, secret), proof)


def _context(name: str) -> str:
    return f"radius_challenge.ticket:{name}"
