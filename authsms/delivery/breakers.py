"""The breakers in their rows: one for all processes and machines.

What an attempt teaches is written before the attempt itself is recorded, in a small transaction that does not wait for
the disk: a power cut costs a lesson, which the next failure teaches again. A healthy provider costs no statement.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, or_, select, update
from sqlalchemy.orm import Session

from authsms.delivery.breaker import Breaker, Fuse, Sign, Trouble, Well, after, not_probed, probing, sign_of
from authsms.delivery.condition_models import ServiceConditionRecord
from authsms.delivery.conditions import Conditions
from authsms.delivery.models import Message, fit
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, after_commit, rowcount
from authsms.foundation.logs import get_logger
from authsms.foundation.statements import PlainConnection
from authsms.senders.submission import Accepted, Outcome

_WOKEN: Final = 500
_FLOW: Final = timedelta(seconds=2)
_MOST_MOMENTS: Final = 400
_CODE_LENGTH: Final = 64
_TABLE: Final = cast("Table", ServiceConditionRecord.__table__)
_C: Final = _TABLE.c
_M: Final = cast("Table", Message.__table__).c
_log = get_logger(__name__)

_MINE = _C.service == bindparam("wanted")
_LOOK = select(
    _C.breaker, _C.failures, _C.opened_at, _C.retry_at, _C.pause_seconds, _C.reason, _C.code, _C.probe, _C.pace
).where(_MINE)
_HOLD = _LOOK.with_for_update()
_WRITE = (
    update(_TABLE)
    .where(_MINE)
    .values(
        breaker=bindparam("v_breaker"),
        failures=bindparam("v_failures"),
        opened_at=bindparam("v_opened_at"),
        retry_at=bindparam("v_retry_at"),
        pause_seconds=bindparam("v_pause_seconds"),
        reason=bindparam("v_reason"),
        code=bindparam("v_code"),
        probe=bindparam("v_probe"),
        pace=bindparam("v_pace"),
        policy_version=bindparam("v_policy_version"),
    )
)
_PROBE = (
    update(_TABLE)
    .where(
        _MINE,
        _C.breaker != Breaker.CLOSED.value,
        _C.paused_at.is_(None),
        or_(
            _C.retry_at <= bindparam("moment"),
            (_C.breaker == Breaker.OPEN.value)
            & (_C.reason != Trouble.THROTTLED.value)
            & (_C.policy_version < bindparam("version")),
        ),
    )
    .values(
        breaker=Breaker.HALF_OPEN.value,
        probe=bindparam("v_probe"),
        retry_at=bindparam("v_retry_at"),
        policy_version=bindparam("version"),
    )
)
_WAKE = (
    update(_M.id.table)
    .where(
        _M.id.in_(
            select(_M.id)
            .where(_M.due_at > bindparam("moment"))
            .order_by(_M.priority, _M.due_at)
            .limit(_WOKEN)
            .with_for_update(skip_locked=True)
        )
    )
    .values(due_at=bindparam("moment"))
)


class Flow:
    """How many texts a service has taken from this process within the last moments."""

    def __init__(self) -> None:
        self._moments: deque[datetime] = deque(maxlen=_MOST_MOMENTS)
        self._lock = threading.Lock()

    def note(self, now: datetime) -> None:
        """One more was taken."""
        with self._lock:
            self._moments.append(now)

    def per_second(self, now: datetime) -> float:
        """Return how many a second were taken."""
        with self._lock:
            while self._moments and now - self._moments[0] >= _FLOW:
                self._moments.popleft()
            return len(self._moments) / _FLOW.total_seconds()


class Breakers:
    """Opens and closes them, and lets one message through those that are half-open."""

    def __init__(self, database: Database, clock: Clock, conditions: Conditions) -> None:
        self._database = database
        self._clock = clock
        self._conditions = conditions
        self._flows: defaultdict[str, Flow] = defaultdict(Flow)

    def probe(self, session: Session, service: str, *, attempt: str, version: int) -> bool:
        """Let *attempt* through a breaker whose pause is over, within the transaction that begins it.

        One conditional statement: of all processes that try, one changes the row. A service that was changed since its
        breaker opened is tried without waiting for the end of the pause.

        Args:
            session: The transaction; a rollback lets somebody else try.
            service: Name of the sender service.
            attempt: Which attempt it is; only its outcome counts.
            version: Version of the policy that offers the service.
        """
        now = self._clock.now()
        probed = probing(Fuse(), now, attempt=attempt)
        values = {
            "wanted": service,
            "moment": now,
            "version": version,
            "v_probe": attempt,
            "v_retry_at": probed.retry_at,
        }
        is_mine = rowcount(session.execute(_PROBE, values)) == 1
        if is_mine:
            after_commit(session, self._conditions.look_again)
        return is_mine

    def learn(self, service: str, outcome: Outcome | None, *, attempt: str, version: int) -> None:
        """Take in what an attempt that has ended says about its service; None when it was not made after all."""
        now = self._clock.now()
        flow = self._flows[service]
        sign = None if outcome is None else sign_of(outcome, now, flow=flow.per_second(now))
        if isinstance(outcome, Accepted):
            flow.note(now)
        known = self._conditions.all().get(service)
        is_healthy = known is None or (known.breaker is Breaker.CLOSED and not known.failures and not known.pace)
        if is_healthy and (sign is None or isinstance(sign, Well)):
            return
        with self._database.jot() as connection:
            self._conditions.make(connection, service)
            old = _fuse_of(connection.execute(_HOLD, {"wanted": service}).one())
            new = _next(old, sign, now, attempt)
            if new != old:
                connection.execute(_WRITE, {"wanted": service, "v_policy_version": version, **_values(new)})
                if new.breaker is Breaker.CLOSED and old.breaker is not Breaker.CLOSED:
                    _wake(connection, now)
        self._conditions.look_again()
        if new.breaker is not old.breaker:
            _tell(service, new)


def _next(fuse: Fuse, sign: Sign | None, now: datetime, attempt: str) -> Fuse:
    return not_probed(fuse, now, attempt=attempt) if sign is None else after(fuse, sign, now, attempt=attempt)


def _wake(connection: PlainConnection, now: datetime) -> None:
    """Let the most urgent of the waiting messages look again whether they may go out."""
    connection.execute(_WAKE, {"moment": now})


def _tell(service: str, fuse: Fuse) -> None:
    tell = partial(_log.info if fuse.breaker is Breaker.CLOSED else _log.warning, f"breaker.{fuse.breaker.value}")
    tell(service=service, reason=fuse.reason, provider_code=fuse.code, pause=fuse.pause.total_seconds())


def _fuse_of(row: Any) -> Fuse:
    return Fuse(
        Breaker(row.breaker),
        tuple(datetime.fromtimestamp(moment, UTC) for moment in row.failures),
        row.opened_at,
        row.retry_at,
        timedelta(seconds=row.pause_seconds),
        row.reason,
        row.code,
        row.probe,
        row.pace,
    )


def _values(fuse: Fuse) -> Mapping[str, object]:
    return {
        "v_breaker": fuse.breaker.value,
        "v_failures": [moment.timestamp() for moment in fuse.failures],
        "v_opened_at": fuse.opened_at,
        "v_retry_at": fuse.retry_at,
        "v_pause_seconds": fuse.pause.total_seconds(),
        "v_reason": fuse.reason,
        "v_code": fit(fuse.code, _CODE_LENGTH),
        "v_probe": fuse.probe,
        "v_pace": fuse.pace,
    }
