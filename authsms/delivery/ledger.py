"""The statements on the message table that must be right under concurrency, each of them conditional.

A worker changes a message only while it owns it and nobody has begun another attempt since: ``owner`` and the number
of attempts are in every WHERE. Whoever comes too late changes no row and learns it from the row count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from authsms.delivery.models import Attempt, Message
from authsms.delivery.repeats import DOUBTFUL, AttemptEnd, PastAttempt
from authsms.delivery.states import LIVE, MessageState, Repeat, Settle, Verdict, priority_of
from authsms.foundation.db import rowcount
from authsms.senders.submission import Purpose

_LIVE = [state.value for state in LIVE]
_MOST_URGENT = priority_of(Purpose.AUTHENTICATION)
_SUBJECT = (
    Message.id,
    Message.purpose,
    Message.reference,
    Message.masked,
    Message.person_key,
    Message.login,
    Message.process_id,
    Message.created_at,
    Message.expires_at,
    Message.attempts,
    Message.doubts,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of a message besides its secrets."""

    id: str
    purpose: Purpose
    reference: str
    masked: str
    person_key: str
    login: str
    process_id: str
    created_at: datetime
    expires_at: datetime
    attempts: int
    doubts: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker owns now; recipient and text are still sealed."""

    subject: Subject
    recipient: bytes | None
    text: bytes | None


@dataclass(frozen=True, slots=True)
class Lease:
    """In whose name messages are claimed, when, and until when at the latest."""

    owner: str
    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended, as it is recorded."""

    number: int
    past: PastAttempt
    code: str = ""
    detail: str = ""
    provider_id: str = ""
    segments: int | None = None


def subject_of(row: Sequence[Any]) -> Subject:
    """Return the subject in a row that starts with the columns of `SUBJECT_COLUMNS`."""
    return Subject(row[0], Purpose(row[1]), *row[2 : len(_SUBJECT)])


SUBJECT_COLUMNS = _SUBJECT


def claim(session: Session, lease: Lease, *, limit: int, urgent_only: bool) -> list[Claimed]:
    """Take up to *limit* due messages, the most urgent purposes first, then the longest due.

    One statement for both databases. PostgreSQL passes over rows that another worker is taking; the sub-query is
    materialised so that no plan runs it twice. SQLite needs neither: its writing transactions follow one another.
    """
    rows = session.execute(
        _CLAIM_URGENT if urgent_only else _CLAIM_ANY,
        {"owner_": lease.owner, "now_": lease.now, "until_": lease.until, "limit_": limit},
    ).all()
    claimed = [Claimed(subject_of(row), row.recipient, row.text) for row in rows]
    return sorted(claimed, key=lambda one: (priority_of(one.subject.purpose), one.subject.created_at))


def begin_attempt(session: Session, subject: Subject, lease: Lease, *, service: str, policy_version: int) -> int | None:
    """Write that an attempt is about to start and return its number, or None when the message is not ours to send.

    The transaction must be committed before the socket opens.
    """
    number = subject.attempts + 1
    begun = (
        update(Message)
        .where(*_mine(subject, lease.owner), Message.state.in_(_LIVE), Message.expires_at > lease.now)
        .values(
            state=MessageState.ATTEMPTING.value,
            attempts=number,
            in_flight=True,
            service=service,
            leased_until=lease.until,
        )
    )
    if not _changes(session, begun):
        return None
    session.execute(
        insert(Attempt).values(
            message_id=subject.id,
            number=number,
            service=service,
            policy_version=policy_version,
            worker=lease.owner,
            started_at=lease.now,
            end="",
            code="",
            detail="",
        )
    )
    return number


def end_attempt(session: Session, subject: Subject, owner: str, ended: Ended, verdict: Verdict) -> bool:
    """Write how an attempt ended and what becomes of the message; return False when that was taken away meanwhile."""
    _close_attempt(session, subject.id, ended)
    finished = (
        update(Message)
        .where(
            Message.id == subject.id,
            Message.owner == owner,
            Message.attempts == ended.number,
            Message.state == MessageState.ATTEMPTING.value,
        )
        .values(
            **_outcome(verdict, ended.past.ended_at),
            doubts=Message.doubts + int(ended.past.end in DOUBTFUL),
            provider_id=ended.provider_id,
            segments=ended.segments,
            code=ended.code,
            detail=ended.detail,
        )
    )
    return _changes(session, finished)


def take_late_answer(session: Session, subject: Subject, ended: Ended) -> bool:
    """Believe an "accepted" that came after the message was taken from its worker; return whether it changed anything.

    A message that waits for its repeat is then not sent again.
    """
    believed = (
        update(Message)
        .where(
            Message.id == subject.id,
            or_(
                Message.state == MessageState.UNKNOWN.value,
                and_(Message.state == MessageState.ATTEMPTING.value, Message.due_at.is_not(None)),
            ),
        )
        .values(
            **_outcome(Settle(MessageState.ACCEPTED), ended.past.ended_at),
            provider_id=ended.provider_id,
            service=ended.past.service,
            segments=ended.segments,
            code=ended.code,
            detail=ended.detail,
        )
    )
    return _changes(session, believed)


