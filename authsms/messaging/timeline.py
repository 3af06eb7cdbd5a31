"""How a notice went: how many of its texts came to an end in each of a few spans of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from authsms.delivery.durations import SecondsSinceEpoch
from authsms.delivery.models import Message
from authsms.delivery.states import LIVE, MessageState

MOST_SLOTS: Final = 24
_STEPS: Final = tuple(timedelta(minutes=number) for number in (1, 2, 5, 10, 30, 60, 180, 360, 720, 1440, 2880, 5760))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT: Final = func.coalesce(Message.finished_at, Message.accepted_at)
_MINUTE: Final = cast(func.floor(SecondsSinceEpoch(_MOMENT) / 60), Integer)


@dataclass(frozen=True, slots=True)
class Span:
    """How many texts reached which state in a span of time."""

    at: datetime
    counts: Mapping[MessageState, int]


def timeline(session: Session, reference: str) -> Sequence[Span]:
    """Return up to `MOST_SLOTS` spans of the same length, oldest first, from the first text that ended to the last."""
    ended = (Message.reference == reference, _MOMENT.is_not(None), Message.state.not_in([one.value for one in LIVE]))
    query = select(_MINUTE.label("minute"), Message.state, func.count()).where(*ended).group_by("minute", Message.state)
    found = [
        (_EPOCH + timedelta(minutes=minute), MessageState(state), count)
        for minute, state, count in session.execute(query)
    ]
    if not found:
        return []
    first, last = min(found)[0], max(found)[0]
    step = next((one for one in _STEPS if _slot(last, one) - _slot(first, one) < MOST_SLOTS * one), _STEPS[-1])
    spans: dict[datetime, dict[MessageState, int]] = {}
    at = _slot(first, step)
    while at <= last:
        spans[at] = {}
        at += step
    for moment, state, count in found:
        counts = spans[_slot(moment, step)]
        counts[state] = counts.get(state, 0) + count
    return [Span(at, counts) for at, counts in spans.items()]


def _slot(moment: datetime, step: timedelta) -> datetime:
    return _EPOCH + (moment - _EPOCH) // step * step
