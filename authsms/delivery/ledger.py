"""The changes to a message that must be right under concurrency, each of them conditional.

A worker changes a message only while it owns it and nobody has begun another attempt since: ``owner`` and the number
of attempts are in the conditions. Whoever comes too late changes no row and learns it from the row count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, Update
from sqlalchemy.orm import Session

from authsms.delivery import statements
from authsms.delivery.repeats import DOUBTFUL, AttemptEnd, PastAttempt
from authsms.delivery.states import MessageState, Repeat, Settle, Verdict, priority_of, turn_of
from authsms.foundation.db import rowcount
from authsms.foundation.statements import PlainConnection
from authsms.senders.routes import Route
from authsms.senders.submission import Purpose

CLOCKS_DIFFER: Final = timedelta(milliseconds=50)
"""What was committed a moment ago is due, though the clock of whoever did it may be a little before ours."""


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
    is_proven: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker owns now; recipient and text are still sealed.

    Attributes:
        label: The one of its event.
        groups: Those of the recipient's groups that the sender policy asked for when it was written.
        through: The only way it may take, or None.
    """

    subject: Subject
    recipient: bytes | None
    text: bytes | None
    label: str = ""
    groups: frozenset[str] = frozenset()
    through: Route | None = None


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
    """Return the subject in a row that starts with the columns of `statements.SUBJECT`."""
    return Subject(row[0], Purpose(row[1]), *row[2 : len(statements.SUBJECT)])


def claim(connection: PlainConnection, lease: Lease, *, limit: int, urgent_only: bool) -> list[Claimed]:
    """Take up to *limit* due messages, the most urgent purposes first.

    Of codes the newest deadline goes first: after an outage those who asked last still sit before their pages, while
    the oldest codes would be dead on arrival. Texts without a code go in the order in which they were due.

    One statement for both databases. PostgreSQL passes over rows that another worker is taking; the sub-query is
    materialised so that no plan runs it twice. SQLite needs neither: its writing transactions follow one another.
    """
    rows = connection.execute(
        statements.CLAIM_URGENT if urgent_only else statements.CLAIM_ANY,
        {
            "v_owner": lease.owner,
            "v_until": lease.until,
            "w_now": lease.now,
            "w_due": lease.now + CLOCKS_DIFFER,
            "w_limit": limit,
        },
    ).all()
    claimed = [claimed_of(row) for row in rows]
    return sorted(claimed, key=lambda one: _place(one.subject))


def _place(subject: Subject) -> tuple[int, int, datetime]:
    """Return the place of a message among those that were claimed with it, which come in no order."""
    return priority_of(subject.purpose), turn_of(subject.purpose, subject.expires_at), subject.created_at


def claimed_of(row: Any) -> Claimed:
    """Return the message in a row with the columns of `statements.CLAIMED`."""
    through = Route(*row.through.split("\n")) if row.through else None
    groups = frozenset(row.member_of.splitlines())
    return Claimed(subject_of(row), row.recipient, row.text, row.label, groups, through)


def take_late_answer(session: Session, subject: Subject, ended: Ended) -> bool:
    """Believe an "accepted" that came after the message was taken from its worker; return whether it changed anything.

    A message that waits for its repeat is then not sent again.
    """
    accepted = changes(Settle(MessageState.ACCEPTED), ended.past.ended_at, ended)
    return _change(session, statements.BELIEVE_LATE, {"w_id": subject.id}, accepted)


def give_back(session: Session, subject: Subject, owner: str, verdict: Verdict, now: datetime) -> bool:
    """Put back, or settle, a message whose attempt was not begun; return False when it is no longer ours."""
    return _change(session, statements.GIVE_BACK, _mine(subject, owner), changes(verdict, now))


