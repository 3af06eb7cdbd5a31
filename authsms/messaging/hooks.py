"""Webhooks of programs: where each is told what, and what it has not taken.

The secret signs what is sent and goes out once, to whoever makes it. It belongs to its address: another address gets
another secret, so that nobody can be made to vouch for calls to a place he does not know.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.contacts.models import ConsentRow
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import ConflictError, InvalidInputError
from authsms.foundation.vault import Vault
from authsms.messaging.hook_models import HOOK, HOOK_EVENT

LONGEST_ADDRESS: Final = 2000
KEPT: Final = timedelta(days=30)
_SHOWN: Final = 100
_SECRET_BYTES: Final = 32
_H, _E = HOOK.c, HOOK_EVENT.c


class HookKind(StrEnum):
    """What a program can be told."""

    RECIPIENT = "notice.recipient"
    """What became of the text to one person."""
    STOPPED = "contact.stopped"
    """Somebody is no longer texted at a number."""
    ANSWERED = "offer.answered"
    """What somebody has answered to an offer, and what came of it."""
    FILLED = "offer.filled"
    """All places of an offer are given."""
    CLOSED = "offer.closed"
    """An offer was closed or withdrawn, or its time is over."""
    TEST = "test"
    """Nothing; an administrator tries the address."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Where one endpoint is told, and of what."""

    endpoint_id: str
    url: str
    kinds: frozenset[HookKind]


@dataclass(frozen=True, slots=True)
class HookCall:
    """Where one endpoint is called at this moment, of what it is told, and what signs that, sealed."""

    endpoint_id: str
    url: str
    kinds: Sequence[str]
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HookEvent:
    """Something that an endpoint is to be told.

    Attributes:
        person_key: Whom it is about, or empty.
        data: What it is told.
    """

    kind: HookKind
    person_key: str
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeadEvent:
    """Something an endpoint has not taken, and nobody tries any more.

    Attributes:
        failure: How the last try ended.
    """

    id: str
    kind: HookKind
    tries: int
    failure: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """What an endpoint has not taken.

    Attributes:
        waiting: How much is tried again by itself.
        given_up: How much nobody tries any more.
        dead: What nobody tries any more, newest first, as far as it is shown.
    """

    waiting: int
    given_up: int
    dead: Sequence[DeadEvent]


