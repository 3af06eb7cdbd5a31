"""Notices and offers that were sent, as administrators follow them and take them back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from authsms.administration.actors import Actor
from authsms.administration.listing import Page, PageRequest
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right
from authsms.delivery.states import MessageState
from authsms.foundation.clock import Clock
from authsms.messaging.course import NoticeCourse, SentNotice

_PATIENCE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class NoticeState:
    """A notice at one moment, and how many of its texts are in which state."""

    at: datetime
    notice: SentNotice
    counts: Mapping[MessageState, int]


class NoticeDesk:
    """Shows notices, and takes them back for whoever may send them; nobody sees whom they went to.

    Every method raises `ForbiddenError` as `Actor.require` does.
    """

    def __init__(self, course: NoticeCourse, clock: Clock) -> None:
        self._course = course
        self._clock = clock

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
        return NoticeState(self._clock.now(), self._course.find(name), self._course.progress(name))

    def cancel(self, actor: Actor, name: str) -> None:
        """Let nothing of a notice follow, and take back what waits; of very many texts the rest follows by itself.

        Raises:
            NotFoundError: There is none of that name, or it was cancelled before.
        """
        actor.require(Right.NOTICES_SEND)
        self._course.cancel(author_of(actor), name, patience=_PATIENCE_SECONDS)
