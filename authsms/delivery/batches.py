"""Attempts that begin or end at the same moment: written together, each under the condition that it is the worker's.

What `authsms.delivery.ledger` says about one message holds for each of these. A message that was taken away changes no
row and is missing in what comes back; it keeps nobody else from anything.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    CTE,
    Boolean,
    Executable,
    Integer,
    String,
    Update,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from authsms.delivery import ledger, statements
from authsms.delivery.ledger import Ended, Lease, Subject
from authsms.delivery.repeats import AttemptEnd
from authsms.delivery.statements import ATTEMPT, IS_ATTEMPTING, LIVE_MESSAGE, MESSAGE
from authsms.delivery.states import MessageState, Verdict
from authsms.foundation import portions


@dataclass(frozen=True, slots=True)
class Beginning:
    """An attempt that is about to start.

    Attributes:
        is_probe: It is the one that is let through a breaker which is not closed.
    """

    subject: Subject
    lease: Lease
    service: str
    policy_version: int
    is_probe: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended, and what becomes of its message."""

    subject: Subject
    owner: str
    ended: Ended
    verdict: Verdict


def begin_attempts(session: Session, beginnings: Sequence[Beginning]) -> list[int | None]:
    """Write that attempts are about to start and return their numbers, None for a message that is not ours to send.

    None is also the answer when the service is paused, or its breaker is not closed, and the message is not the one
    that is let through. The transaction must be committed before the sockets open.
    """
    begun = {row.id for row in portions.ask(session, _begin, [_beginning(one) for one in beginnings])}
    ours = [one for one in beginnings if one.subject.id in begun]
    portions.run(session, _open, [_opened(one) for one in ours])
    return _numbers(beginnings, begun)


def begin_attempts_at_once(session: Session, beginnings: Sequence[Beginning]) -> list[int | None]:
    """Do the same for at most `portions.MOST` attempts with a single statement, for PostgreSQL.

    What takes a round trip to the server there, and waits for the disk, is then no more than that.
    """
    rows = portions.ask(session, _begin_and_open, [_beginning(one) for one in beginnings])
    return _numbers(beginnings, {row.message_id for row in rows})


def _numbers(beginnings: Sequence[Beginning], begun: Container[str]) -> list[int | None]:
    return [one.subject.attempts + 1 if one.subject.id in begun else None for one in beginnings]


def end_attempts(session: Session, endings: Sequence[Ending]) -> list[bool]:
    """Write how attempts ended and what becomes of their messages; False for one that was taken away meanwhile."""
    # Messages before attempts, as everybody does: who takes one away at the same moment would be waited for, and wait.
    changed = {row.id for row in portions.ask(session, _finish, [_finished(one) for one in endings])}
    portions.run(session, _close, [_closed(one) for one in endings])
    return [one.subject.id in changed for one in endings]


def _beginning(one: Beginning) -> dict[str, Any]:
    return {
        "id": one.subject.id,
        "owner": one.lease.owner,
        "attempts": one.subject.attempts,
        "service": one.service,
        "leased_until": one.lease.until,
        "now": one.lease.now,
        "is_probe": one.is_probe,
        "policy_version": one.policy_version,
    }


_BEGINNING: Final[Mapping[str, TypeEngine[Any]]] = {
    "id": String(),
    "owner": String(),
    "attempts": Integer(),
    "service": String(),
    "leased_until": MESSAGE.leased_until.type,
    "now": MESSAGE.expires_at.type,
    "is_probe": Boolean(),
    "policy_version": Integer(),
}


def _beginnings(count: int) -> tuple[Update, CTE]:
    """Return the statement that begins so many attempts, and what it is given about each."""
    given = portions.given(count, _BEGINNING)
    new = given.c
    begin = (
        update(MESSAGE.id.table)
        .where(
            MESSAGE.id == new.id,
            MESSAGE.owner == new.owner,
            MESSAGE.attempts == new.attempts,
            LIVE_MESSAGE,
            MESSAGE.expires_at > new.now,
            or_(new.is_probe, ~statements.is_barred(new.service)),
        )
        .values(
            state=MessageState.ATTEMPTING.value,
            attempts=new.attempts + 1,
            in_flight=True,
            service=new.service,
            leased_until=new.leased_until,
        )
    )
    return begin, given


@cache
def _begin(count: int) -> Executable:
    return _beginnings(count)[0].returning(MESSAGE.id)


@cache
def _begin_and_open(count: int) -> Executable:
    begin, given = _beginnings(count)
    new = given.c
    begun = begin.returning(
        MESSAGE.id.label("message_id"),
        MESSAGE.attempts.label("number"),
        new.service,
        new.policy_version,
        new.owner.label("worker"),
        new.now.label("started_at"),
        *(literal("", String()).label(name) for name in ("end", "code", "detail")),
    ).cte("begun")
    opened = select(*(begun.c[name] for name in _OPENED))
    return insert(ATTEMPT.message_id.table).from_select(_OPENED, opened).returning(ATTEMPT.message_id)


def _opened(one: Beginning) -> dict[str, Any]:
    return {
        "message_id": one.subject.id,
        "number": one.subject.attempts + 1,
        "service": one.service,
        "policy_version": one.policy_version,
        "worker": one.lease.owner,
        "started_at": one.lease.now,
        "end": "",
        "code": "",
        "detail": "",
    }


_OPENED: Final = ("message_id", "number", "service", "policy_version", "worker", "started_at", "end", "code", "detail")


@cache
def _open(count: int) -> Executable:
    return portions.insert_given(ATTEMPT.message_id.table, count, _OPENED)


def _closed(one: Ending) -> dict[str, Any]:
    ended = one.ended
    return {
        "id": one.subject.id,
        "number": ended.number,
        "finished_at": ended.past.ended_at,
        "end": ended.past.end.value,
        "code": ended.code,
        "detail": ended.detail,
        "provider_id": ended.provider_id or None,
        "not_before": ended.past.not_before,
    }


_FOUND: Final = ("finished_at", "end", "code", "detail", "provider_id", "not_before")
_CLOSED: Final[Mapping[str, TypeEngine[Any]]] = {
    "id": String(),
    "number": Integer(),
    **{name: ATTEMPT[name].type for name in _FOUND},
}


@cache
def _close(count: int) -> Executable:
    new = portions.given(count, _CLOSED).c
    return (
        update(ATTEMPT.message_id.table)
        .where(
            ATTEMPT.message_id == new.id,
            ATTEMPT.number == new.number,
            or_(ATTEMPT.finished_at.is_(None), ATTEMPT.end == AttemptEnd.OWNER_DIED.value),
        )
        .values({name: new[name] for name in _FOUND})
    )


def _finished(one: Ending) -> dict[str, Any]:
    mine = {"id": one.subject.id, "owner": one.owner, "attempts": one.ended.number}
    return mine | ledger.changes(one.verdict, one.ended.past.ended_at, one.ended)


_FINISHED: Final[Mapping[str, TypeEngine[Any]]] = {
    "id": String(),
    "owner": String(),
    "attempts": Integer(),
    **statements.CHANGES,
}


@cache
def _finish(count: int) -> Executable:
    new = portions.given(count, _FINISHED).c
    mine = (MESSAGE.id == new.id, MESSAGE.owner == new.owner, MESSAGE.attempts == new.attempts)
    return statements.change(dict(new.items()), *mine, IS_ATTEMPTING).returning(MESSAGE.id)
