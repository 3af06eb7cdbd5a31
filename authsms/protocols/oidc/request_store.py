"""Authorization requests that were pushed, and the ids of signed ones: each is good once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, update

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.vault import Vault
from authsms.protocols.oidc.models import PushedRequestRow, SpentRequestRow

PUSHED_LIFETIME = timedelta(seconds=90)
PREFIX = "urn:ietf:params:oauth:request_uri:"


@dataclass(frozen=True, slots=True)
class Kept:
    """A pushed request.

    Attributes:
        parameters: Each with all its values.
        is_signed: It was a signed request object.
    """

    parameters: Mapping[str, list[str]]
    is_signed: bool


class RequestStore:
    """Keeps requests, as what they are, under the keyed hash of their reference."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def keep(self, client_id: str, kept: Kept) -> str:
        """Store a request for `PUSHED_LIFETIME` and return its ``request_uri``, which is kept nowhere else."""
        reference = self._vault.new_token()
        row = {
            "hash": self._hash(client_id, PREFIX + reference),
            "parameters": dict(kept.parameters),
            "is_signed": kept.is_signed,
            "expires_at": self._clock.now() + PUSHED_LIFETIME,
            "used_at": None,
        }
        with self._database.write() as session:
            session.execute(insert(PushedRequestRow).values(**row))
        return PREFIX + reference

    def take(self, client_id: str, request_uri: str) -> Kept | None:
        """Return a request that this endpoint pushed, once; None when there is none or it is over."""
        now = self._clock.now()
        claim = (
            update(PushedRequestRow)
            .where(
                PushedRequestRow.hash == self._hash(client_id, request_uri),
                PushedRequestRow.used_at.is_(None),
                PushedRequestRow.expires_at > now,
            )
            .values(used_at=now)
            .returning(PushedRequestRow.parameters, PushedRequestRow.is_signed)
        )
        with self._database.write() as session:
            found = session.execute(claim).one_or_none()
        return None if found is None else Kept(*found)

    def spend(self, client_id: str, request_id: str, until: datetime) -> bool:
        """Note that a signed request with this id came; False when it came before.

        Args:
            client_id: Whose request it is.
            request_id: Its ``jti``.
            until: When it expires, and need not be remembered any longer.
        """
        values = {"hash": self._vault.keyed_hash("oidc.request-id", client_id, request_id), "expires_at": until}
        mine = self._database.insert(SpentRequestRow).values(**values).on_conflict_do_nothing()
        with self._database.write() as session:
            return session.execute(mine.returning(SpentRequestRow.hash)).one_or_none() is not None

    def purge(self) -> int:
        """Delete requests that have expired; return how many. Any process may call it, at any time."""
        now = self._clock.now()
        with self._database.write() as session:
            pushed = session.execute(delete(PushedRequestRow).where(PushedRequestRow.expires_at <= now))
            spent = session.execute(delete(SpentRequestRow).where(SpentRequestRow.expires_at <= now))
            return rowcount(pushed) + rowcount(spent)

    def _hash(self, client_id: str, request_uri: str) -> str:
        return self._vault.keyed_hash("oidc.pushed-request", client_id, request_uri)
