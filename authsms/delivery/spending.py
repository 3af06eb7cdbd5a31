"""Caps in their rows: what has been used of each, counted exactly by any number of processes.

Where a text is counted follows from who has to be told. Caps on everything, on a country or a purpose are taken from
when the text is queued, in that transaction: there the person can still be shown another way, and the text is stored as
withheld with its reason. Repeats and failover of a text are not counted again. Which service carries a text is known
only when its attempt begins, so a cap on a service is taken from in that transaction; a service that is used up is
passed over, and a text that nobody may carry waits for the next window as long as it lives.

One conditional statement takes from a cap, and refuses where nothing is left. Without caps there is no statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, cast

from sqlalchemy import BigInteger, Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.delivery.caps import Cap, CapScope, Expense, Period, Standing, check, scaled
from authsms.delivery.condition_models import SpendingCapRecord, SpendingUseRecord
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import NotFoundError
from authsms.foundation.glance import Glance
from authsms.foundation.vault import Vault
from authsms.senders.models import SenderPolicyRecord
from authsms.senders.submission import Purpose
from authsms.senders.text import measure

_KEPT: Final = timedelta(days=40)
_CAPS: Final = cast("Table", SpendingCapRecord.__table__)
_USES: Final = cast("Table", SpendingUseRecord.__table__)
_U: Final = _USES.c
_ALL = select(*_CAPS.c)
_PRICE = select(SenderPolicyRecord.segment_price).where(SenderPolicyRecord.id == 1)
_GIVE_BACK = (
    update(_USES)
    .where(_U.cap_id == bindparam("wanted"), _U.starts_at == bindparam("moment"))
    .values(
        texts=_U.texts - bindparam("less_texts", type_=BigInteger),
        cost=_U.cost - bindparam("less_cost", type_=BigInteger),
    )
)


@dataclass(frozen=True, slots=True)
class Bill:
    """A text, and the caps there were when it was looked at."""

    expense: Expense
    caps: Sequence[Cap]

    def through(self, service: str) -> "Bill":
        """Return the same for the service that is to carry it."""
        return replace(self, expense=replace(self.expense, service=service))


@dataclass(frozen=True, slots=True)
class _Plan:
    caps: tuple[Cap, ...]
    price: Decimal


class Spending:
    """Keeps the caps, and takes from them.

    Args:
        database: Where caps and uses are.
        vault: Makes ids.
        clock: Tells which window it is.
        audit: Is told of changed caps.
    """

    def __init__(self, database: Database, vault: Vault, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self.glance = Glance(self._look)
        new = database.insert(_USES)
        texts, cost = _U.texts + new.excluded.texts, _U.cost + new.excluded.cost
        self._taking = new.on_conflict_do_update(
            index_elements=[_U.cap_id, _U.starts_at],
            set_={"texts": texts, "cost": cost},
            where=(texts <= bindparam("room_texts", type_=BigInteger))
            & (cost <= bindparam("room_cost", type_=BigInteger)),
        ).returning(_U.cap_id)

    def caps(self) -> Sequence[Cap]:
        """Return the caps there are."""
        return self.glance.get().caps

    def bill(
        self, purpose: Purpose, country: str, text: str, *, is_proven: bool, session: Session | None = None
    ) -> Bill | None:
        """Return what a text costs and which caps it concerns; None where there are none, and nothing to count.

        Within a transaction, hand its *session* in: a second connection could be waited for in vain.
        """
        plan = self.glance.get(None if session is None else lambda: _read(session))
        if not plan.caps:
            return None
        cost = scaled(plan.price * measure(text).segments) if plan.price else 0
        return Bill(Expense(purpose, country, cost, is_proven), plan.caps)

    def take(self, session: Session, bill: Bill, *, is_sent: bool = True) -> datetime | None:
        """Count a text against every cap it concerns, within the caller's transaction, and return None.

        Where one of them has no room, nothing is counted, and what is returned is when that cap begins anew. Rows are
        locked in the order of the caps' ids.

        Args:
            session: The transaction; a rollback gives everything back.
            bill: The text.
            is_sent: Whether the text will be sent; else the same is done with nothing, so that it takes as long.
        """
        now = self._clock.now()
        taken: list[Cap] = []
        amount = (1, bill.expense.cost) if is_sent else (0, 0)
        for cap in bill.caps:
            if not cap.concerns(bill.expense):
                continue
            if self._take(session, cap, now, amount, cap.room(is_proven=bill.expense.is_proven)):
                taken.append(cap)
            elif is_sent:
                _give_back(session, taken, now, amount)
                return cap.ends_at(now)
        return None

    def standings(self) -> list[Standing]:
        """Return what every cap has seen in its present window, as of now."""
        now = self._clock.now()
        with self._database.read() as session:
            caps = [_cap(row) for row in session.execute(_ALL)]
            windows = {cap.window(now) for cap in caps}
            rows = session.execute(select(*_U).where(_U.starts_at.in_(windows))).all() if windows else []
        uses = {(row.cap_id, row.starts_at): (row.texts, row.cost) for row in rows}
        return [
            Standing(cap, *uses.get((cap.id, cap.window(now)), (0, 0)), cap.ends_at(now)) for cap in _in_order(caps)
        ]

    def save(self, cap: Cap, author: Author) -> Cap:
        """Store a cap, a new one when it has no id; what has been used of it stays.

        Raises:
            InvalidInputError: It makes no sense; `field` names what is wrong.
            NotFoundError: There is none of that id any more.
        """
        check(cap)
        values = {**_row(cap), "updated_at": self._clock.now(), "updated_by": author.login}
        with self._database.write() as session:
            if cap.id:
                saved = cap
                if not rowcount(session.execute(update(_CAPS).where(_CAPS.c.id == cap.id).values(values))):
                    raise NotFoundError("There is no such cap any more.")
            else:
                saved = replace(cap, id=self._vault.new_id())
                session.execute(self._database.insert(_CAPS).values({**values, "id": saved.id}))
            self._record(session, author, "cap changed" if cap.id else "cap added", saved)
        self.glance.look_again()
        return saved

    def remove(self, cap_id: str, author: Author) -> None:
        """Forget a cap and what has been used of it.

        Raises:
            NotFoundError: There is none of that id.
        """
        with self._database.write() as session:
            row = session.execute(_ALL.where(_CAPS.c.id == cap_id)).one_or_none()
            if row is None:
                raise NotFoundError("There is no such cap any more.")
            session.execute(delete(_CAPS).where(_CAPS.c.id == cap_id))
            self._record(session, author, "cap removed", _cap(row))
        self.glance.look_again()

    def purge(self) -> int:
        """Delete what was used in windows long past; return how many."""
        with self._database.write() as session:
            return rowcount(session.execute(delete(_USES).where(_U.starts_at < self._clock.now() - _KEPT)))

    def _take(self, session: Session, cap: Cap, now: datetime, amount: tuple[int, int], room: tuple[int, int]) -> bool:
        texts, cost = amount
        if texts > room[0] or cost > room[1]:  # the first text of a window finds no row that could refuse it
            return False
        values = {"cap_id": cap.id, "starts_at": cap.window(now), "texts": texts, "cost": cost}
        limits = {"room_texts": room[0], "room_cost": room[1]}
        return session.execute(self._taking, values | limits).first() is not None

    def _record(self, session: Session, author: Author, change: str, cap: Cap) -> None:
        details: Mapping[str, str | int | bool] = {
            "change": f"{change}: {cap.scope.value} {cap.name} per {cap.period.value}",
            "texts": "" if cap.most_texts is None else cap.most_texts,
            "cost": "" if cap.most_cost is None else cap.most_cost,
            "reserve": cap.reserve_percent,
            "brake": cap.is_brake,
        }
        self._audit.record(session, author.entry(AuditTag.SPENDING_SAVED, details=details))

    def _look(self) -> _Plan:
        with self._database.read() as session:
            return _read(session)


def _read(session: Session) -> _Plan:
    caps = [_cap(row) for row in session.execute(_ALL)]
    price = session.execute(_PRICE).scalar_one_or_none() if caps else None
    return _Plan(tuple(sorted(caps, key=attrgetter("id"))), Decimal(price or 0))


def _give_back(session: Session, caps: Sequence[Cap], now: datetime, amount: tuple[int, int]) -> None:
    texts, cost = amount
    for cap in caps:
        values = {"wanted": cap.id, "moment": cap.window(now), "less_texts": texts, "less_cost": cost}
        session.execute(_GIVE_BACK, values)


def _in_order(caps: Sequence[Cap]) -> list[Cap]:
    scopes = list(CapScope)
    return sorted(caps, key=lambda cap: (scopes.index(cap.scope), cap.name, cap.period.value, cap.id))


def _cap(row: Any) -> Cap:
    return Cap(
        row.id,
        CapScope(row.scope),
        row.name,
        Period(row.period),
        row.most_texts,
        row.most_cost,
        row.reserve_percent,
        row.alarm_percent,
        row.is_brake,
    )


def _row(cap: Cap) -> dict[str, Any]:
    return {
        "scope": cap.scope.value,
        "name": cap.name,
        "period": cap.period.value,
        "most_texts": cap.most_texts,
        "most_cost": cap.most_cost,
        "reserve_percent": cap.reserve_percent,
        "alarm_percent": cap.alarm_percent,
        "is_brake": cap.is_brake,
    }