def free(session: Session, subject: Subject, owner: str, verdict: Verdict, *, in_flight: bool, now: datetime) -> bool:
    """Take a message from a worker that is dead or silent; return False when that worker was faster after all."""
    theirs = _mine(subject, owner) | {"w_in_flight": in_flight}
    if not _change(session, statements.FREE, theirs, changes(verdict, now) | {"doubts": int(in_flight)}):
        return False
    if in_flight:
        _close_attempt(session, subject.id, Ended(subject.attempts, PastAttempt("", AttemptEnd.OWNER_DIED, now)))
    return True


def settle_unsent(session: Session, message_id: str, verdict: Settle, now: datetime) -> bool:
    """End a message that is not being handed over at this moment; return False when it is, or has ended already.

    A worker that has claimed it, but not begun, finds that it has lost it.
    """
    return _change(session, statements.SETTLE_UNSENT, {"w_id": message_id}, changes(verdict, now))


def report(session: Session, message_id: str, verdict: Settle, now: datetime, *, code: str, word: str) -> None:
    """Write what receipts have made of a message; the caller holds its row."""
    reported = {"code": code, "detail": word}
    _change(session, statements.REPORT, {"w_id": message_id}, changes(verdict, now) | reported)


def deliver(session: Session, message_id: str, now: datetime, *, code: str, word: str) -> Row[Any] | None:
    """Write that a message has arrived; return what `statements.DELIVER` does, None when it cannot have any more."""
    new = changes(Settle(MessageState.DELIVERED), now) | {"code": code, "detail": word}
    values = {f"v_{name}": value for name, value in new.items()}
    return session.execute(statements.DELIVER, {"w_id": message_id, **values}).one_or_none()


def end_life(session: Session, message_id: str, now: datetime) -> None:
    """Let an attempt that is under way be the last one."""
    session.execute(statements.END_LIFE, {"w_id": message_id, "v_now": now})


def history_of(session: Session, message_id: str) -> list[PastAttempt]:
    """Return the attempts of a message that have ended, oldest first."""
    rows = session.execute(statements.HISTORY, {"w_id": message_id})
    return [
        PastAttempt(service, AttemptEnd(end), finished_at, not_before) for service, end, finished_at, not_before in rows
    ]


_UNCHANGED: Final = {**dict.fromkeys(statements.CHANGES), "wipe": False, "doubts": 0}


def changes(verdict: Verdict, now: datetime, ended: Ended | None = None) -> dict[str, Any]:
    """Return what a verdict says about a message, and how its attempt ended; a settled message's text is wiped."""
    found = {} if ended is None else _found(ended)
    match verdict:
        case Repeat(due_at=due_at):
            return {**_UNCHANGED, "due_at": due_at, **found}
        case Settle(state=state, failure=failure):
            has_arrived = state in {MessageState.ACCEPTED, MessageState.DELIVERED}
            return {
                **_UNCHANGED,
                "state": state.value,
                "failure": failure.value if failure else "",
                "accepted_at": now if has_arrived else None,
                "finished_at": now,
                "wipe": True,
                **found,
            }


def _found(ended: Ended) -> dict[str, Any]:
    return {
        "service": ended.past.service,
        "provider_id": ended.provider_id,
        "segments": ended.segments,
        "code": ended.code,
        "detail": ended.detail,
        "doubts": int(ended.past.end in DOUBTFUL),
    }


def _mine(subject: Subject, owner: str) -> dict[str, Any]:
    return {"w_id": subject.id, "w_owner": owner, "w_attempts": subject.attempts}


def _change(session: Session, statement: Update, condition: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    new = {f"v_{name}": value for name, value in values.items()}
    return rowcount(session.execute(statement, {**condition, **new})) > 0


def _close_attempt(session: Session, message_id: str, ended: Ended) -> None:
    session.execute(
        statements.CLOSE_ATTEMPT,
        {
            "w_id": message_id,
            "w_number": ended.number,
            "v_finished_at": ended.past.ended_at,
            "v_end": ended.past.end.value,
            "v_code": ended.code,
            "v_detail": ended.detail,
            "v_provider_id": ended.provider_id or None,
            "v_not_before": ended.past.not_before,
        },
    )
