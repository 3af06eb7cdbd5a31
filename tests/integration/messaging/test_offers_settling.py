"""A yes by text takes a place once the directory has said that its account is good, and no webhook waits for that."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from authsms.audit.vocabulary import Author
from authsms.identity.local_people import LocalPeople
from authsms.messaging.replies import Answer
from tests.integration.messaging.asking import ADMIN, FIVE, ON_SQLITE, Phones
from tests.integration.messaging.test_offers_turns import away


@pytest.mark.parametrize("change", ["gone", "blocked", "agrees no more"])
def test_a_yes_of_somebody_who_is_asked_no_more_takes_no_place(phones: Phones, change: str):
    """Or a place would be held by nobody; it stands on record, and is answered as if he had not been asked."""
    key = phones.add("anna", FIVE["anna"])
    offer = phones.make()
    phones.read()
    services = phones.services
    phones.text(FIVE["anna"], "Y")
    if change == "gone":
        LocalPeople(services.database, services.vault, services.clock).remove(key.partition(":")[2])
    elif change == "blocked":
        with services.database.write() as session:
            services.blocks.add(session, key, "anna", reason="left", by="admin")
    else:
        services.contacts.withdraw(Author("anna", key), services.contacts.of(key)[0].id)

    assert [] == phones.wait(seconds=5)
    assert {"anna": "asked"} == phones.states()
    assert 1 == services.offer_course.find("early").places_left
    refused = next(one.entry for one in services.audit.search() if one.entry.tag.value == "offer.answered")
    assert (offer.number, "yes", "asked", key) == (
        *(refused.details[name] for name in ("number", "answer", "state")),
        refused.person_key,
    )


def test_a_silent_directory_is_asked_again_and_nothing_is_lost(phones: Phones, monkeypatch: pytest.MonkeyPatch):
    """The webhook asks it nothing; others go on; the yes that came in time counts when the time is over, too."""
    key = phones.add("anna", FIVE["anna"])
    phones.add("bert", FIVE["bert"])
    phones.make(places=2, life=timedelta(minutes=2), spread=timedelta(minutes=1))
    phones.read()
    with away(monkeypatch, key) as asked:
        phones.text(FIVE["anna"], "Y")
        before = list(asked)
        phones.wait(seconds=5)
        phones.text(FIVE["bert"], "Y")
        bert = phones.wait(seconds=5)
        waiting = phones.wait(minutes=3)
    anna = phones.wait(minutes=2)

    assert [] == before
    assert ["Thank you. Offer"] == [text[:16] for text in bert]
    assert [] == waiting
    assert ["Thank you. Offer"] == [text[:16] for text in anna]
    assert {"anna": "won", "bert": "won"} == phones.states()
    assert "filled" == phones.services.offer_course.find("early").end.value


@ON_SQLITE
def test_whoever_waits_has_answered(phones: Phones):
    """By text or by link, a second answer changes nothing, and he is not asked again meanwhile."""
    phones.add("anna", FIVE["anna"])
    first = phones.make(texts="{host}: Shift? {link} {number}", attempts=2, spread=timedelta(minutes=2))
    token = phones.read()[0].split("/o/")[1].split()[0]
    phones.text(FIVE["anna"], "Y")
    phones.text(FIVE["anna"], "yes")
    phones.text(FIVE["anna"], "N")
    said = phones.services.offer_links.answer(token, None, Answer.NO, "192.0.2.1")
    phones.post.clock.advance(timedelta(minutes=1))
    again = phones.services.offers.work()
    stands = f"You have already answered offer {first.number}: yes. That stands."

    assert ("already-yes", 0) == (said and said.value, again)
    assert [stands, stands, f"Thank you. Offer {first.number} is yours."] == phones.wait(seconds=5)
    assert {"anna": "won"} == phones.states()


def test_several_processes_settle_each_once(phones: Phones):
    """Nobody has two places, or two answers."""
    phones.add_five()
    phones.make(places=2)
    phones.read()
    for number in FIVE.values():
        phones.text(number, "Y")
    with ThreadPoolExecutor(3) as pool:
        settled = list(pool.map(lambda _: phones.services.offer_settling.work(), range(3)))
    states = list(phones.states().values())

    assert 5 == sum(settled) == len(phones.read())
    assert (2, 3) == (states.count("won"), states.count("late"))


@ON_SQLITE
def test_places_are_given_in_the_order_in_which_people_said_yes(phones: Phones):
    """Though all of them are settled at the same moment."""
    phones.add_five()
    phones.make(places=2)
    phones.read()
    for login in ("cleo", "anna", "emil", "bert"):
        phones.text(FIVE[login], "Y")

    assert 4 == phones.services.offer_settling.work()
    assert {"cleo": "won", "anna": "won", "emil": "late", "bert": "late", "dora": "asked"} == phones.states()


@ON_SQLITE
def test_an_offer_that_has_ended_needs_no_directory(phones: Phones, monkeypatch: pytest.MonkeyPatch):
    """Nothing can be taken of it; who waits is told so."""
    key = phones.add("anna", FIVE["anna"])
    phones.make()
    phones.read()
    phones.text(FIVE["anna"], "Y")
    phones.services.offer_ending.end(ADMIN, "early", withdraw=False)
    with away(monkeypatch, key):
        told = phones.wait(seconds=5)

    assert ["Too late"] == [text[:8] for text in told]
    assert {"anna": "late"} == phones.states()
