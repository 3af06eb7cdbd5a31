"""Exact limits that several processes share: one row a key, one conditional statement a take.

The generic cell rate algorithm (ITU-T I.371, annex A): a row holds the theoretical arrival time; a take moves it on
by one interval and is refused while it lies more than the burst ahead. No counter is read, changed and written back,
so nothing slips through under concurrency.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import BindParameter, Executable, Float, String, Table, bindparam, case, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from authsms.foundation.clock import Clock
from authsms.foundation.db import Base, Database, post, rowcount
from authsms.foundation.errors import TooManyRequestsError


class LimitRow(Base):
    """State of one limit; times are seconds since 1970, so that both databases calculate alike.

    They have no index: only `Limits.purge` looks for them, among the few rows of the last minutes, and every take would
    have to write it.
    """

    __tablename__ = "limit_row"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    arrival: Mapped[float] = mapped_column(Float(53))


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
        self._later = later(_L.arrival, bindparam("moment", type_=Float))
        self._takings: dict[int, Executable] = {}
        arrival = self._later + bindparam("step", type_=Float)
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
        """Use up one of each limit, or of none, in one statement that does not wait for the disk.

        Name them in the same order everywhere: their rows are locked in that order. Where one is reached, what was
        used up of the others is given back, a moment later.

        Raises:
            TooManyRequestsError: One of them is reached.
        """
        now = self._clock.now().timestamp()
        wish: dict[str, str | float] = {"moment": now}
        for number, (key, rate) in enumerate(takes):
            allowance = (rate.count - 1) * rate.interval
            wish |= {f"key_{number}": key, f"arrival_{number}": now + rate.interval}
            wish |= {f"step_{number}": rate.interval, f"latest_{number}": now + allowance}
        with self._database.jot_one() as connection:
            taken = set(connection.execute(self._taking_all(len(takes)), wish).scalars())
        refused = next((take for take in takes if take[0] not in taken), None)
        if refused is not None:
            self._refuse(*refused, [take for take in takes if take[0] in taken], now)

    def give_back(self, session: Session, *takes: tuple[str, Rate]) -> None:
        """Undo earlier takes, within the caller's transaction: what was guarded against did not happen."""
        post(session, _GIVE_BACK, [{"wanted": key, "step": rate.interval} for key, rate in takes])

    def purge(self) -> int:
        """Delete rows that say nothing any more; return how many."""
        with self._database.write() as session:
            return rowcount(session.execute(delete(LimitRow).where(LimitRow.arrival < self._clock.now().timestamp())))

    def _taking_all(self, count: int) -> Executable:
        """Return the statement that takes one of each of so many limits and returns the keys of those it has taken."""
        if count not in self._takings:
            keys: list[BindParameter[str]] = [bindparam(f"key_{number}") for number in range(count)]
            rows = [{"key": key, "arrival": bindparam(f"arrival_{number}")} for number, key in enumerate(keys)]
            step, latest = (
                case(*((_L.key == key, bindparam(f"{word}_{number}", type_=Float)) for number, key in enumerate(keys)))
                for word in ("step", "latest")
            )
            self._takings[count] = (
                self._database.insert(_TABLE)
                .values(rows)
                .on_conflict_do_update(
                    index_elements=[_L.key], set_={"arrival": self._later + step}, where=_L.arrival <= latest
                )
                .returning(_L.key)
            )
        return self._takings[count]

    def _refuse(self, key: str, rate: Rate, others: list[tuple[str, Rate]], now: float) -> None:
        """Give back what was taken of *others* and raise the error that says when to come again."""
        with self._database.jot() as connection:
            if others:
                connection.execute(_GIVE_BACK, [{"wanted": other, "step": one.interval} for other, one in others])
            arrival = connection.execute(_ARRIVAL, {"wanted": key}).scalar_one()
        raise _refusal(arrival, rate, now)

    def _take(self, session: Session, key: str, rate: Rate) -> None:
        now = self._clock.now().timestamp()
        allowance = (rate.count - 1) * rate.interval
        wish = {"key": key, "arrival": now + rate.interval, "moment": now, "step": rate.interval}
        if session.execute(self._taking, wish | {"latest": now + allowance}).first() is None:
            raise _refusal(session.execute(_ARRIVAL, {"wanted": key}).scalar_one(), rate, now)


def _refusal(arrival: float, rate: Rate, now: float) -> TooManyRequestsError:
    seconds = arrival - (rate.count - 1) * rate.interval - now
    return TooManyRequestsError("Too many tries. Wait a little.", retry_after=timedelta(seconds=max(seconds, 1)))
