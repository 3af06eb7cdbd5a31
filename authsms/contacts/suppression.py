"""The suppression list: whom not to text, from which sender, and since when.

Nobody routes around it: a text is forbidden when the recipient has blocked one of the ways that the sender policy
offers for it, whichever of them would have carried it. What the policy sends from another sender altogether, offers
instead of codes, say, is not touched.

As long as nobody has opted out, a look costs nothing but a statement a second for each process; afterwards it is one
indexed look-up for each text, in the transaction that is open anyway. A block is seen by other processes within a
second; a text that is waiting by then is looked at again before it is handed over.

A block that a provider has told us of is kept by the provider. Where replies of that service reach us, it is like any
other, and START lifts it. Where they do not, a START would only be known to the provider, so it is asked again with
each new text; the first one that is delivered lifts the block.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final, Protocol, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, exists, or_, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.contacts.consent import Block, Way, comparable_sender, covers, lifts
from authsms.contacts.models import InboundTextRecord, SuppressionRecord
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, after_commit
from authsms.foundation.errors import NotFoundError
from authsms.foundation.glance import Glance
from authsms.foundation.vault import Vault
from authsms.senders.routes import Consignment

_TABLE: Final = cast("Table", SuppressionRecord.__table__)
_s: Final = _TABLE.c
_heard: Final = cast("Table", InboundTextRecord.__table__).c


class Source(StrEnum):
    """Who has told us of a block."""

    REPLY = "reply"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class OptOut:
    """A block as it may be shown.

    Attributes:
        sender: The number or name that was blocked; empty for every sender of the service.
        word: What the person wrote, or the provider's code.
    """

    id: str
    service: str
    sender: str
    masked: str
    since: datetime
    source: Source
    word: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody who wants no more texts."""

    recipient_hash: str
    masked: str
    way: Way
    source: Source
    word: str


class Offers(Protocol):
    """Knows the ways that the sender policy offers."""

    def __call__(self, consignment: Consignment) -> Sequence[tuple[str, str]]:
        """Return service and sender of every way for a text, without asking the database."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What there is to look at: any block at all, and any that a provider has told us of."""

    is_any: bool
    is_told: bool


_ACTIVE: Final = _s.lifted_at.is_(None)
_STANDING: Final = select(
    exists(select(_s.id).where(_ACTIVE)), exists(select(_s.id).where(_ACTIVE, _s.source == Source.PROVIDER.value))
)
_SHOWN: Final = (_s.id, _s.service, _s.shown_sender, _s.masked, _s.since, _s.source, _s.word)
_OF: Final = select(_s.id, _s.service, _s.sender, _s.source).where(_s.recipient_hash == bindparam("w_hash"), _ACTIVE)
_HEARD: Final = select(exists(select(_heard.key).where(_heard.service == bindparam("w_service"))))


