"""Virtual phones: what arrived on which number, what was answered, and who waits for news.

All of it lives in memory, bounded, and is gone with the process.
"""

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from authsms.foundation.clock import Clock

KEPT_PER_PHONE = 200
_BELLS = 64
"""A phone shares its bell with few others: whoever waits for a text need not look up at each of all the others'."""


class Direction(StrEnum):
    """Which way a text went, seen from the phone."""

    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text on a phone.

    Attributes:
        number: Position in the order of all texts of all phones; grows.
        phone: The phone it is on, E.164.
        other: The other side: a number, a short code or a name.
        provider: Name of the provider that carried it.
        provider_id: The provider's id of it.
        state: For a sent text, what became of it; empty for a received one.
    """

    number: int
    phone: str
    direction: Direction
    other: str
    text: str
    provider: str
    provider_id: str
    at: datetime
    state: str = ""

    @property
    def is_received(self) -> bool:
        """Whether it came to the phone, rather than from it."""
        return self.direction is Direction.RECEIVED


@dataclass(frozen=True, slots=True)
class Phone:
    """A snapshot of one phone: its texts, oldest first, and how many of them nobody has looked at."""

    number: str
    label: str
    texts: tuple[Text, ...]
    unread: int

    @property
    def last_received(self) -> Text | None:
        """The newest text that came to the phone, if any; a reply answers it."""
        return next((text for text in reversed(self.texts) if text.is_received), None)


@dataclass(slots=True)
class _Shelf:
    label: str = ""
    read_to: int = 0
    texts: deque[Text] = field(default_factory=lambda: deque(maxlen=KEPT_PER_PHONE))

    def snapshot(self, number: str) -> Phone:
        unread = sum(1 for text in self.texts if text.is_received and text.number > self.read_to)
        return Phone(number, self.label, tuple(self.texts), unread)


class PhoneBook:
    """All phones; safe to use from many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        lock = threading.RLock()
        self._changed = threading.Condition(lock)
        self._arrivals = [threading.Condition(lock) for _ in range(_BELLS)]
        self._shelves: dict[str, _Shelf] = {}
        self._latest = 0
        self._version = 0

    def label(self, number: str, label: str) -> None:
        """Show the phone *number* under this *label*, even while nothing has arrived on it."""
        with self._changed:
            self._shelf(number).label = label
            self._announce()

    def receive(self, number: str, *, sender: str, text: str, provider: str, provider_id: str) -> Text:
        """Let a text from *sender* arrive."""
        arrived = Text(
            number=0,
            phone=number,
            direction=Direction.RECEIVED,
            other=sender,
            text=text,
            provider=provider,
            provider_id=provider_id,
            at=self._clock.now(),
        )
        return self._add(arrived)

    def send(self, number: str, *, recipient: str, text: str, provider: str, provider_id: str) -> Text:
        """Note a text that the phone's owner sends to *recipient*; its state is ``sending``."""
        sent = Text(
            number=0,
            phone=number,
            direction=Direction.SENT,
            other=recipient,
            text=text,
            provider=provider,
            provider_id=provider_id,
            at=self._clock.now(),
            state="sending",
        )
        return self._add(sent)

    def settle(self, sent: Text, state: str) -> None:
        """Note what became of a *sent* text; one that was deleted in between stays deleted."""
        with self._changed:
            texts = self._shelf(sent.phone).texts
            for place, text in enumerate(texts):
                if text.number == sent.number:
                    texts[place] = replace(text, state=state)
                    self._announce()

    def read(self, number: str) -> None:
        """Take note that somebody looked at the phone."""
        with self._changed:
            shelf = self._shelf(number)
            if shelf.texts and shelf.read_to < shelf.texts[-1].number:
                shelf.read_to = shelf.texts[-1].number
                self._announce()

    def clear(self, number: str | None = None) -> None:
        """Delete the texts of one phone, or of all."""
        with self._changed:
            for each in [number] if number else list(self._shelves):
                self._shelf(each).texts.clear()
            self._announce()

    def phone(self, number: str) -> Phone:
        """Return the phone *number*; one that never got a text is empty."""
        with self._changed:
            return self._shelves.get(number, _Shelf()).snapshot(number)

    def phones(self) -> list[Phone]:
        """Return all phones that have a label or had a text, in the order in which they came up."""
        with self._changed:
            return [shelf.snapshot(number) for number, shelf in self._shelves.items()]

    def wait_for_text(self, number: str, *, since: int, patience: timedelta) -> list[Text]:
        """Return the texts of a phone that are newer than *since*; wait for the first of them up to *patience*."""

        def newer() -> list[Text]:
            shelf = self._shelves.get(number)
            return [text for text in shelf.texts if text.number > since] if shelf else []

        with self._changed:
            self._arrival(number).wait_for(newer, patience.total_seconds())
            return newer()

    def wait_for_change(self, *, since: int, patience: timedelta) -> int:
        """Return the version of all phones; wait up to *patience* for one other than *since*."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != since, patience.total_seconds())
            return self._version

    @property
    def latest(self) -> int:
        """The number of the newest text, 0 when there was none."""
        with self._changed:
            return self._latest

    @property
    def version(self) -> int:
        """A count of all changes."""
        with self._changed:
            return self._version

    def _add(self, text: Text) -> Text:
        with self._changed:
            self._latest += 1
            added = replace(text, number=self._latest)
            self._shelf(text.phone).texts.append(added)
            self._arrival(text.phone).notify_all()
            self._announce()
            return added

    def _arrival(self, number: str) -> threading.Condition:
        return self._arrivals[hash(number) % _BELLS]

    def _shelf(self, number: str) -> _Shelf:
        return self._shelves.setdefault(number, _Shelf())

    def _announce(self) -> None:
        self._version += 1
        self._changed.notify_all()
