"""How many texts a second each sender service may be given; exact for all processes together.

A text that is over the rate of its service is put back and comes due at a moment of its own, one interval behind the
text before it, so that a long queue moves at the rate and is not looked through again and again. The moments are given
out in two lines. Texts for authentication have their own, and pass the others at each of them: whoever is due takes
from one and the same rate, and the queue hands out what is urgent first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.delivery.condition_models import ServiceRateRecord
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import InvalidInputError
from authsms.foundation.glance import Glance
from authsms.foundation.limits import Limits, Rate

MOST_PER_SECOND: Final = 1000.0
LEAST_PER_SECOND: Final = 0.01
MOST_BURST: Final = 1000
_TABLE: Final = cast("Table", ServiceRateRecord.__table__)
_ALL = select(_TABLE.c.service, _TABLE.c.per_second, _TABLE.c.burst)


@dataclass(frozen=True, slots=True)
class ServiceRate:
    """How many texts a service may be given.

    Attributes:
        per_second: On average.
        burst: At once, after a while without any.
    """

    per_second: float
    burst: int = 1

    @property
    def rate(self) -> Rate:
        """The same for `Limits`."""
        return Rate(self.burst, timedelta(seconds=self.burst / self.per_second))


class ServiceRates:
    """Keeps the rates, and takes from them; a service without one is not limited and costs no statement."""

    def __init__(self, database: Database, clock: Clock, limits: Limits, audit: AuditTrail) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._audit = audit
        self.glance = Glance(self._read)

    def all(self) -> Mapping[str, ServiceRate]:
        """Return the rates by service."""
        return self.glance.get()

    def save(self, service: str, rate: ServiceRate | None, author: Author) -> None:
        """Let a service be given so many texts, or as many as there are.

        Raises:
            InvalidInputError: Such a rate cannot be kept; `field` names what is wrong.
        """
        if rate is not None:
            _check(rate)
        row = {"service": service, "updated_at": self._clock.now(), "updated_by": author.login}
        with self._database.write() as session:
            if rate is None:
                changed = rowcount(session.execute(delete(_TABLE).where(_TABLE.c.service == service)))
            else:
                values = {**row, "per_second": rate.per_second, "burst": rate.burst}
                new = self._database.insert(_TABLE).values(values)
                session.execute(new.on_conflict_do_update(index_elements=[_TABLE.c.service], set_=values))
                changed = 1
            if changed:
                words = f"{rate.per_second:g} a second, {rate.burst} at once" if rate else "no limit"
                details = {"change": f"rate of {service}: {words}"}
                self._audit.record(session, author.entry(AuditTag.SPENDING_SAVED, details=details))
        self.glance.look_again()

    def take(self, session: Session, service: str, rate: ServiceRate) -> datetime | None:
        """Count one text within the transaction that begins its attempt, and return None.

        Over the rate nothing is counted, and what is returned is when the rate has room for one text again.
        """
        return self._limits.try_take(session, f"rate:{service}", rate.rate)

    def place(self, service: str, rate: ServiceRate | None, *, is_urgent: bool) -> datetime:
        """Return when a text that was over the *rate* of *service* may come back."""
        if rate is None:
            return self._clock.now()
        return self._limits.book(f"rate:{service}:{'urgent' if is_urgent else 'patient'}", rate.rate)

    def _read(self) -> Mapping[str, ServiceRate]:
        with self._database.read() as session:
            return {name: ServiceRate(per_second, burst) for name, per_second, burst in session.execute(_ALL)}


def _check(rate: ServiceRate) -> None:
    if not LEAST_PER_SECOND <= rate.per_second <= MOST_PER_SECOND:
        raise InvalidInputError("A service can be given 0.01 to 1000 texts a second.", field="per_second")
    if not 1 <= rate.burst <= MOST_BURST:
        raise InvalidInputError("1 to 1000 texts may go at once.", field="burst")
