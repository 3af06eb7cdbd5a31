"""Alarms: what is wrong now and since when.

Periodic tasks look for signs and hand findings over; an alarm is raised once, stays while the same thing is found, and
is cleared when it is not. Raising and clearing are recorded in the audit trail and logged. Whether anybody delivers is
looked at whenever somebody asks, because where no delivery process runs no periodic task does.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from authsms.administration.actors import Actor
from authsms.administration.alarm_rules import AlarmKind, Finding, Severity, about_delivery
from authsms.administration.models import AlarmRow
from authsms.administration.rights import Right
from authsms.audit import AuditEntry, AuditTag, AuditTrail
from authsms.delivery.heartbeat import SILENT, last_heartbeat
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.logs import get_logger

_TABLE: Final = cast("Table", AlarmRow.__table__)
_A: Final = _TABLE.c
_STANDING: Final = (
    select(_A.key, _A.kind, _A.subject, _A.severity, _A.raised_at, _A.facts)
    .where(_A.cleared_at.is_(None))
    .order_by(_A.severity, _A.raised_at, _A.key)
)
_SEEN: Final = (
    update(_TABLE)
    .where(_A.key == bindparam("wanted"))
    .values(last_seen_at=bindparam("moment"), severity=bindparam("severe"), facts=bindparam("known"))
)
_CLEAR: Final = (
    update(_TABLE).where(_A.key == bindparam("wanted"), _A.cleared_at.is_(None)).values(cleared_at=bindparam("moment"))
)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is wrong."""

    kind: AlarmKind
    subject: str
    severity: Severity
    raised_at: datetime
    facts: Mapping[str, str | int]

    @property
    def key(self) -> str:
        """Its name."""
        return f"{self.kind}:{self.subject}"


class Alarms:
    """Keeps the alarms."""

    def __init__(self, database: Database, clock: Clock, audit: AuditTrail) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    def standing(self, actor: Actor) -> Sequence[Alarm]:
        """Return what is wrong now, the critical things first, the oldest of them first.

        Raises:
            ForbiddenError: The actor may not see the dashboard.
        """
        actor.require(Right.DASHBOARD_SEE)
        alarms = self._standing()
        missing = about_delivery(last_heartbeat(self._database), self._clock.now(), SILENT)
        if (missing is not None) == any(one.kind is AlarmKind.NO_DELIVERY for one in alarms):
            return alarms
        self.settle([AlarmKind.NO_DELIVERY], [missing] if missing else [])
        return self._standing()

    def settle(
        self, kinds: Collection[AlarmKind], findings: Iterable[Finding], *, unclear: Collection[str] = ()
    ) -> None:
        """Raise what was found, and clear what was not.

        Args:
            kinds: What was looked for; alarms of other kinds stay as they are.
            findings: What was found.
            unclear: Keys of alarms of which nobody could tell; they stay as they are.
        """
        now = self._clock.now()
        found = {one.key: one for one in findings}
        standing = {one.key: one for one in self._standing() if one.kind in kinds}
        gone = [one for key, one in standing.items() if key not in found and key not in unclear]
        if not found and not gone:
            return
        with self._database.write() as session:
            raised = [one for one in found.values() if self._raise(session, one, now)]
            cleared = [one for one in gone if rowcount(session.execute(_CLEAR, {"wanted": one.key, "moment": now}))]
            for tag, alarms in ((AuditTag.ALARM_RAISED, raised), (AuditTag.ALARM_CLEARED, cleared)):
                for one in alarms:
                    self._audit.record(session, AuditEntry(tag, details=_told(one)))
        for one in raised:
            _log.error("alarm.raised", **_told(one))
        for one in cleared:
            _log.info("alarm.cleared", **_told(one))

    def _standing(self) -> Sequence[Alarm]:
        with self._database.read() as session:
            return [_alarm(row) for row in session.execute(_STANDING)]

    def _raise(self, session: Session, finding: Finding, now: datetime) -> bool:
        """Store a finding; return False when its alarm stands already."""
        new = {
            "kind": finding.kind.value,
            "subject": finding.subject,
            "severity": finding.severity.value,
            "raised_at": now,
            "last_seen_at": now,
            "cleared_at": None,
            "facts": dict(finding.facts),
        }
        raising = (
            self._database.insert(_TABLE)
            .values(key=finding.key, **new)
            .on_conflict_do_update(index_elements=["key"], set_=new, where=_A.cleared_at.is_not(None))
            .returning(_A.key)
        )
        if session.execute(raising).first() is not None:
            return True
        known = {"severe": finding.severity.value, "known": dict(finding.facts)}
        session.execute(_SEEN, {"wanted": finding.key, "moment": now, **known})
        return False


def _alarm(row: Any) -> Alarm:
    return Alarm(AlarmKind(row.kind), row.subject, Severity(row.severity), row.raised_at, row.facts)


def _told(alarm: Alarm | Finding) -> dict[str, str]:
    return {"kind": alarm.kind.value, "subject": alarm.subject, "severity": alarm.severity.value}
