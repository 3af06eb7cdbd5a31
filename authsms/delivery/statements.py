"""The statements of the hot path, built once: putting a statement together costs more than running it.

Names that start with ``w_`` belong to conditions, those with ``v_`` to new values.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Executable,
    Insert,
    Integer,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from authsms.delivery.breaker import Breaker
from authsms.delivery.condition_models import ServiceConditionRecord
from authsms.delivery.models import Attempt, Message, ReceiptRecord
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.states import LIVE, MessageState, may_follow, priority_of
from authsms.foundation import portions
from authsms.senders.submission import Purpose

MESSAGE: Final = cast("Table", Message.__table__).c
ATTEMPT: Final = cast("Table", Attempt.__table__).c
_receipt = cast("Table", ReceiptRecord.__table__).c
_condition = cast("Table", ServiceConditionRecord.__table__).c

SUBJECT: Final = (
    MESSAGE.id,
    MESSAGE.purpose,
    MESSAGE.reference,
    MESSAGE.masked,
    MESSAGE.person_key,
    MESSAGE.login,
    MESSAGE.process_id,
    MESSAGE.created_at,
    MESSAGE.expires_at,
    MESSAGE.attempts,
    MESSAGE.doubts,
    MESSAGE.is_proven,
)
"""Columns of `authsms.delivery.ledger.Subject`, in its order."""

CLAIMED: Final = (
    *(*SUBJECT, MESSAGE.recipient, MESSAGE.text),
    *(MESSAGE.label, MESSAGE.member_of, MESSAGE.through),
)
"""What a worker needs to know about a message that it has claimed."""

OWNED: Final = (*SUBJECT, MESSAGE.owner, MESSAGE.leased_until, MESSAGE.in_flight, MESSAGE.service)
"""What a sweeper needs to know about a claimed message."""

LIVE_MESSAGE = or_(*(MESSAGE.state == state.value for state in sorted(LIVE)))
_THIS = MESSAGE.id == bindparam("w_id")
_MINE = and_(_THIS, MESSAGE.owner == bindparam("w_owner"), MESSAGE.attempts == bindparam("w_attempts"))
IS_ATTEMPTING = MESSAGE.state == MessageState.ATTEMPTING.value


VIEW: Final[Select[Any]] = select(
    MESSAGE.id,
    MESSAGE.state,
    MESSAGE.purpose,
    MESSAGE.masked,
    MESSAGE.service,
    MESSAGE.failure,
    MESSAGE.code,
    MESSAGE.detail,
    MESSAGE.attempts,
    MESSAGE.segments,
    MESSAGE.created_at,
    MESSAGE.expires_at,
    MESSAGE.accepted_at,
    MESSAGE.finished_at,
).where(_THIS)
"""Columns of `authsms.delivery.outbox.MessageView`, in its order."""

WHOSE: Final[Select[Any]] = select(MESSAGE.recipient_hash, MESSAGE.masked).where(_THIS)
"""Whom a message is for, without the number."""


def _claim(*further: ColumnElement[bool]) -> Update:
    due = (
        select(MESSAGE.id)
        .where(MESSAGE.due_at <= bindparam("w_due"), MESSAGE.expires_at > bindparam("w_now"), *further)
        .order_by(MESSAGE.priority, MESSAGE.turn, MESSAGE.due_at)
        .limit(bindparam("w_limit"))
        .with_for_update(skip_locked=True)
    )
    chosen = due.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    return (
        update(MESSAGE.id.table)
        .where(MESSAGE.id.in_(select(chosen.c.id)))
        .values(owner=bindparam("v_owner"), leased_until=bindparam("v_until"), due_at=None)
        .returning(*CLAIMED)
    )


_KEPT: Final = ("state", "failure", "service", "provider_id", "segments", "code", "detail", "finished_at")
CHANGES: Final[Mapping[str, TypeEngine[Any]]] = {
    **{name: MESSAGE[name].type for name in (*_KEPT, "accepted_at", "due_at")},
    "wipe": Boolean(),
    "doubts": Integer(),
}
"""What is said about a message when it is taken from its owner, with the types."""

_NEW: Final = {name: bindparam(f"v_{name}", type_=kind) for name, kind in CHANGES.items()}


def change(new: Mapping[str, ColumnElement[Any]], *conditions: ColumnElement[bool]) -> Update:
    """Return the statement that takes a message from its owner; a value of None leaves what was there."""
    return (
        update(MESSAGE.id.table)
        .where(*conditions)
        .values(
            **{name: func.coalesce(new[name], MESSAGE[name]) for name in _KEPT},
            owner=None,
            leased_until=None,
            in_flight=False,
            accepted_at=func.coalesce(MESSAGE.accepted_at, new["accepted_at"]),
            due_at=new["due_at"],
            text=case((new["wipe"], null()), else_=MESSAGE.text),
            doubts=MESSAGE.doubts + new["doubts"],
        )
    )


CLAIM_ANY: Final = _claim()
CLAIM_URGENT: Final = _claim(MESSAGE.priority == priority_of(Purpose.AUTHENTICATION))
ENQUEUE: Final[Insert] = insert(MESSAGE.id.table)


def is_barred(service: ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether *service* takes no messages at present."""
    return exists().where(
        _condition.service == service,
        or_(_condition.breaker != Breaker.CLOSED.value, _condition.paused_at.is_not(None)),
    )


