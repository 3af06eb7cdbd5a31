"""Notices that were written: looked at, changed, ordered, and held by whoever brings them into the queue."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from authsms.audit.vocabulary import Author
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import ConflictError, NotFoundError, SealBrokenError
from authsms.foundation.vault import Vault
from authsms.messaging.models import NoticeOrderRow, NoticeRow
from authsms.messaging.notices import Notice, Notices
from authsms.messaging.wishes import (
    OrderState,
    Sample,
    Tally,
    Wish,
    checked_wish,
    packed_samples,
    tally_of,
    unpacked,
    unpacked_samples,
)
from authsms.messaging.wording import parse_texts

LEASE: Final = timedelta(seconds=60)
"""How long an order belongs to a process that is not heard of again."""
DRAFT_KEPT: Final = timedelta(days=1)
_AT_ONCE: Final = 20
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_TABLE: Final = cast("Table", NoticeOrderRow.__table__)
_o: Final = _TABLE.c
_UNSENT: Final = (OrderState.COUNTING.value, OrderState.COUNTED.value)
_AT_WORK: Final = (OrderState.COUNTING.value, OrderState.ORDERED.value)
_BEGUN: Final[dict[str, Any]] = {"place": "", "looked_up": 0, "problem": "", "owner": "", "leased_until": None}


@dataclass(frozen=True, slots=True)
class NoticeOrder:
    """A notice on its way to the queue.

    Attributes:
        audience: How many people have to be looked up.
        problem: Kind of the error that keeps it from going on, or empty.
        place: Of the audience, the one who was dealt with last.
    """

    id: str
    author: str
    state: OrderState
    wish: Wish
    looked_up: int
    audience: int
    tally: Tally
    samples: Sequence[Sample]
    problem: str
    created_at: datetime
    place: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice that was written and not sent, in a list."""

    id: str
    name: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """An order that belongs to this process."""

    order: NoticeOrder
    owner: str


