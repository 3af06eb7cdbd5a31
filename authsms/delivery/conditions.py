"""What sender services are like now: breakers, pauses and demotions, as every process sees them.

A dispatcher asks before each message, so what it asks is a snapshot, looked up at most once a second and never for a
message. A snapshot may be a second old: what must be exact (a pause, a half-open breaker that lets one message through)
is therefore also a condition of the statement that begins an attempt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, cast

from sqlalchemy import Table, Update, bindparam, delete, select, update
from sqlalchemy.orm import Session

from authsms.audit import AuditTag, AuditTrail
from authsms.audit.vocabulary import Author
from authsms.delivery.breaker import Breaker
from authsms.delivery.condition_models import DemotionRecord, PurposePauseRecord, ServiceConditionRecord
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.glance import Glance
from authsms.foundation.statements import PlainConnection
from authsms.senders.submission import Purpose

__all__ = ["Breaker", "Conditions", "Pause", "ServiceCondition"]

_TABLE: Final = cast("Table", ServiceConditionRecord.__table__)
_C: Final = _TABLE.c
_PAUSES: Final = cast("Table", PurposePauseRecord.__table__)
_DEMOTIONS: Final = cast("Table", DemotionRecord.__table__)

_NEW: Final[Mapping[str, Any]] = {
    "breaker": Breaker.CLOSED.value,
    "failures": [],
    "pause_seconds": 0.0,
    "reason": "",
    "code": "",
    "probe": "",
    "policy_version": 0,
    "pace": 0.0,
    "paused_by": "",
}
"""Values of a service with which nothing is the matter."""

_ALL_SERVICES = select(*_C)
_ALL_PURPOSES = select(_PAUSES.c.purpose, _PAUSES.c.paused_at, _PAUSES.c.paused_by)
_ALL_DEMOTIONS = select(_DEMOTIONS.c.service, _DEMOTIONS.c.country, _DEMOTIONS.c.demoted_at, _DEMOTIONS.c.reason).where(
    _DEMOTIONS.c.is_active
)
_PAUSE = (
    update(_TABLE)
    .where(_C.service == bindparam("wanted"), _C.paused_at.is_(None))
    .values(paused_at=bindparam("moment"), paused_by=bindparam("author"))
)
_RESUME = (
    update(_TABLE)
    .where(_C.service == bindparam("wanted"), _C.paused_at.is_not(None))
    .values(paused_at=None, paused_by="")
)
_RETRY = (
    update(_TABLE)
    .where(_C.service == bindparam("wanted"), _C.breaker == Breaker.OPEN.value)
    .values(retry_at=bindparam("moment"))
)


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when something is paused, and by whom."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ServiceCondition:
    """What one sender service is like now.

    Attributes:
        failures: How many failures its breaker counts at present.
        opened_at: Since when its breaker has not been closed, or None.
        retry_at: When the next message may be let through; None while the breaker is closed.
        reason: A `authsms.delivery.breaker.Trouble`, or empty.
        code: The code of what opened the breaker, the provider's or ours.
        demoted_at: Since when it is tried after the others somewhere, or None.
        demoted: Countries where that holds, with the reason in words.
        policy_version: The version of the policy under which the breaker opened.
        pace: Texts a second that it is given since it has asked to wait; 0 for as many as there are.
    """

    service: str
    breaker: Breaker = Breaker.CLOSED
    failures: int = 0
    opened_at: datetime | None = None
    retry_at: datetime | None = None
    reason: str = ""
    paused_at: datetime | None = None
    paused_by: str = ""
    demoted_at: datetime | None = None
    code: str = ""
    demoted: Mapping[str, str] = field(default_factory=dict)
    policy_version: int = 0
    pace: float = 0.0

    @property
    def is_barred(self) -> bool:
        """Whether messages may not simply go through it."""
        return self.breaker is not Breaker.CLOSED or self.paused_at is not None


@dataclass(frozen=True, slots=True)
class _Snapshot:
    services: Mapping[str, ServiceCondition]
    purposes: Mapping[Purpose, Pause]


class Conditions:
    """Knows them, and lets administrators pause and resume; safe to share between threads."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self.glance = Glance(self._read)
        self._new_row = database.insert(_TABLE).values(service=bindparam("service"), **_NEW).on_conflict_do_nothing()

    def all(self) -> Mapping[str, ServiceCondition]:
        """Return what is known, by service; one with which nothing has ever been the matter may be missing."""
        return self.glance.get().services

    def paused_purposes(self) -> Mapping[Purpose, Pause]:
        """Return the purposes whose messages wait."""
        return self.glance.get().purposes

    def look_again(self) -> None:
        """Let the next question be answered from the database."""
        self.glance.look_again()

    def pause_service(self, name: str, author: Author) -> None:
        """Let no further message go through a service; what is under way is finished."""
        values = {"wanted": name, "moment": self._clock.now(), "author": author.login}
        self._change(name, author, AuditTag.SERVICE_PAUSED, _PAUSE, values)

    def resume_service(self, name: str, author: Author) -> None:
        """Let messages go through a service again."""
        self._change(name, author, AuditTag.SERVICE_RESUMED, _RESUME, {"wanted": name})

    def retry_service(self, name: str, author: Author) -> None:
        """Let the next message through a service whose breaker is open, without waiting for the end of its pause."""
        values = {"wanted": name, "moment": self._clock.now()}
        self._change(name, author, AuditTag.SERVICE_RETRIED, _RETRY, values)

    def pause_purpose(self, purpose: Purpose, author: Author) -> None:
        """Let messages of *purpose* wait; they expire as ever."""
        row = {"purpose": purpose.value, "paused_at": self._clock.now(), "paused_by": author.login}
        pausing = self._database.insert(_PAUSES).values(row).on_conflict_do_nothing().returning(_PAUSES.c.purpose)
        with self._database.write() as session:
            if session.execute(pausing).first() is not None:
                self._audit.record(session, author.entry(AuditTag.PURPOSE_PAUSED, details={"purpose": purpose.value}))
        self.look_again()

    def resume_purpose(self, purpose: Purpose, author: Author) -> None:
        """Let messages of *purpose* go out again."""
        resuming = delete(_PAUSES).where(_PAUSES.c.purpose == purpose.value)
        with self._database.write() as session:
            if rowcount(session.execute(resuming)):
                self._audit.record(session, author.entry(AuditTag.PURPOSE_RESUMED, details={"purpose": purpose.value}))
        self.look_again()

    def make(self, session: Session | PlainConnection, name: str) -> None:
        """See to it that a service has a row, within the caller's transaction."""
        session.execute(self._new_row, {"service": name})

    def _change(
        self, name: str, author: Author, tag: AuditTag, statement: Update, values: Mapping[str, object]
    ) -> None:
        with self._database.write() as session:
            self.make(session, name)
            if rowcount(session.execute(statement, values)):
                self._audit.record(session, author.entry(tag, details={"service": name}))
        self.look_again()

    def _read(self) -> _Snapshot:
        with self._database.read() as session:
            rows = session.execute(_ALL_SERVICES).all()
            demotions = session.execute(_ALL_DEMOTIONS).all()
            purposes = session.execute(_ALL_PURPOSES).all()
        paused = {Purpose(purpose): Pause(at, by) for purpose, at, by in purposes}
        return _Snapshot(MappingProxyType(_conditions(rows, demotions)), MappingProxyType(paused))


def _conditions(rows: Sequence[Any], demotions: Sequence[Any]) -> dict[str, ServiceCondition]:
    found = {row.service: row for row in rows}
    return {
        name: _condition(name, found.get(name), demotions) for name in {*found, *(one.service for one in demotions)}
    }


def _condition(name: str, row: Any | None, demotions: Sequence[Any]) -> ServiceCondition:
    mine = [one for one in demotions if one.service == name]
    demoted_at = min((one.demoted_at for one in mine), default=None)
    demoted = {one.country: one.reason for one in mine}
    if row is None:
        return ServiceCondition(name, demoted_at=demoted_at, demoted=demoted)
    return ServiceCondition(
        name,
        Breaker(row.breaker),
        len(row.failures),
        row.opened_at,
        row.retry_at,
        row.reason,
        row.paused_at,
        row.paused_by,
        demoted_at,
        row.code,
        demoted,
        row.policy_version,
        row.pace,
    )