class Hooks:
    """Keeps webhooks and what is to be told by them."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit

    def find(self, endpoint_id: str) -> Hook | None:
        """Return the webhook of an endpoint."""
        return next(iter(self._read(_H.endpoint_id == endpoint_id)), None)

    def all(self) -> Sequence[Hook]:
        """Return every webhook."""
        return self._read(_H.endpoint_id != "")

    def call(self, endpoint_id: str) -> HookCall | None:
        """Return how an endpoint is called now, address and secret of the same moment; None without a webhook."""
        query = select(_H.url, _H.kinds, _H.secret).where(_H.endpoint_id == endpoint_id)
        with self._database.read() as session:
            row = session.execute(query).one_or_none()
        return row and HookCall(endpoint_id, row.url, row.kinds, row.secret)

    def secret(self, call: HookCall) -> bytes:
        """Return what signs a call.

        Raises:
            SealBrokenError: The key is gone; a new secret has to be made.
        """
        return self._vault.unseal(call.sealed, context=_place(call.endpoint_id))

    def save(self, author: Author, endpoint_id: str, url: str, kinds: Collection[HookKind]) -> str:
        """Set where an endpoint is told, and of what; return the secret that was made for a new address, or nothing.

        Raises:
            InvalidInputError: It is to be told nothing.
        """
        wanted = sorted(kind.value for kind in kinds if kind is not HookKind.TEST)
        if not wanted:
            raise InvalidInputError("Choose what it is told.", field="kind")
        secret = ""
        with self._database.write() as session:
            known = session.execute(select(_H.url).where(_H.endpoint_id == endpoint_id)).scalar_one_or_none()
            if known == url:
                session.execute(update(HOOK).where(_H.endpoint_id == endpoint_id).values(kinds=wanted))
            else:
                secret = self._vault.new_token(_SECRET_BYTES)
                session.execute(delete(HOOK).where(_H.endpoint_id == endpoint_id))
                newest = session.execute(select(func.max(ConsentRow.id))).scalar_one() or 0
                values = {"endpoint_id": endpoint_id, "url": url, "kinds": wanted, "consents_seen": newest}
                session.execute(insert(HOOK).values(**values, secret=self._sealed(endpoint_id, secret)))
            details = {
                "host": urlsplit(url).hostname or "",
                "kinds": ", ".join(wanted),
                "secret": "new" if secret else "kept",
            }
            self._audit.record(session, author.entry(AuditTag.HOOK_SAVED, details=details))
        return secret

    def renew(self, author: Author, endpoint_id: str) -> str:
        """Make a new secret and return it; the old one signs nothing any more.

        Raises:
            ConflictError: There is no webhook any more.
        """
        secret = self._vault.new_token(_SECRET_BYTES)
        sealed = {"secret": self._sealed(endpoint_id, secret)}
        with self._database.write() as session:
            if not rowcount(session.execute(update(HOOK).where(_H.endpoint_id == endpoint_id).values(sealed))):
                raise ConflictError("This webhook was removed meanwhile.")
            self._audit.record(session, author.entry(AuditTag.HOOK_SAVED, details={"secret": "new"}))
        return secret

    def remove(self, author: Author, endpoint_id: str) -> None:
        """Tell an endpoint nothing any more; what it has not taken is forgotten."""
        with self._database.write() as session:
            session.execute(delete(HOOK_EVENT).where(_E.endpoint_id == endpoint_id))
            if rowcount(session.execute(delete(HOOK).where(_H.endpoint_id == endpoint_id))):
                self._audit.record(session, author.entry(AuditTag.HOOK_REMOVED))

    def add(self, session: Session, endpoint_id: str, events: Iterable[HookEvent]) -> int:
        """Have an endpoint told of *events* soon, within the caller's transaction; return how many there are."""
        now = self._clock.now()
        rows = []
        for event in events:
            event_id = self._vault.new_id()
            told = {
                "id": event_id,
                "kind": event.kind.value,
                "created": now.isoformat(timespec="seconds"),
                "data": dict(event.data),
            }
            rows.append(
                {
                    "id": event_id,
                    "endpoint_id": endpoint_id,
                    "person_key": event.person_key,
                    "kind": event.kind.value,
                    "body": self._vault.seal(json.dumps(told).encode(), context=place_of(event_id)),
                    "tries": 0,
                    "due_at": now,
                    "failure": "",
                    "created_at": now,
                }
            )
        if rows:
            session.execute(insert(HOOK_EVENT), rows)
        return len(rows)

    def try_out(self, endpoint_id: str) -> None:
        """Have an endpoint told of a test."""
        with self._database.write() as session:
            self.add(session, endpoint_id, [HookEvent(HookKind.TEST, "", {})])

    def backlog(self, endpoint_id: str) -> Backlog:
        """Return what an endpoint has not taken."""
        mine = _E.endpoint_id == endpoint_id
        columns = (_E.id, _E.kind, _E.tries, _E.failure, _E.created_at)
        dead = select(*columns).where(mine, _E.due_at.is_(None)).order_by(_E.created_at.desc(), _E.id).limit(_SHOWN)
        counts = select(func.count(_E.due_at), func.count()).select_from(HOOK_EVENT).where(mine)
        with self._database.read() as session:
            found = [DeadEvent(row[0], HookKind(row[1]), *row[2:]) for row in session.execute(dead)]
            waiting, both = session.execute(counts).one()
        return Backlog(waiting, both - waiting, found)

    def given_up(self) -> Mapping[str, int]:
        """Return how much nobody tries any more, by the id of the endpoint; tests do not count."""
        dead = (_E.due_at.is_(None), _E.kind != HookKind.TEST.value)
        query = select(_E.endpoint_id, func.count()).where(*dead).group_by(_E.endpoint_id)
        with self._database.read() as session:
            return {row[0]: row[1] for row in session.execute(query)}

    def send_again(self, author: Author, endpoint_id: str, event_id: str = "") -> int:
        """Try again what nobody tries any more, one or all of an endpoint; return how many that are."""
        which = [_E.endpoint_id == endpoint_id, _E.due_at.is_(None)]
        which += [_E.id == event_id] if event_id else []
        again = update(HOOK_EVENT).where(*which).values(due_at=self._clock.now(), tries=0, failure="")
        with self._database.write() as session:
            count = rowcount(session.execute(again))
            if count:
                details = {"events": count}
                self._audit.record(session, author.entry(AuditTag.HOOK_SENT_AGAIN, details=details))
        return count

    def purge(self) -> int:
        """Forget what nobody has taken for a month; return how much."""
        old = _E.created_at < self._clock.now() - KEPT
        with self._database.write() as session:
            return rowcount(session.execute(delete(HOOK_EVENT).where(old, _E.due_at.is_(None))))

    def _read(self, which: ColumnElement[bool]) -> Sequence[Hook]:
        query = select(_H.endpoint_id, _H.url, _H.kinds).where(which).order_by(_H.endpoint_id)
        with self._database.read() as session:
            return [
                Hook(row.endpoint_id, row.url, frozenset(map(HookKind, row.kinds))) for row in session.execute(query)
            ]

    def _sealed(self, endpoint_id: str, secret: str) -> bytes:
        return self._vault.seal(secret.encode(), context=_place(endpoint_id))


def place_of(event_id: str) -> str:
    """Return what the seal of an event's body is bound to."""
    return f"hook_event.body:{event_id}"


def _place(endpoint_id: str) -> str:
    return f"hook.secret:{endpoint_id}"
