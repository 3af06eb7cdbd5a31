"""The turns of offers: what keeps one text from going out keeps no other, and nothing goes out after the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread, current_thread

import pytest
from sqlalchemy import update

from authsms.delivery.outbox import Outbox
from authsms.foundation.errors import DirectoryUnavailableError, InvalidInputError
from authsms.identity.repository import Person, PersonKey
from authsms.identity.service import PeopleService
from authsms.messaging.offers_models import OfferRow
from tests.integration.messaging.asking import ADMIN, FIVE, ON_SQLITE, Phones

LINKS = "{link}" * 110
LIMIT = 20.0


@contextmanager
def away(patch: pytest.MonkeyPatch, key: str) -> Iterator[list[str]]:
    """Let the directory of one person be silent; yield who was asked for."""
    get, asked = PeopleService.get, list[str]()

    def answer(people: PeopleService, wanted: PersonKey) -> Person | None:
        asked.append(wanted)
        if wanted == key:
            raise DirectoryUnavailableError("The directory does not answer.")
        return get(people, wanted)

    with patch.context() as inside:
        inside.setattr(PeopleService, "get", answer)
        yield asked


@ON_SQLITE
def test_a_text_that_grows_too_long_is_refused_when_it_is_written(phones: Phones):
    """Links are longer than what stands for them."""
    phones.add("anna", FIVE["anna"])
    with pytest.raises(InvalidInputError):
        phones.plan("long", LINKS)


@ON_SQLITE
def test_an_offer_that_cannot_be_read_keeps_no_other_waiting(phones: Phones):
    """Its attempts are spent, one after another."""
    phones.add("anna", FIVE["anna"])
    bad = phones.plan("bad", attempts=2)
    with phones.services.database.write() as session:
        session.execute(update(OfferRow).where(OfferRow.number == bad.number).values(texts=b"broken"))
    phones.post.clock.advance(timedelta(seconds=1))
    phones.make("good")

    assert 1 == len(phones.read())
    assert [] == phones.wait(hours=1)
    assert 2 == phones.services.offer_course.people(bad)[0].attempts_made


@ON_SQLITE
def test_a_silent_directory_keeps_nobody_else_waiting(phones: Phones, monkeypatch: pytest.MonkeyPatch):
    """Nor does one person whom it cannot look up: the others are texted a minute later, and he after them."""
    key = phones.add("anna", FIVE["anna"])
    phones.add("bert", FIVE["bert"])
    phones.plan("early")
    with away(monkeypatch, key) as asked:
        phones.services.offer_ending.work()
        phones.services.offer_ending.work()
        silent = list(asked)
        texts = [phones.read(), phones.wait(minutes=1), phones.wait(seconds=59)]

    assert [key] == silent
    assert [0, 1, 0] == [len(some) for some in texts]
    assert 1 == len(phones.wait(seconds=1))


def test_nobody_is_asked_once_an_offer_is_withdrawn(phones: Phones, monkeypatch: pytest.MonkeyPatch):
    """Whoever withdraws it waits for the text that is being queued at that moment, and takes it back."""
    phones.add("anna", FIVE["anna"])
    phones.plan("early")
    enqueue, queued, go = Outbox.enqueue, Event(), Event()

    def slowly(outbox, session, draft):
        withheld = enqueue(outbox, session, draft)
        if current_thread() is worker:
            queued.set()
            go.wait(LIMIT)
        return withheld

    monkeypatch.setattr(Outbox, "enqueue", slowly)
    worker = Thread(target=phones.services.offers.work)
    ending = Thread(target=phones.services.offer_ending.end, args=(ADMIN, "early"), kwargs={"withdraw": True})
    worker.start()
    assert queued.wait(LIMIT)
    ending.start()
    ending.join(0.2)
    is_waiting = ending.is_alive()
    go.set()
    worker.join(LIMIT)
    ending.join(LIMIT)

    assert is_waiting
    assert [] == phones.wait(minutes=1)


@ON_SQLITE
def test_the_next_attempt_waits_until_the_last_has_gone_out(phones: Phones):
    """Otherwise a night would end with many texts, and some of them would come after the answer."""
    phones.add("anna", FIVE["anna"], FIVE["bert"])
    offer = phones.make(attempts=6, spread=timedelta(hours=6))
    for _ in range(3):
        phones.post.clock.advance(timedelta(hours=1))
        phones.services.offer_ending.work()
    made = phones.services.offer_course.people(offer)[0].attempts_made
    phones.hear(FIVE["anna"], "N")

    assert 1 == made
    assert [f"Noted: you do not take offer {offer.number}."] == phones.read()