def give_back(session: Session, subject: Subject, owner: str, verdict: Verdict, now: datetime) -> bool:
    """Put back, or settle, a claimed message for which no attempt was begun; return False when it is no longer ours."""
    given = update(Message).where(*_mine(subject, owner), Message.in_flight.is_(False), Message.state.in_(_LIVE))
    return _changes(session, given.values(**_outcome(verdict, now)))


def free(session: Session, subject: Subject, owner: str, verdict: Verdict, *, in_flight: bool, now: datetime) -> bool:
    """Take a message from a worker that is dead or silent; return False when that worker was faster after all."""
    taken = update(Message).where(*_mine(subject, owner), Message.in_flight.is_(in_flight))
    if not _changes(session, taken.values(**_outcome(verdict, now), doubts=subject.doubts + in_flight)):
        return False
    if in_flight:
        past = PastAttempt("", AttemptEnd.OWNER_DIED, now)
        _close_attempt(session, subject.id, Ended(subject.attempts, past))
    return True


def settle_unsent(session: Session, message_id: str, verdict: Settle, now: datetime) -> bool:
    """End a message that is not being handed over at this moment; return False when it is, or has ended already.

    A worker that has claimed it, but not begun, finds that it has lost it.
    """
    idle = update(Message).where(Message.id == message_id, Message.state.in_(_LIVE), Message.in_flight.is_(False))
    return _changes(session, idle.values(**_outcome(verdict, now)))


def end_life(session: Session, message_id: str, now: datetime) -> None:
    """Let an attempt that is under way be the last one."""
    _changes(session, update(Message).where(Message.id == message_id).values(expires_at=now))


def history_of(session: Session, message_id: str) -> list[PastAttempt]:
    """Return the attempts of a message that have ended, oldest first."""
    rows = session.execute(
        select(Attempt.service, Attempt.end, Attempt.finished_at, Attempt.not_before)
        .where(Attempt.message_id == message_id, Attempt.finished_at.is_not(None))
        .order_by(Attempt.number)
    )
    return [
        PastAttempt(service, AttemptEnd(end), finished, not_before)
        for service, end, finished, not_before in rows
        if finished is not None
    ]


def _close_attempt(session: Session, message_id: str, ended: Ended) -> None:
    written: dict[str, Any] = {
        "finished_at": ended.past.ended_at,
        "end": ended.past.end.value,
        "code": ended.code,
        "detail": ended.detail,
        "provider_id": ended.provider_id or None,
        "not_before": ended.past.not_before,
    }
    still_open = or_(Attempt.finished_at.is_(None), Attempt.end == AttemptEnd.OWNER_DIED.value)
    closed = update(Attempt).where(Attempt.message_id == message_id, Attempt.number == ended.number, still_open)
    _changes(session, closed.values(**written))


def _changes(session: Session, statement: Update) -> bool:
    """Run *statement* and tell whether it changed a row."""
    return rowcount(session.execute(statement, execution_options={"synchronize_session": False})) > 0


def _mine(subject: Subject, owner: str) -> Sequence[ColumnElement[bool]]:
    return Message.id == subject.id, Message.owner == owner, Message.attempts == subject.attempts


def _outcome(verdict: Verdict, now: datetime | None) -> dict[str, Any]:
    """Return the columns that a verdict sets; a settled message's text is wiped."""
    released: dict[str, Any] = {"owner": None, "leased_until": None, "in_flight": False}
    match verdict:
        case Repeat(due_at=due_at):
            return released | {"due_at": due_at}
        case Settle(state=state, failure=failure):
            settled: dict[str, Any] = {
                "state": state.value,
                "failure": failure.value if failure else "",
                "due_at": None,
                "text": None,
                "finished_at": now,
            }
            if state in {MessageState.ACCEPTED, MessageState.DELIVERED}:
                settled["accepted_at"] = now
            return released | settled


def _claim_statement(*, urgent_only: bool) -> Update:
    due = (
        select(Message.id)
        .where(Message.due_at <= bindparam("now_"), Message.expires_at > bindparam("now_"))
        .order_by(Message.priority, Message.due_at)
        .limit(bindparam("limit_"))
        .with_for_update(skip_locked=True)
    )
    if urgent_only:
        due = due.where(Message.priority == _MOST_URGENT)
    chosen = due.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    return (
        update(Message)
        .where(Message.id.in_(select(chosen.c.id)))
        .values(owner=bindparam("owner_"), leased_until=bindparam("until_"), due_at=None)
        .returning(*_SUBJECT, Message.recipient, Message.text)
        .execution_options(synchronize_session=False)
    )


_CLAIM_ANY = _claim_statement(urgent_only=False)
_CLAIM_URGENT = _claim_statement(urgent_only=True)
