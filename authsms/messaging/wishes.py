"""What somebody wants to send, as it was written, and what was found out about it; the rules, and nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from authsms.foundation.errors import InvalidInputError
from authsms.messaging.audience import Audience, Left, checked_audience, checked_name
from authsms.messaging.wording import parse_texts
from authsms.senders.submission import Purpose

LONGEST_LIFE: Final = timedelta(hours=720)
MOST_SAMPLES: Final = 3


class OrderState(StrEnum):
    """How far a notice is on its way to the queue.

    It is *counted* whom it would reach, then somebody looks at that and *orders* it; *done* means that everybody has
    been dealt with, or that nothing more can follow.
    """

    COUNTING = "counting"
    COUNTED = "counted"
    ORDERED = "ordered"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Wish:
    """A notice as it was written.

    Attributes:
        texts: By language.
        life: Nothing is handed over later than this after the start.
        starts_at: When its texts are queued; None for at once.
        zone: The time zone in which the start was written, or empty.
    """

    name: str
    purpose: Purpose
    texts: Mapping[str, str] = field(repr=False)
    audience: Audience = field(repr=False)
    life: timedelta
    starts_at: datetime | None = None
    zone: str = ""

    def packed(self) -> bytes:
        """Return it for the seal."""
        audience = {
            "repository": self.audience.repository,
            "group": self.audience.group,
            "logins": list(self.audience.logins),
        }
        document = {
            "name": self.name,
            "purpose": self.purpose.value,
            "texts": dict(self.texts),
            "audience": audience,
            "seconds": round(self.life.total_seconds()),
            "starts_at": self.starts_at.isoformat() if self.starts_at else "",
            "zone": self.zone,
        }
        return json.dumps(document).encode()


def unpacked(packed: bytes) -> Wish:
    """Return what `Wish.packed` has packed."""
    document = json.loads(packed)
    whom = document["audience"]
    return Wish(
        document["name"],
        Purpose(document["purpose"]),
        document["texts"],
        Audience(whom["repository"], whom["group"], tuple(whom["logins"])),
        timedelta(seconds=document["seconds"]),
        datetime.fromisoformat(document["starts_at"]) if document["starts_at"] else None,
        document["zone"],
    )


def checked_wish(wish: Wish) -> Wish:
    """Return a wish that can be fulfilled.

    Raises:
        InvalidInputError: It cannot; `field` says what is wrong.
    """
    checked_name(wish.name)
    checked_audience(wish.audience)
    parse_texts(wish.texts)
    if not timedelta(0) < wish.life <= LONGEST_LIFE:
        raise InvalidInputError("A notice lives 1 to 720 hours.", field="hours")
    return wish


@dataclass(frozen=True, slots=True)
class Sample:
    """What a real person would read, and where."""

    who: str
    masked: str
    text: str = field(repr=False)


def packed_samples(samples: list[Sample]) -> bytes:
    """Return samples for the seal."""
    return json.dumps([[one.who, one.masked, one.text] for one in samples]).encode()


def unpacked_samples(packed: bytes) -> list[Sample]:
    """Return what `packed_samples` has packed."""
    return [Sample(*one) for one in json.loads(packed)]


@dataclass(slots=True)
class Tally:
    """How many get it, in how many segments, and how many do not, by the reason.

    Attributes:
        waiting: Of those who get it, for how many it is night at the start: theirs wait until the morning.
        woken: As above, but theirs would expire first, and go at once.
    """

    reached: int = 0
    segments: int = 0
    left: dict[Left, int] = field(default_factory=dict)
    waiting: int = 0
    woken: int = 0

    def leave(self, reason: Left) -> None:
        """Count somebody who gets nothing."""
        self.left[reason] = self.left.get(reason, 0) + 1

    def reach(self, segments: int) -> None:
        """Count somebody who gets it."""
        self.reached += 1
        self.segments += segments

    def document(self) -> dict[str, int]:
        """Return it for a column."""
        counts = {"reached": self.reached, "segments": self.segments, "waiting": self.waiting, "woken": self.woken}
        return counts | {why.name: number for why, number in self.left.items()}


def tally_of(document: Mapping[str, Any]) -> Tally:
    """Return what `Tally.document` has written."""
    left = {why: document[why.name] for why in Left if why.name in document}
    reached, segments, waiting, woken = (document.get(one, 0) for one in ("reached", "segments", "waiting", "woken"))
    return Tally(reached, segments, left, waiting, woken)