class SuppressionList:
    """Keeps the list; every method that takes a session works within the caller's transaction.

    Args:
        database: Where it is.
        vault: Hashes numbers.
        clock: Dates the entries.
        audit: Is told of every change.
        offered: Knows the ways of a text.
        on_stop: Is told of every STOP within its transaction, also of one that blocks nothing more.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        audit: AuditTrail,
        offered: Offers,
        *,
        on_stop: Callable[[Session, "Stop"], object] = lambda _session, _stop: None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self._offered = offered
        self._on_stop = on_stop
        self.glance = Glance(self._look)
        new = database.insert(_TABLE)
        renewed = {name: new.excluded[name] for name in ("since", "source", "word", "lifted_at", "lifted_by")}
        self._stopping = new.on_conflict_do_update(
            index_elements=[_s.recipient_hash, _s.service, _s.sender], set_=renewed, where=_s.lifted_at.is_not(None)
        ).returning(_s.id)

    def forbids(self, session: Session, consignment: Consignment, recipient_hash: str) -> str:
        """Return the service whose sender the recipient of a text has blocked, or an empty text."""
        if consignment.through is not None or not self.glance.get(lambda: _standing(session)).is_any:
            return ""
        blocks = session.execute(_OF, {"w_hash": recipient_hash}).all()
        if not blocks:
            return ""
        ways = [Way(*one) for one in self._offered(consignment)]
        met = [one for one in blocks if any(covers(Block(one.service, one.sender), way) for way in ways)]
        held = next((one for one in met if self._holds(session, one)), None)
        return held.service if held else ""

    def forbids_now(self, consignment: Consignment) -> bool:
        """Return whether a text that is about to be handed over has become unwelcome while it waited."""
        if consignment.through is not None or not self.glance.get().is_any:
            return False
        with self._database.read() as session:
            return bool(self.forbids(session, consignment, self.hash_of(consignment.recipient)))

    def hash_of(self, number: str) -> str:
        """Return the word under which a number stands in the list; it is the one of the outbox."""
        return self._vault.keyed_hash("recipient", number)

    def stop(self, session: Session, stop: Stop) -> bool:
        """Block a number; return False when it was blocked for this sender already."""
        self._on_stop(session, stop)
        sender = comparable_sender(stop.way.sender)
        values = {
            "id": self._vault.new_id(),
            "recipient_hash": stop.recipient_hash,
            "service": stop.way.service,
            "sender": sender,
            "shown_sender": stop.way.sender[:40] if sender else "",
            "masked": stop.masked,
            "since": self._clock.now(),
            "source": stop.source.value,
            "word": stop.word[:64],
            "lifted_at": None,
            "lifted_by": "",
        }
        if session.execute(self._stopping, values).first() is None:
            return False
        self._record(session, AuditTag.CONSENT_STOPPED, stop.way, masked=stop.masked, word=stop.word, by=stop.source)
        return True

    def start(self, session: Session, recipient_hash: str, way: Way, word: str) -> bool:
        """Lift what a START that came on this *way* lifts; return False when there was nothing."""
        found = session.execute(_OF, {"w_hash": recipient_hash}).all()
        ids = [one.id for one in found if lifts(Block(one.service, one.sender), way)]
        lifted = self._lift(session, _s.id.in_(ids), by="START") if ids else []
        for one in lifted:
            self._record(session, AuditTag.CONSENT_STARTED, way, masked=one.masked, word=word, by=Source.REPLY)
        return bool(lifted)

    def refused(self, session: Session, stop: Stop) -> None:
        """Take note that a provider will not text somebody who has told it to stop."""
        self.stop(session, stop)

    def delivered(self, session: Session, recipient_hash: Callable[[], str], service: str) -> None:
        """Take note that a text has arrived: what its provider blocked is over."""
        if not self.glance.get(lambda: _standing(session)).is_told:
            return
        told = and_(_s.service == service, _s.source == Source.PROVIDER.value)
        for one in self._lift(session, and_(_s.recipient_hash == recipient_hash(), told), by="delivered"):
            way = Way(service, one.shown_sender)
            self._record(session, AuditTag.CONSENT_STARTED, way, masked=one.masked, word="", by=Source.PROVIDER)

    def lift(self, opt_out_id: str, author: Author, reason: str) -> None:
        """Lift one block for an administrator.

        Raises:
            NotFoundError: There is none of that id any more.
        """
        with self._database.write() as session:
            lifted = self._lift(session, _s.id == opt_out_id, by=author.login)
            if not lifted:
                raise NotFoundError("There is no such opt-out any more.")
            one = lifted[0]
            details = {"service": one.service, "sender": one.shown_sender, "recipient": one.masked, "reason": reason}
            self._audit.record(session, author.entry(AuditTag.CONSENT_LIFTED, details=details))

    def of(self, number: str) -> list[OptOut]:
        """Return what the owner of a number has blocked, newest first."""
        return self.portion(number=number, size=50)

    def portion(
        self, *, number: str = "", after: tuple[datetime, str] | None = None, size: int, service: str = ""
    ) -> list[OptOut]:
        """Return up to *size* blocks, newest first, those after a place; of one *number* or *service* if given."""
        query = select(*_SHOWN).where(_ACTIVE).order_by(_s.since.desc(), _s.id.desc()).limit(size)
        if number:
            query = query.where(_s.recipient_hash == self.hash_of(number))
        if service:
            query = query.where(_s.service == service)
        if after is not None:
            query = query.where(or_(_s.since < after[0], and_(_s.since == after[0], _s.id < after[1])))
        with self._database.read() as session:
            return [_opt_out(row) for row in session.execute(query)]

    def hears(self, service: str) -> bool:
        """Return whether replies of a service have ever reached us."""
        with self._database.read() as session:
            return bool(session.execute(_HEARD, {"w_service": service}).scalar_one())

    def _holds(self, session: Session, block: Any) -> bool:
        """Tell whether a block forbids, or whether its provider has to be asked again."""
        if block.source != Source.PROVIDER.value:
            return True
        return bool(session.execute(_HEARD, {"w_service": block.service}).scalar_one())

    def _lift(self, session: Session, which: ColumnElement[bool], *, by: str) -> Sequence[Any]:
        values = {"lifted_at": self._clock.now(), "lifted_by": by[:200]}
        changed = session.execute(
            update(_TABLE).where(which, _ACTIVE).values(values).returning(_s.service, _s.shown_sender, _s.masked)
        ).all()
        after_commit(session, self.glance.look_again)
        return changed

    def _record(self, session: Session, tag: AuditTag, way: Way, *, masked: str, word: str, by: Source) -> None:
        details = {
            "service": way.service,
            "sender": way.sender[:40],
            "recipient": masked,
            "word": word,
            "source": by.value,
        }
        self._audit.record(session, AuditEntry(tag, details=details))
        after_commit(session, partial(self.glance.look_again))

    def _look(self) -> _Standing:
        with self._database.read() as session:
            return _standing(session)


def _standing(session: Session) -> _Standing:
    is_any, is_told = session.execute(_STANDING).one()
    return _Standing(bool(is_any), bool(is_told))


def _opt_out(row: Any) -> OptOut:
    return OptOut(row[0], row[1], row[2], row[3], row[4], Source(row[5]), row[6])
