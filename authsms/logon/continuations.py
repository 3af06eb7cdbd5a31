"""Continuations: where a door's request goes on once the person is logged in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.foundation.vault import Vault
from authsms.logon.models import ContinuationRow, EndpointRow

GIVE_UP = "/give-up"
STRICT = "is_strict"
"""In the notes of a door: it demands two factors, and no chain that a stronger sign-in has unlocked will do."""
_CONTINUATION_LIFETIME = timedelta(minutes=30)
_LONGEST_PATH = 2000
_LONGEST_HINT = 256
_WAITS_NO_MORE = "This login request is over. Go back to the application and start again."


@dataclass(frozen=True, slots=True)
class Continuation:
    """A door's request that waits for a login.

    Attributes:
        endpoint: Name of the endpoint, for people.
        path: Local path at which the door takes it up again.
        payload: The door's own notes.
        is_vouched: The endpoint has checked who `login_hint` is, and asks for nothing but the rest.
    """

    id: str
    endpoint_id: str
    endpoint: str
    event: str
    path: str
    payload: dict[str, Any]
    login_hint: str
    expires_at: datetime
    is_vouched: bool = False

    @property
    def is_strict(self) -> bool:
        """Whether the door has noted `STRICT`."""
        return self.payload.get(STRICT) is True


class Continuations:
    """Keeps a door's request while the person logs in."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def open(
        self,
        endpoint_id: str,
        event: str,
        path: str,
        payload: dict[str, Any],
        login_hint: str = "",
        *,
        is_vouched: bool = False,
    ) -> str:
        """Store a request and return its id; ``{id}`` in *path* is replaced by it.

        Args:
            endpoint_id: Who asked.
            event: Name of the event to log on to.
            path: Local path at which the door takes the request up again after the login; with `GIVE_UP` behind it,
                it tells the endpoint that the person does not want to log in.
            payload: The door's own notes; JSON.
            login_hint: User name to begin with.
            is_vouched: The endpoint has proven itself and has checked that it is this person; the name is not asked.

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
                    is_vouched=is_vouched,
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


def _continuation(row: ContinuationRow, endpoint: str) -> Continuation:
    return Continuation(
        row.id,
        row.endpoint_id,
        endpoint,
        row.event,
        row.path,
        row.payload,
        row.login_hint,
        row.expires_at,
        row.is_vouched,
    )
