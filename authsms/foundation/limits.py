"""Exact limits that several processes share: one row a key, one conditional statement a take.

The generic cell rate algorithm (ITU-T I.371, annex A): a row holds the theoretical arrival time; a take moves it on
by one interval and is refused while it lies more than the burst ahead. No counter is read, changed and written back,
so nothing slips through under concurrency.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import Float, String, Table, bindparam, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from authsms.foundation.clock import Clock
from authsms.foundation.db import Base, Database, rowcount
from authsms.foundation.errors import TooManyRequestsError
from authsms.foundation.statements import PlainConnection


class LimitRow(Base):
    """State of one limit; times are seconds since 1970, so that both databases calculate alike."""

    __tablename__ = "limit_row"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    arrival: Mapped[float] = mapped_column(Float(53), index=True)


# Built once, and on the table: putting a statement together costs several times what running it does.
_TABLE = cast("Table", LimitRow.__table__)
_L = _TABLE.c
_ARRIVAL = select(_L.arrival).where(_L.key == bindparam("wanted"))
_GIVE_BACK = (
    update(_TABLE).where(_L.key == bindparam("wanted")).values(arrival=_L.arrival - bindparam("step", type_=Float))
)


@dataclass(frozen=True, slots=True)
class Rate:
    """*count* takes in any *per* at the most; all of them may come at once."""

    count: int
    per: timedelta

    @property
    def interval(self) -> float:
        """Seconds between takes when the burst is used up."""
        return self.per.total_seconds() / self.count


class Limits:
    """Takes from limits kept in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        later = func.max if database.dialect == "sqlite" else func.greatest
        arrival = later(_L.arrival, bindparam("moment", type_=Float)) + bindparam("step", type_=Float)
        self._taking = (
            database.insert(_TABLE)
            .on_conflict_do_update(
                index_elements=[_L.key],
                set_={"arrival": arrival},
                where=_L.arrival <= bindparam("latest", type_=Float),
            )
            .returning(_L.key)
        )
        self._booking = (
            database.insert(_TABLE)
            .on_conflict_do_update(index_elements=[_L.key], set_={"arrival": arrival})
            .returning(_L.arrival)
        )

    def take(self, key: str, rate: Rate, *, session: Session | None = None) -> None:
        """Use up one of *rate* for *key*.

        Args:
            key: Whom or what is limited, e.g. ``logon:address:192.0.2.1``; never a whole phone number.
            rate: How many are allowed.
            session: Take inside this transaction (a rollback gives it back); in one of its own otherwise.

        Raises:
            TooManyRequestsError: The limit is reached; nothing was used up.
        """
        if session is None:
            self.take_all((key, rate))
        else:
            self._take(session, key, rate)

    def try_take(self, session: Session, key: str, rate: Rate) -> datetime | None:
        """Use up one of *rate* for *key* within the caller's transaction, and return None.

        Where there is none left, nothing is used up, and what is returned is the moment at which there will be one.
        """
        now = self._clock.now().timestamp()
        allowance = (rate.count - 1) * rate.interval
        wish = {"key": key, "arrival": now + rate.interval, "moment": now, "step": rate.interval}
        if session.execute(self._taking, wish | {"latest": now + allowance}).first() is not None:
            return None
        arrival: float = session.execute(_ARRIVAL, {"wanted": key}).scalar_one()
        return datetime.fromtimestamp(max(arrival - allowance, now), UTC)

    def book(self, key: str, rate: Rate) -> datetime:
        """Return a moment of one's own in the line of *key*, one interval behind the last that was given out.

        Whoever finds nothing left to take comes back then: all at once would find nothing again.
        """
        now = self._clock.now().timestamp()
        wish = {"key": key, "arrival": now + rate.interval, "moment": now, "step": rate.interval}
        with self._database.jot_one() as connection:
            arrival: float = connection.execute(self._booking, wish).scalar_one()
        return datetime.fromtimestamp(arrival, UTC)

    def take_all(self, *takes: tuple[str, Rate]) -> None:
        """Use up one of each limit, or of none, in a transaction of its own that does not wait for the disk.

        Name them in the same order everywhere: their rows are locked in that order.

        Raises:
            TooManyRequestsError: One of them is reached.
        """
        with self._database.jot() as connection:
            for key, rate in takes:
                self._take(connection, key, rate)

    def give_back(self, session: Session, *takes: tuple[str, Rate]) -> None:
        """Undo earlier takes, within the caller's transaction: what was guarded against did not happen."""
        session.execute(_GIVE_BACK, [{"wanted": key, "step": rate.interval} for key, rate in takes])

    def purge(self) -> int:
        """Delete rows that say nothing any more; return how many."""
        with self._database.write() as session:
            return rowcount(session.execute(delete(LimitRow).where(LimitRow.arrival < self._clock.now().timestamp())))

    def _take(self, session: Session | PlainConnection, key: str, rate: Rate) -> None:
        now = self._clock.now().timestamp()
        allowance = (rate.count - 1) * rate.interval
        wish = {"key": key, "arrival": now + rate.interval, "moment": now, "step": rate.interval}
        if session.execute(self._taking, wish | {"latest": now + allowance}).first() is None:
            arrival = session.execute(_ARRIVAL, {"wanted": key}).scalar_one()
            raise TooManyRequestsError("Too many tries. Wait a little.", retry_after=_until(arrival - allowance, now))


def _until(moment: float, now: float) -> timedelta:
    return max(datetime.fromtimestamp(moment, UTC) - datetime.fromtimestamp(now, UTC), timedelta(seconds=1))
