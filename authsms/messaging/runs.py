"""What brings written notices into the queue, in the background: first it is counted whom they reach, then they go.

People are looked up in portions, with no transaction open; a directory may take its time. What follows for a portion
is written in one short transaction: its texts, and how far the order is. So a process that dies in the middle loses
nothing and sends nothing twice: another one goes on behind the last portion that was committed. Besides, the table of
recipients takes each person and each number once. A count that breaks off begins anew.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, TypeVar

from authsms.contacts.book import ContactBook
from authsms.delivery.quiet import QuietHours
from authsms.delivery.schedule import PeriodicTask
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.errors import AuthsmsError
from authsms.foundation.logs import get_logger
from authsms.identity.repository import Person, PersonKey
from authsms.messaging.audience import Audience, Left
from authsms.messaging.notices import Directory, Notices, Reached
from authsms.messaging.orders import Held, NoticeOrders, notice_of
from authsms.messaging.wishes import MOST_SAMPLES, OrderState, Sample, Tally, Wish
from authsms.senders.text import measure

PORTION: Final = 25
_EVERY: Final = timedelta(seconds=5)
_REST: Final = 0.2
_T = TypeVar("_T")
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RunTools:
    """What looking people up takes."""

    database: Database
    clock: Clock
    people: Directory
    book: ContactBook
    quiet: QuietHours | None


class NoticeRuns:
    """Works at notices that were written; several processes may, each at others.

    Args:
        host: Who texts.
    """

    def __init__(self, tools: RunTools, notices: Notices, orders: NoticeOrders, host: str) -> None:
        self._tools = tools
        self._notices = notices
        self._orders = orders
        self._host = host

    def task(self) -> PeriodicTask:
        """Return what delivery processes do for those who send."""
        return PeriodicTask("send-notices", _EVERY, self.work)

    def work(self) -> int:
        """Bring everything that is due as far as it goes; return how many orders were worked at."""
        worked = 0
        for order in self._orders.due():
            held = self._orders.claim(order)
            if held is None:
                continue
            worked += 1
            try:
                self._run(held)
            except AuthsmsError as error:
                kind = type(error).__name__
                _log.warning("notice.postponed", notice=held.order.wish.name, kind=kind)
                self._orders.postpone(held, kind)
        return worked

    def _run(self, held: Held) -> None:
        if held.order.state is OrderState.COUNTING:
            self._count(held)
        else:
            self._send(held)

    def _count(self, held: Held) -> None:
        wish, tally, numbers = held.order.wish, Tally(), set()
        notice, samples = notice_of(wish, self._host), list[Sample]()
        places, looked_up = self._places(wish.audience, ""), 0
        for portion in _portions(places):
            for found in self._looked_up(held, portion):
                if isinstance(found, Left):
                    tally.leave(found)
                elif found.number in numbers:
                    tally.leave(Left.SAME_NUMBER)
                else:
                    numbers.add(found.number)
                    text = notice.text(found)
                    tally.reach(measure(text).segments)
                    self._mind_the_night(wish, found, tally)
                    if len(samples) < MOST_SAMPLES:
                        samples.append(Sample(found.person.login, found.contact.masked, text))
            looked_up += len(portion)
            with self._tools.database.write() as session:
                if not self._orders.advance(session, held, tally, looked_up=looked_up, audience=len(places)):
                    return
        with self._tools.database.write() as session:
            self._orders.counted(session, held, samples)

    def _mind_the_night(self, wish: Wish, one: Reached, tally: Tally) -> None:
        """Count somebody for whom it is night when the notice starts."""
        starts_at = wish.starts_at or self._tools.clock.now()
        quiet = self._tools.quiet
        if quiet is not None and quiet.over_at(one.number, starts_at) is not None:
            waits = quiet.wait(one.number, starts_at, starts_at + wish.life) is not None
            tally.waiting, tally.woken = tally.waiting + waits, tally.woken + (not waits)

    def _send(self, held: Held) -> None:
        order = held.order
        notice, tally = notice_of(order.wish, self._host), order.tally
        places, looked_up = self._places(order.wish.audience, order.place), order.looked_up
        for portion in _portions(places):
            if self._closes_at(order.wish.name) is None:
                break
            reached = self._tallied(held, portion, tally)
            looked_up += len(portion)
            begun = time.monotonic()
            with self._tools.database.write() as session:
                closes_at = self._notices.closes_at(session, order.wish.name)
                if not self._orders.holds(session, held):
                    return
                for one in reached:
                    if closes_at and self._notices.queue(session, notice, one, closes_at):
                        tally.reach(measure(notice.text(one)).segments)
                progress = {"place": portion[-1], "audience": order.looked_up + len(places)}
                self._orders.advance(session, held, tally, looked_up=looked_up, **progress)
            time.sleep((time.monotonic() - begun) * _REST)
        self._orders.close(held)

    def _closes_at(self, name: str) -> datetime | None:
        with self._tools.database.read() as session:
            closes_at = self._notices.closes_at(session, name)
        return closes_at if closes_at and closes_at > self._tools.clock.now() else None

    def _tallied(self, held: Held, portion: list[str], tally: Tally) -> list[Reached]:
        """Return those of a portion who get it; the others are counted."""
        found = list(self._looked_up(held, portion))
        for one in found:
            if isinstance(one, Left):
                tally.leave(one)
        return [one for one in found if isinstance(one, Reached)]

    def _looked_up(self, held: Held, portion: list[str]) -> Iterator[Reached | Left]:
        """Yield where those of a portion get a notice, or why not; whoever is not in the group is nobody's business."""
        wish = held.order.wish
        for place in portion:
            person = self._person(wish.audience, place)
            if wish.audience.group and (person is None or not person.belongs_to(wish.audience.group)):
                continue
            yield Left.UNKNOWN if person is None and wish.audience.logins else self._notices.look(person, wish.purpose)

    def _person(self, audience: Audience, place: str) -> Person | None:
        return self._tools.people.find(place) if audience.logins else self._tools.people.get(PersonKey(place))

    def _places(self, audience: Audience, after: str) -> list[str]:
        """Return the logins or keys that come after a place, in an order that stays."""
        everybody = audience.logins or self._tools.book.owners(audience.repository)
        return sorted(place for place in everybody if place > after)


def _portions(places: Iterable[_T]) -> Iterator[list[_T]]:
    waiting = iter(places)
    while portion := list(islice(waiting, PORTION)):
        yield portion
