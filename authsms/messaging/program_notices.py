"""Notices that programs send, follow and take back; each sees its own, and nobody else's.

The name of a notice keeps a request that is repeated from doing anything twice: under the same name everybody is texted
once. With another text the name is refused, so that a mistake of the program does not go unnoticed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from authsms.delivery.models import Message
from authsms.delivery.states import LIVE, MessageState
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database, rowcount
from authsms.foundation.errors import ConflictError, NotFoundError
from authsms.foundation.limits import Limits, Rate
from authsms.foundation.vault import Vault
from authsms.identity.repository import PersonKey, full_name
from authsms.messaging.audience import Left, checked_name, reference_of
from authsms.messaging.course import NoticeCourse
from authsms.messaging.models import NoticeRow
from authsms.messaging.notices import KEPT, Notice, Notices
from authsms.messaging.program_models import PROGRAM_NOTICE
from authsms.messaging.programs import Directory, Program
from authsms.messaging.wording import parse_texts
from authsms.senders.submission import Purpose

REQUESTS: Final = Rate(60, timedelta(minutes=1))
MOST_SHOWN: Final = 200
_TAKEN: Final = "There was a notice of this name; take another one."
_PATIENCE_SECONDS: Final = 2.0
_P = PROGRAM_NOTICE.c


@dataclass(frozen=True, slots=True)
class Order:
    """What a program wants to have sent.

    Attributes:
        texts: By language.
        user_names: To whom.
        life: Nothing is handed over after this time.
    """

    name: str
    texts: Mapping[str, str]
    user_names: Sequence[str]
    life: timedelta


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of an order.

    Attributes:
        queued: How many texts were queued by it; 0 when it came again.
        left: How many people get nothing, by the reason.
        unknown: User names that nobody has.
    """

    queued: int
    left: Mapping[Left, int]
    unknown: Sequence[str]


@dataclass(frozen=True, slots=True)
class NoticeProgress:
    """How far a notice is.

    Attributes:
        people: To whom it was sent.
        counts: Texts by state; those deleted after their time are not counted.
    """

    name: str
    created_at: datetime
    expires_at: datetime
    is_cancelled: bool
    is_waiting: bool
    people: int
    counts: Mapping[MessageState, int]


@dataclass(frozen=True, slots=True)
class NoticeRecipient:
    """What became of the text to one person.

    Attributes:
        id: Of the text; the list goes on behind it.
        reason: Why it did not arrive, as a word, or empty.
    """

    id: str
    user_name: str
    state: MessageState
    reason: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ProgramNoticeTools:
    """What sending for programs takes.

    Attributes:
        host: Who texts.
    """

    database: Database
    vault: Vault
    clock: Clock
    limits: Limits
    people: Directory
    notices: Notices
    course: NoticeCourse
    host: str


class ProgramNotices:
    """Notices of programs; one that is another's is answered like one that there is not."""

    def __init__(self, tools: ProgramNoticeTools) -> None:
        self._tools = tools
        self._new = tools.database.insert(PROGRAM_NOTICE).on_conflict_do_nothing().returning(_P.name)

    def send(self, program: Program, order: Order) -> Sent:
        """Queue a notice for people who have agreed; those who were sent it before are not texted again.

        Raises:
            ConflictError: The name is another notice's, or this one was cancelled.
            InvalidInputError: The name or a text cannot be used.
            TooManyRequestsError: The program has asked too often.
            UnavailableError: A directory does not answer; nothing was queued.
        """
        tools = self._tools
        tools.limits.take(f"program:{program.endpoint_id}", REQUESTS)
        texts = parse_texts(order.texts)
        notice = Notice(checked_name(order.name), Purpose.NOTICE, texts, tools.host, order.life)
        found = {name: tools.people.find(name) for name in dict.fromkeys(order.user_names)}
        survey = tools.notices.survey(person.key for person in found.values() if person is not None)

        def claim(session: Session) -> bool:
            return self._claim(session, program, order)

        queued = tools.notices.send(program.author, notice, survey.reached, claim=claim)
        return Sent(queued, survey.left, [name for name, person in found.items() if person is None])

    def progress(self, program: Program, name: str) -> NoticeProgress:
        """Return how far a notice is.

        Raises:
            NotFoundError: The program has sent none of that name, or it has been forgotten.
        """
        self._own(program, name)
        sent, counts = self._tools.course.find(name), self._tools.course.progress(name)
        return NoticeProgress(
            sent.name,
            sent.created_at,
            sent.expires_at,
            sent.cancelled_at is not None,
            sent.is_waiting,
            sent.people,
            counts,
        )

    def recipients(self, program: Program, name: str, after: str) -> Sequence[NoticeRecipient]:
        """Return what became of up to `MOST_SHOWN` texts of a notice, those behind the one with the id *after*.

        Raises:
            NotFoundError: As `progress`.
        """
        self._own(program, name)
        query = (
            select(Message)
            .where(Message.reference == reference_of(name), Message.person_key != "", Message.id > after)
            .order_by(Message.id)
            .limit(MOST_SHOWN)
        )
        with self._tools.database.read() as session:
            return recipients_in(session.scalars(query))

    def cancel(self, program: Program, name: str) -> None:
        """Take back what has not gone out, and let nothing of the notice follow.

        Raises:
            NotFoundError: As `progress`, or it was cancelled before.
        """
        self._own(program, name)
        self._tools.course.cancel(program.author, name, patience=_PATIENCE_SECONDS)

    def purge(self) -> int:
        """Forget whose notices were that are forgotten themselves; return how many."""
        old = _P.expires_at < self._tools.clock.now() - KEPT
        gone = _P.name.not_in(select(NoticeRow.name))
        with self._tools.database.write() as session:
            return rowcount(session.execute(delete(PROGRAM_NOTICE).where(old, gone)))

    def _claim(self, session: Session, program: Program, order: Order) -> bool:
        """Make the name the program's within the caller's transaction, or see that it is already, for the same text.

        Return whether it is new to the program; then nobody may have a notice of that name.
        """
        tools = self._tools
        content = tools.vault.keyed_hash("program-notice", json.dumps(sorted(order.texts.items())))
        mine = {
            "name": order.name,
            "endpoint_id": program.endpoint_id,
            "content": content,
            "expires_at": tools.clock.now() + order.life,
        }
        if session.execute(self._new, mine).first() is not None:
            return True
        row = session.execute(select(PROGRAM_NOTICE).where(_P.name == order.name)).one()
        if (row.endpoint_id, row.content) != (program.endpoint_id, content):
            raise ConflictError(_TAKEN)
        return False

    def _own(self, program: Program, name: str) -> None:
        query = select(_P.name).where(_P.name == name, _P.endpoint_id == program.endpoint_id)
        with self._tools.database.read() as session:
            if session.execute(query).first() is None:
                raise NotFoundError("There is no such notice.")


def recipients_in(messages: Iterable[Message]) -> Sequence[NoticeRecipient]:
    """Return what programs are told of texts."""
    return [
        NoticeRecipient(
            one.id,
            full_name(PersonKey(one.person_key), one.login),
            MessageState(one.state),
            one.failure if MessageState(one.state) not in LIVE else "",
            one.finished_at or one.created_at,
        )
        for one in messages
    ]
