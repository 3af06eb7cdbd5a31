"""Messages whose ids a broker carries; the table stays the truth about them.

Such a message belongs to `BROKER` until a delivery process that was brought its id takes it, or until its lease is
over: then it waits again and its id is sent anew. An id may therefore arrive late, twice or not at all without harm.
Everything here is one statement that costs no wait for the disk: whatever a power cut takes back happens again, for
nothing is handed to a provider before its attempt is on the disk.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, Update, bindparam, func, or_, select, update

from authsms.delivery import statements
from authsms.delivery.ledger import CLOCKS_DIFFER, Claimed, Lease, claimed_of
from authsms.delivery.models import Message
from authsms.delivery.states import LIVE, priority_of
from authsms.foundation.db import Database, rowcount
from authsms.senders.submission import Purpose

BROKER: Final = "broker"
"""Owner of a message whose id is under way."""


class Lane(StrEnum):
    """Queues of the broker; what is urgent has one of its own. The names are for good."""

    URGENT = "authsms.urgent"
    PATIENT = "authsms.patient"


CARRIED_AT_MOST: Final = 500
"""How many ids of patient messages are under way at a time: the order of the rest is up to the table."""

_LEASES: Final = {Lane.URGENT: timedelta(seconds=10), Lane.PATIENT: timedelta(seconds=60)}
_AT_ONCE: Final = 500
_TABLE: Final = cast("Table", Message.__table__)
_message = _TABLE.c
_IS_URGENT: Final = _message.priority == priority_of(Purpose.AUTHENTICATION)
_IS_CARRIED: Final = _message.owner == BROKER


def _pass_on(which: ColumnElement[bool]) -> Update:
    due = (
        select(_message.id)
        .where(_message.due_at <= bindparam("w_due"), _message.expires_at > bindparam("w_now"), which)
        .order_by(_message.priority, _message.turn, _message.due_at)
        .limit(bindparam("w_limit"))
        .with_for_update(skip_locked=True)
    )
    chosen = due.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    return (
        update(_TABLE)
        .where(_message.id.in_(select(chosen.c.id)))
        .values(owner=BROKER, leased_until=bindparam("v_until"), due_at=None)
        .returning(_message.id, _message.priority, _message.turn, _message.created_at)
    )


_PASS_ON: Final = {Lane.URGENT: _pass_on(_IS_URGENT), Lane.PATIENT: _pass_on(~_IS_URGENT)}
_COUNT_PATIENT: Final = select(func.count()).select_from(_TABLE).where(_IS_CARRIED, ~_IS_URGENT)
_WAIT_AGAIN: Final[Mapping[str, Any]] = {"owner": None, "leased_until": None, "due_at": bindparam("v_now")}
_TAKE_BACK_ALL: Final = update(_TABLE).where(_IS_CARRIED).values(**_WAIT_AGAIN)
_TAKE_BACK_LATE: Final = (
    update(_TABLE).where(_IS_CARRIED, _message.leased_until <= bindparam("v_now")).values(**_WAIT_AGAIN)
)
_TAKE: Final = (
    update(_TABLE)
    .where(
        _message.id == bindparam("w_id"),
        or_(_IS_CARRIED, _message.due_at <= bindparam("w_due")),
        _message.expires_at > bindparam("w_now"),
        or_(*(_message.state == state.value for state in LIVE)),
        _message.in_flight.is_(False),
    )
    .values(owner=bindparam("v_owner"), leased_until=bindparam("v_until"), due_at=None)
    .returning(*statements.CLAIMED)
)


def pass_on(database: Database, lane: Lane, now: datetime) -> list[str]:
    """Give due messages of one lane to the broker; return their ids, the most urgent first."""
    limit = _AT_ONCE
    if lane is Lane.PATIENT:
        with database.read() as session:
            limit = min(CARRIED_AT_MOST - session.execute(_COUNT_PATIENT).scalar_one(), _AT_ONCE)
    if limit <= 0:
        return []
    values = {"w_now": now, "w_due": now + CLOCKS_DIFFER, "w_limit": limit, "v_until": now + _LEASES[lane]}
    with database.jot_in_order() as connection:
        rows = connection.execute(_PASS_ON[lane], values).all()
    return [row.id for row in sorted(rows, key=lambda row: (row.priority, row.turn, row.created_at))]


def take_back(database: Database, now: datetime, *, only_late: bool) -> int:
    """Let messages wait again whose ids the broker has, or has lost; return how many.

    Args:
        database: Where they are.
        now: The current moment.
        only_late: Those that nobody has taken in time; all of them otherwise.
    """
    with database.jot_one() as connection:
        return rowcount(connection.execute(_TAKE_BACK_LATE if only_late else _TAKE_BACK_ALL, {"v_now": now}))


def take(database: Database, message_id: str, lease: Lease) -> Claimed | None:
    """Make one message ours whose id was brought; return None when somebody else has it, or it has ended."""
    values = {
        "w_id": message_id,
        "w_now": lease.now,
        "w_due": lease.now + CLOCKS_DIFFER,
        "v_owner": lease.owner,
        "v_until": lease.until,
    }
    with database.jot_one() as connection:
        row = connection.execute(_TAKE, values).one_or_none()
    return None if row is None else claimed_of(row)