class NoticeOrders:
    """Keeps them; every change of one that is at work is made under the condition that it is still ours."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, notices: Notices) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._notices = notices

    def write(self, author: Author, wish: Wish, replaces: str = "") -> str:
        """Keep a notice for a day and have it counted whom it would reach; return its id.

        Raises:
            InvalidInputError: It cannot be sent; `field` says what is wrong.
            ConflictError: There was a notice of that name.
        """
        with self._database.write() as session:
            if session.execute(select(NoticeRow.name).where(NoticeRow.name == wish.name)).first() is not None:
                raise ConflictError("There was a notice of this name; take another one.")
            session.execute(delete(_TABLE).where(_o.id == replaces, _o.state.in_(_UNSENT)))
            return self._insert(session, author, wish)

    def schedule(self, author: Author, wish: Wish, host: str) -> None:
        """Have a notice sent when it starts, without a count.

        Raises:
            InvalidInputError: It cannot be sent; `field` says what is wrong.
            ConflictError: There was a notice of that name.
        """
        starts_at = wish.starts_at or self._clock.now()
        with self._database.write() as session:
            order = self._insert(session, author, wish)
            begun = {"state": OrderState.ORDERED.value, "starts_at": starts_at}
            session.execute(update(_TABLE).where(_o.id == order).values(begun))
            notice = notice_of(wish, host)
            self._notices.begin(session, author, notice, starts_at + wish.life, is_new=True)

    def find(self, order: str) -> NoticeOrder:
        """Return an order that has not been ordered yet.

        Raises:
            NotFoundError: There is none of that id, it was ordered, or it cannot be read any more.
        """
        which = (_o.id == order, _o.state.in_(_UNSENT))
        with self._database.read() as session:
            row = session.execute(select(_TABLE).where(*which)).one_or_none()
        try:
            if row is not None:
                return self._opened(row)
        except SealBrokenError as error:
            raise NotFoundError("There is no such draft any more.") from error
        raise NotFoundError("There is no such draft any more.")

    def drafts(self) -> list[Draft]:
        """Return what was written and not sent, newest first."""
        query = select(_o.id, _o.name, _o.author, _o.created_at).where(_o.state.in_(_UNSENT))
        with self._database.read() as session:
            rows = session.execute(query.order_by(_o.created_at.desc(), _o.id).limit(_AT_ONCE)).all()
        return [Draft(*row) for row in rows]

    def discard(self, order: str) -> None:
        """Forget one that was not sent."""
        with self._database.write() as session:
            session.execute(delete(_TABLE).where(_o.id == order, _o.state.in_(_UNSENT)))

    def confirm(self, author: Author, order: str, host: str) -> str:
        """Have a counted notice sent; return its name. Texts follow in the background.

        Raises:
            NotFoundError: There is none of that id, or it was ordered before.
            ConflictError: It is still counted, or there is a notice of that name meanwhile.
        """
        found = self.find(order)
        starts_at = max(found.wish.starts_at or _LONG_AGO, self._clock.now())
        values = {**_BEGUN, "state": OrderState.ORDERED.value, "starts_at": starts_at, "samples": None, "tally": {}}
        counted = (_o.id == order, _o.state == OrderState.COUNTED.value)
        with self._database.write() as session:
            if not rowcount(session.execute(update(_TABLE).where(*counted).values(values))):
                raise ConflictError("It is still being counted whom this reaches.")
            notice = notice_of(found.wish, host)
            self._notices.begin(session, author, notice, starts_at + found.wish.life, is_new=True)
        return found.wish.name

    def due(self) -> list[str]:
        """Return the ids of those that somebody has to work at now, those that were sent first."""
        query = select(_o.id).where(*self._free()).order_by(_o.state.desc(), _o.created_at, _o.id)
        with self._database.read() as session:
            return list(session.execute(query.limit(_AT_ONCE)).scalars())

    def claim(self, order: str) -> Held | None:
        """Take an order for this process; None when another one has it, or it cannot be read any more."""
        owner, now = self._vault.new_id(), self._clock.now()
        mine = update(_TABLE).where(_o.id == order, *self._free()).values(owner=owner, leased_until=now + LEASE)
        with self._database.write() as session:
            row = session.execute(mine.returning(*_o)).one_or_none()
            if row is None:
                return None
            try:
                return Held(self._opened(row), owner)
            except SealBrokenError:
                session.execute(update(_TABLE).where(_o.id == order).values(state=OrderState.FAILED.value))
                return None

    def holds(self, session: Session, held: Held) -> bool:
        """Return whether an order is still ours, and keep it so until the caller's transaction ends."""
        mine = select(_o.id).where(*_mine(held)).with_for_update()
        return session.execute(mine).first() is not None

    def advance(self, session: Session, held: Held, tally: Tally, *, looked_up: int, **values: Any) -> bool:
        """Write within the caller's transaction how far an order is; False when it is not ours any more."""
        now = self._clock.now()
        values |= {"tally": tally.document(), "looked_up": looked_up, "leased_until": now + LEASE, "problem": ""}
        return self._change(session, held, values)

    def counted(self, session: Session, held: Held, samples: list[Sample]) -> bool:
        """Let somebody look at what was counted, and a few of those who would get it."""
        sealed = self._vault.seal(packed_samples(samples), context=_samples(held.order.id))
        values = {"state": OrderState.COUNTED.value, "samples": sealed, "owner": "", "leased_until": None}
        return self._change(session, held, values)

    def close(self, held: Held) -> None:
        """Be done with an order: everybody was dealt with, or nothing may follow."""
        with self._database.write() as session:
            done = {"state": OrderState.DONE.value, "letter": None, "owner": "", "leased_until": None}
            self._change(session, held, done)

    def postpone(self, held: Held, problem: str) -> None:
        """Leave an order alone for half a lease, since something it needs does not answer."""
        with self._database.write() as session:
            again = {"problem": problem[:64], "owner": "", "leased_until": self._clock.now() + LEASE / 2}
            self._change(session, held, again)

    def purge(self) -> int:
        """Forget what nobody has sent for a day, and orders whose notice is forgotten; return how many.

        Of notices that were cancelled before they began, what they would have said is forgotten.
        """
        old = _o.created_at < self._clock.now() - DRAFT_KEPT
        gone = _o.name.not_in(select(NoticeRow.name))
        cancelled = _o.name.in_(select(NoticeRow.name).where(NoticeRow.cancelled_at.is_not(None)))
        with self._database.write() as session:
            over = {"state": OrderState.DONE.value, "letter": None}
            session.execute(update(_TABLE).where(_o.state == OrderState.ORDERED.value, cancelled).values(over))
            return rowcount(session.execute(delete(_TABLE).where(old, or_(_o.state.in_(_UNSENT), gone))))

    def _insert(self, session: Session, author: Author, wish: Wish) -> str:
        order, name = self._vault.new_id(), checked_wish(wish).name
        values = {
            "id": order,
            "name": name,
            "author": author.login,
            "letter": self._vault.seal(wish.packed(), context=_letter(order)),
            "samples": None,
            "state": OrderState.COUNTING.value,
            "starts_at": None,
            "audience": 0,
            "tally": {},
            "created_at": self._clock.now(),
            **_BEGUN,
        }
        session.execute(insert(_TABLE).values(values))
        return order

    def _free(self) -> tuple[Any, ...]:
        now = self._clock.now()
        return (
            _o.state.in_(_AT_WORK),
            or_(_o.leased_until.is_(None), _o.leased_until <= now),
            or_(_o.starts_at.is_(None), _o.starts_at <= now),
        )

    def _change(self, session: Session, held: Held, values: dict[str, Any]) -> bool:
        return rowcount(session.execute(update(_TABLE).where(*_mine(held)).values(values))) > 0

    def _opened(self, row: Any) -> NoticeOrder:
        samples = b"[]"
        if row.samples is not None:
            samples = self._vault.unseal(row.samples, context=_samples(row.id))
        return NoticeOrder(
            row.id,
            row.author,
            OrderState(row.state),
            unpacked(self._vault.unseal(row.letter, context=_letter(row.id))),
            row.looked_up,
            row.audience,
            tally_of(row.tally),
            unpacked_samples(samples),
            row.problem,
            row.created_at,
            row.place,
        )


def notice_of(wish: Wish, host: str) -> Notice:
    """Return what is sent for a wish."""
    return Notice(wish.name, wish.purpose, parse_texts(wish.texts), host, wish.life)


def _mine(held: Held) -> tuple[Any, ...]:
    return (_o.id == held.order.id, _o.owner == held.owner, _o.state == held.order.state.value)


def _letter(order: str) -> str:
    return f"notice_order.letter:{order}"


def _samples(order: str) -> str:
    return f"notice_order.samples:{order}"
