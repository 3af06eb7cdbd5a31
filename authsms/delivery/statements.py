"""The statements of the hot path, built once: putting a statement together costs more than running it.

Names that start with ``w_`` belong to conditions, those with ``v_`` to new values.
"""

from typing import Any, Final, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Executable,
    Insert,
    Integer,
    Select,
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

from authsms.delivery.breaker import Breaker
from authsms.delivery.condition_models import ServiceConditionRecord
from authsms.delivery.models import Attempt, Message, ReceiptRecord
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.states import LIVE, MessageState, priority_of
from authsms.senders.submission import Purpose

_message = cast("Table", Message.__table__).c
_attempt = cast("Table", Attempt.__table__).c
_receipt = cast("Table", ReceiptRecord.__table__).c
_condition = cast("Table", ServiceConditionRecord.__table__).c

SUBJECT: Final = (
    _message.id,
    _message.purpose,
    _message.reference,
    _message.masked,
    _message.person_key,
    _message.login,
    _message.process_id,
    _message.created_at,
    _message.expires_at,
    _message.attempts,
    _message.doubts,
    _message.is_proven,
)
"""Columns of `authsms.delivery.ledger.Subject`, in its order."""

CLAIMED: Final = (
    *(*SUBJECT, _message.recipient, _message.text),
    *(_message.label, _message.member_of, _message.through),
)
"""What a worker needs to know about a message that it has claimed."""

OWNED: Final = (*SUBJECT, _message.owner, _message.leased_until, _message.in_flight, _message.service)
"""What a sweeper needs to know about a claimed message."""

_LIVE = or_(*(_message.state == state.value for state in sorted(LIVE)))
_THIS = _message.id == bindparam("w_id")
_MINE = and_(_THIS, _message.owner == bindparam("w_owner"), _message.attempts == bindparam("w_attempts"))
_ATTEMPTING = _message.state == MessageState.ATTEMPTING.value


VIEW: Final[Select[Any]] = select(
    _message.id,
    _message.state,
    _message.purpose,
    _message.masked,
    _message.service,
    _message.failure,
    _message.code,
    _message.detail,
    _message.attempts,
    _message.segments,
    _message.created_at,
    _message.expires_at,
    _message.accepted_at,
    _message.finished_at,
).where(_THIS)
"""Columns of `authsms.delivery.outbox.MessageView`, in its order."""

WHOSE: Final[Select[Any]] = select(_message.recipient_hash, _message.masked).where(_THIS)
"""Whom a message is for, without the number."""


def _claim(*further: ColumnElement[bool]) -> Update:
    due = (
        select(_message.id)
        .where(_message.due_at <= bindparam("w_due"), _message.expires_at > bindparam("w_now"), *further)
        .order_by(_message.priority, _message.turn, _message.due_at)
        .limit(bindparam("w_limit"))
        .with_for_update(skip_locked=True)
    )
    chosen = due.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    return (
        update(_message.id.table)
        .where(_message.id.in_(select(chosen.c.id)))
        .values(owner=bindparam("v_owner"), leased_until=bindparam("v_until"), due_at=None)
        .returning(*CLAIMED)
    )


def _change(*conditions: ColumnElement[bool]) -> Update:
    """Return the statement that takes a message from its owner; a value of None leaves what was there."""

    def unless_none(name: str) -> ColumnElement[Any]:
        return func.coalesce(bindparam(f"v_{name}", type_=_message[name].type), _message[name])

    kept = ("state", "failure", "service", "provider_id", "segments", "code", "detail", "finished_at")
    return (
        update(_message.id.table)
        .where(*conditions)
        .values(
            **{name: unless_none(name) for name in kept},
            owner=None,
            leased_until=None,
            in_flight=False,
            accepted_at=func.coalesce(
                _message.accepted_at, bindparam("v_accepted_at", type_=_message.accepted_at.type)
            ),
            due_at=bindparam("v_due_at"),
            text=case((bindparam("v_wipe", type_=Boolean), null()), else_=_message.text),
            doubts=_message.doubts + bindparam("v_doubts", type_=Integer),
        )
    )


CLAIM_ANY: Final = _claim()
CLAIM_URGENT: Final = _claim(_message.priority == priority_of(Purpose.AUTHENTICATION))
ENQUEUE: Final[Insert] = insert(_message.id.table)

