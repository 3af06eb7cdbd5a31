"""Notices and offers that were sent, as administrators follow them and take them back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from authsms.administration.actors import Actor
from authsms.administration.listing import Page, PageRequest
from authsms.administration.messages_export import MessageExport
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right
from authsms.delivery.activity import Wanted
from authsms.delivery.states import MessageState
from authsms.foundation.clock import Clock
from authsms.messaging.audience import reference_of
from authsms.messaging.course import NoticeCourse, SentNotice
from authsms.messaging.timeline import Span

_PATIENCE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class NoticeState:
    """A notice at one moment, how many of its texts are in which state, and when they came to an end."""

    at: datetime
    notice: SentNotice
    counts: Mapping[MessageState, int]
    spans: Sequence[Span]


class NoticeDesk:
    """Shows notices, and takes them back for whoever may send them; whom they went to stands in an export only.

    Every method raises `ForbiddenError` as `Actor.require` does.
    """

    def __init__(self, course: NoticeCourse, clock: Clock, export: MessageExport) -> None:
        self._course = course
        self._clock = clock
        self._export = export

    def list(self, actor: Actor, asked: PageRequest) -> Page[SentNotice]:
        """Return notices, newest first."""
        actor.require(Right.NOTICES_SEE)
        found = self._course.portion(offset=asked.offset, size=asked.size + 1)
        return Page(found[: asked.size], asked.number, has_more=len(found) > asked.size)

    def state(self, actor: Actor, name: str) -> NoticeState:
        """Return how far a notice is.

        Raises:
            NotFoundError: There is none of that name, or it has been forgotten.
        """
        actor.require(Right.NOTICES_SEE)
        course = self._course
        return NoticeState(self._clock.now(), course.find(name), course.progress(name), course.timeline(name))

    def export(self, actor: Actor, name: str) -> Iterator[str]:
        """Return who was sent a notice, when, and what became of it, as lines of CSV; see `MessageExport.lines`.

        Raises:
            ForbiddenError, ProofNeededError: As there.
            NotFoundError: There is none of that name, or it has been forgotten.
        """
        actor.require(Right.NOTICES_SEE)
        reference = reference_of(self._course.find(name).name)
        return self._export.lines(actor, Wanted(reference=reference), services=(), shown={"notice": name})

    def cancel(self, actor: Actor, name: str) -> None:
        """Let nothing of a notice follow, and take back what waits; of very many texts the rest follows by itself.

        Raises:
            NotFoundError: There is none of that name, or it was cancelled before.
        """
        actor.require(Right.NOTICES_SEND)
        self._course.cancel(author_of(actor), name, patience=_PATIENCE_SECONDS)