CLOSE_ATTEMPT: Final = (
    update(ATTEMPT.message_id.table)
    .where(
        ATTEMPT.message_id == bindparam("w_id"),
        ATTEMPT.number == bindparam("w_number"),
        or_(ATTEMPT.finished_at.is_(None), ATTEMPT.end == AttemptEnd.OWNER_DIED.value),
    )
    .values(
        finished_at=bindparam("v_finished_at"),
        end=bindparam("v_end"),
        code=bindparam("v_code"),
        detail=bindparam("v_detail"),
        provider_id=bindparam("v_provider_id"),
        not_before=bindparam("v_not_before"),
    )
)
HISTORY: Final = (
    select(ATTEMPT.service, ATTEMPT.end, ATTEMPT.finished_at, ATTEMPT.not_before)
    .where(ATTEMPT.message_id == bindparam("w_id"), ATTEMPT.finished_at.is_not(None))
    .order_by(ATTEMPT.number)
)

FREE: Final = change(_NEW, _MINE, MESSAGE.in_flight == bindparam("w_in_flight", type_=Boolean))
GIVE_BACK: Final = change(_NEW, _MINE, LIVE_MESSAGE, MESSAGE.in_flight.is_(False))
SETTLE_UNSENT: Final = change(_NEW, _THIS, LIVE_MESSAGE, MESSAGE.in_flight.is_(False))
BELIEVE_LATE: Final = change(
    _NEW, _THIS, or_(MESSAGE.state == MessageState.UNKNOWN.value, and_(IS_ATTEMPTING, MESSAGE.due_at.is_not(None)))
)
REPORT: Final = change(_NEW, _THIS)
DELIVER: Final = change(
    _NEW,
    _THIS,
    or_(*(MESSAGE.state == state.value for state in MessageState if may_follow(state, MessageState.DELIVERED))),
).returning(*SUBJECT, MESSAGE.service)
"""Writes that a message has arrived, unless it has come to another end; columns as in `STANDING`, without the state."""

END_LIFE: Final = update(MESSAGE.id.table).where(_THIS, MESSAGE.in_flight).values(expires_at=bindparam("v_now"))

_KNOWN_RECEIPT = _receipt.message_id == bindparam("w_id")
STANDING: Final[Select[Any]] = (
    select(*SUBJECT, MESSAGE.state, MESSAGE.service).where(_THIS).with_for_update(key_share=True)
)
"""Where a message stands; on PostgreSQL its row is held until the end of the transaction.

The lock leaves room for rows that refer to the message: two transactions may each have written such a receipt before
they come here, and would wait for each other otherwise.
"""

REPORTS: Final[Select[Any]] = (
    select(_receipt.state, _receipt.word, _receipt.code, _receipt.opted_out)
    .where(_KNOWN_RECEIPT)
    .order_by(_receipt.received_at)
)
ATTACH: Final = (
    update(_receipt.key.table).where(_receipt.key == bindparam("w_key")).values(message_id=bindparam("v_message_id"))
)


@cache
def receipts_of(count: int) -> Executable:
    """Return the statement that finds the receipts of so many messages, also those that nobody knew a message for."""
    text = String()
    mine = portions.given(count, {"id": text, "service": text, "provider_id": text}).c
    is_waiting = and_(
        _receipt.provider_id == mine.provider_id, _receipt.service == mine.service, _receipt.message_id.is_(None)
    )
    found = or_(_receipt.message_id == mine.id, is_waiting)
    return select(mine.id, _receipt.key, _receipt.message_id).where(found)


def _attempted(*conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    query = select(ATTEMPT.message_id).where(ATTEMPT.service == bindparam("w_service"), *conditions).limit(1)
    return query.scalar_subquery()


def keep_receipt(new: postgresql.Insert | sqlite.Insert) -> Executable:
    """Return the statement that stores a receipt, once, with the message it is about.

    That is the one the provider's id belongs to, else the one of our reference if that service has had it. What comes
    back, nothing when the receipt is known already, is that message's id and its state, which is not locked. An empty
    id is nobody's: hand in None.
    """
    message_id = func.coalesce(
        _attempted(ATTEMPT.provider_id == bindparam("w_provider_id")),
        _attempted(ATTEMPT.message_id == bindparam("w_reference")),
    )
    # By name: a column object would bring the table of receipts into the sub-query, which has to see the new row.
    state = select(MESSAGE.state).where(MESSAGE.id == literal_column("receipt.message_id"))
    kept = new.values(message_id=message_id).on_conflict_do_nothing()
    return kept.returning(_receipt.message_id, state.scalar_subquery())