_BARRED = exists().where(
    _condition.service == bindparam("v_service"),
    or_(_condition.breaker != Breaker.CLOSED.value, _condition.paused_at.is_not(None)),
)
BEGIN_PROBE: Final = (
    update(_message.id.table)
    .where(_MINE, _LIVE, _message.expires_at > bindparam("w_now"))
    .values(
        state=MessageState.ATTEMPTING.value,
        attempts=bindparam("v_number"),
        in_flight=True,
        service=bindparam("v_service"),
        leased_until=bindparam("v_until"),
    )
)
BEGIN: Final = BEGIN_PROBE.where(~_BARRED)
OPEN_ATTEMPT: Final[Insert] = insert(_attempt.message_id.table)
CLOSE_ATTEMPT: Final = (
    update(_attempt.message_id.table)
    .where(
        _attempt.message_id == bindparam("w_id"),
        _attempt.number == bindparam("w_number"),
        or_(_attempt.finished_at.is_(None), _attempt.end == AttemptEnd.OWNER_DIED.value),
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
    select(_attempt.service, _attempt.end, _attempt.finished_at, _attempt.not_before)
    .where(_attempt.message_id == bindparam("w_id"), _attempt.finished_at.is_not(None))
    .order_by(_attempt.number)
)

FINISH: Final = _change(_MINE, _ATTEMPTING)
FREE: Final = _change(_MINE, _message.in_flight == bindparam("w_in_flight", type_=Boolean))
GIVE_BACK: Final = _change(_MINE, _LIVE, _message.in_flight.is_(False))
SETTLE_UNSENT: Final = _change(_THIS, _LIVE, _message.in_flight.is_(False))
BELIEVE_LATE: Final = _change(
    _THIS, or_(_message.state == MessageState.UNKNOWN.value, and_(_ATTEMPTING, _message.due_at.is_not(None)))
)
REPORT: Final = _change(_THIS)
END_LIFE: Final = update(_message.id.table).where(_THIS, _message.in_flight).values(expires_at=bindparam("v_now"))

_KNOWN_RECEIPT = _receipt.message_id == bindparam("w_id")
_WAITING_RECEIPT = and_(
    _receipt.provider_id == bindparam("w_provider_id"),
    _receipt.service == bindparam("w_service"),
    _receipt.message_id.is_(None),
)
STANDING: Final = select(*SUBJECT, _message.state, _message.service).where(_THIS).with_for_update(key_share=True)
"""Where a message stands; on PostgreSQL its row is held until the end of the transaction.

The lock leaves room for rows that refer to the message: two transactions may each have written such a receipt before
they come here, and would wait for each other otherwise.
"""

RECEIPTS: Final[Select[Any]] = select(_receipt.key, _receipt.message_id).where(or_(_KNOWN_RECEIPT, _WAITING_RECEIPT))
REPORTS: Final[Select[Any]] = (
    select(_receipt.state, _receipt.word, _receipt.code, _receipt.opted_out)
    .where(_KNOWN_RECEIPT)
    .order_by(_receipt.received_at)
)
ATTACH: Final = (
    update(_receipt.key.table).where(_receipt.key == bindparam("w_key")).values(message_id=bindparam("v_message_id"))
)


def _attempted(*conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    query = select(_attempt.message_id).where(_attempt.service == bindparam("w_service"), *conditions).limit(1)
    return query.scalar_subquery()


def keep_receipt(new: postgresql.Insert | sqlite.Insert) -> Executable:
    """Return the statement that stores a receipt, once, with the message it is about.

    That is the one the provider's id belongs to, else the one of our reference if that service has had it. What comes
    back, nothing when the receipt is known already, is that message's id and its state, which is not locked. An empty
    id is nobody's: hand in None.
    """
    message_id = func.coalesce(
        _attempted(_attempt.provider_id == bindparam("w_provider_id")),
        _attempted(_attempt.message_id == bindparam("w_reference")),
    )
    # By name: a column object would bring the table of receipts into the sub-query, which has to see the new row.
    state = select(_message.state).where(_message.id == literal_column("receipt.message_id"))
    kept = new.values(message_id=message_id).on_conflict_do_nothing()
    return kept.returning(_receipt.message_id, state.scalar_subquery())
