"""A yes by text takes a place once the directory has said that its account is good, and no webhook waits for that."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from authsms.audit.vocabulary import Author
from authsms.identity.local_people import LocalPeople
from authsms.identity.repository import Person, PersonKey
from authsms.identity.service import PeopleService
from authsms.messaging import offers_ending
from authsms.messaging.replies import Answer
from tests.integration.messaging.asking import ADMIN, FIVE, ON_SQLITE, Phones
from tests.integration.messaging.test_offers_turns import away


@pytest.mark.parametrize(("change", "after"), [("gone", 11), ("blocked", 0), ("agrees no more", 0)])
def test_a_yes_of_somebody_who_is_asked_no_more_takes_no_place(phones: Phones, change: str, after: int):
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
    assert [] == phones.wait(minutes=after)
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
def test_who_is_not_found_for_some_minutes_keeps_his_yes(phones: Phones, monkeypatch: pytest.MonkeyPatch):
    """The copy of a directory that answers may lag behind the directory."""
    phones.add("anna", FIVE["anna"])
    phones.make()
    phones.read()
    phones.text(FIVE["anna"], "Y")
    with monkeypatch.context() as inside:
        inside.setattr(PeopleService, "get", lambda *_: None)
        lost = phones.wait(seconds=5), phones.wait(minutes=8)
    found = phones.wait(minutes=1)

    assert ([], []) == lost
    assert ["Thank you. Offer"] == [text[:16] for text in found]
    assert {"anna": "won"} == phones.states()


@ON_SQLITE
def test_a_slow_directory_does_not_hold_what_else_is_to_be_done(phones: Phones, monkeypatch: pytest.MonkeyPatch):
    """The rest of the yeses has its turn again after it."""
    phones.add_five()
    phones.make(places=5)
    phones.make("other")
    phones.read()
    for number in FIVE.values():
        phones.text(number, f"{phones.services.offer_course.find('early').number} Y")
    phones.services.offer_ending.end(ADMIN, "other", withdraw=True, patience=0)
    get = PeopleService.get

    def slowly(people: PeopleService, wanted: PersonKey) -> Person | None:
        time.sleep(0.1)
        return get(people, wanted)

    monkeypatch.setattr(PeopleService, "get", slowly)
    monkeypatch.setattr(offers_ending, "_PATIENCE_SECONDS", 0.05)
    first = [text for text in phones.wait(seconds=5) if "withdrawn" in text]
    at_first = [*phones.states().values()].count("won")
    limit = time.monotonic() + 20
    while [*phones.states().values()].count("won") < 5 and time.monotonic() < limit:
        phones.wait(seconds=5)

    assert at_first <= 1
    assert 5 == len(first)
    assert 5 == [*phones.states().values()].count("won")


@ON_SQLITE
def test_of_several_processes_one_asks_the_directory(phones: Phones, monkeypatch: pytest.MonkeyPatch):
    """While it does, the others settle what else there is; should it die, they come back to it."""
    anna = phones.add("anna", FIVE["anna"])
    bert = phones.add("bert", FIVE["bert"])
    phones.make(places=2)
    phones.read()
    for login in ("anna", "bert"):
        phones.text(FIVE[login], "Y")
    get, asked, others = PeopleService.get, list[str](), list[int]()

    def meanwhile(people: PeopleService, wanted: PersonKey) -> Person | None:
        asked.append(wanted)
        if len(asked) == 1:
            others.append(phones.services.offer_settling.work())
            raise KeyboardInterrupt
        return get(people, wanted)

    monkeypatch.setattr(PeopleService, "get", meanwhile)
    with pytest.raises(KeyboardInterrupt):
        phones.services.offer_settling.work()
    phones.wait(seconds=5)
    at_once = list(asked)
    phones.wait(minutes=1)

    assert ([1], [anna, bert]) == (others, at_once)
    assert [anna, bert, anna] == asked
    assert {"anna": "won", "bert": "won"} == phones.states()


@ON_SQLITE
@pytest.mark.parametrize("agrees", [True, False], ids=["agrees", "agrees no more"])
def test_whose_yes_waits_is_told_once_that_it_is_too_late(phones: Phones, agrees: bool):
    """By the answer to it, not by what the others are told before."""
    phones.add("anna", FIVE["anna"])
    phones.add("bert", FIVE["bert"])
    offer = phones.make()
    phones.read()
    phones.text(FIVE["anna"], "Y")
    phones.services.offer_ending.end(ADMIN, "early", withdraw=True)
    at_once = phones.read()
    if not agrees:
        phones.text(FIVE["anna"], "STOP")
    told = phones.wait(seconds=5)

    assert [f"Offer {offer.number} has been withdrawn."] == at_once
    assert agrees == any("Too late" in text for text in told)
    assert not any("withdrawn" in text for text in told)
    assert [] == phones.wait(seconds=5)


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
